"""Every rule has a case that fires and one that must not."""

import string
import time
from dataclasses import dataclass

import pytest

from console.settings.check import check_file, check_given
from console.settings.model import Given, Place, Rule, Severity, Spec
from console.settings.spec import read_spec

GOOD = "8f3c1e0a5b7d9264f1a8c3e7b5d90246"


def spec(text: str) -> Spec:
    made, problems = read_spec(text)
    assert problems == []
    return made


@dataclass(frozen=True)
class Case:
    """A specification, a file in which the rule fires, and one in which it must not."""

    rule: Rule
    spec: str
    fires: str | bytes
    quiet: str | bytes = ""


def of(fields: str) -> str:
    return f"[variables.NAME]\ngroup = 'optional'\n{fields}"


TWO = "[variables.A]\ngroup='optional'\n[variables.B]\ngroup='optional'\n[[relations]]\n"
NUMBERS = (
    "[variables.A]\ntype='int'\ndefault=1\n[variables.B]\ntype='int'\ndefault=5\n[[relations]]\n"
)
CASES = [
    Case(Rule.FILE, "", b"A=\xff\n", "A=é\n"),
    Case(Rule.FILE, "", b"\xef\xbb\xbfA=1\n", b"A=1\n"),
    Case(Rule.FILE, "", "A=1\n".encode("utf-16"), "A=1\n"),
    Case(Rule.FILE, "", "A=x\0y\n", "A=xy\n"),
    Case(Rule.SYNTAX, "", "A='x\n", "A='x'\n"),
    Case(Rule.MISSING, "[variables.NAME]\ngroup='required'", "", "NAME=1"),
    Case(Rule.BLANK, "[variables.NAME]\ngroup='required'", "NAME='  '", "NAME=1"),
    Case(Rule.PLACEHOLDER, of("secret=true"), "NAME=changeme", f"NAME={GOOD}"),
    Case(Rule.PLACEHOLDER, of("secret=true"), "NAME=your_token_goes_in_here", f"NAME={GOOD}"),
    Case(Rule.PLACEHOLDER, of("secret=true"), "NAME='<the token>'", f"NAME={GOOD}"),
    Case(Rule.PLACEHOLDER, of("secret=true"), "NAME=name", "NAME=names-of-the-9-others!"),
    Case(Rule.PLACEHOLDER, of("example='sk-abc'"), "NAME=sk-abc", "NAME=sk-abd"),
    Case(Rule.PLACEHOLDER, of("type='url'"), "NAME=https://api.example.com/", "NAME=https://a.co/"),
    Case(Rule.TYPE, of("type='int'"), "NAME=1.5", "NAME=-15"),
    Case(Rule.TYPE, of("type='float'"), "NAME=nan", "NAME=1.5e3"),
    Case(Rule.TYPE, of("type='bool'"), "NAME=yess", "NAME=Yes"),
    Case(Rule.TYPE, of("type='url'"), "NAME=ftp://a.co", "NAME=https://a.co"),
    Case(Rule.TYPE, of("type='url'"), "NAME=https://a.co:99999", "NAME=https://a.co:443/x"),
    Case(Rule.TYPE, of("type='duration'"), "NAME=30", "NAME=1m30s"),
    Case(Rule.TYPE, of("type='port'"), "NAME=70000", "NAME=8080"),
    Case(Rule.TYPE, of("type='email'"), "NAME=ops@", "NAME=ops@a-b.co.jp"),
    Case(Rule.TYPE, of("type='json'"), "NAME={]", 'NAME={"a":[1]}'),
    Case(Rule.TYPE, of("type='regex'"), "NAME=(", "NAME=(?=a)a+"),
    Case(Rule.CHOICE, of("type='choice'\nchoices=['a','b']"), "NAME=c", "NAME=b"),
    Case(Rule.PATTERN, of("pattern='[a-z]+|1'"), "NAME=ab1", "NAME=ab"),
    Case(Rule.RANGE, of("type='int'\nmin=2"), "NAME=1", "NAME=2"),
    Case(Rule.RANGE, of("type='duration'\nmax='2m'"), "NAME=121s", "NAME=2m"),
    Case(Rule.LENGTH, of("secret=true\nmin_length=32"), f"NAME={GOOD[:31]}", f"NAME={GOOD}"),
    Case(Rule.LENGTH, of("max_length=3"), "NAME=abcd", "NAME=abc"),
    Case(
        Rule.REQUIRED_WHEN,
        "[variables.MODE]\ndefault='a'\n[variables.B]\nrequired_when={MODE='a'}",
        "",
        "MODE=b",
    ),
    Case(Rule.REQUIRED_WHEN, TWO[:-14].replace("B]\n", "B]\nrequired_when={A='*'}\n"), "A=1", ""),
    Case(Rule.BOTH_OR_NEITHER, TWO + "both=['A','B']", "A=1\nB=", "A=1\nB=1"),
    Case(Rule.BOTH_OR_NEITHER, TWO + "both=['A','B']", "B=1", ""),
    Case(Rule.ONE_OF, TWO + "one_of=['A','B']", "A= ", "B=1"),
    Case(Rule.NOT_TOGETHER, TWO + "not_together=['A','B']", "A=1\nB=1", "A=1"),
    Case(
        Rule.NOT_TOGETHER,
        TWO.replace("]\ngroup", "]\ntype='bool'\ngroup") + "not_together=['A','B']",
        "A=on\nB=1",
        "A=on\nB=off",
    ),
    Case(Rule.ASCENDING, NUMBERS + "ascending=['A','B']", "A=5", "A=4"),
    Case(Rule.TESTING_ON, of("type='bool'").replace("optional", "testing"), "NAME=1", "NAME=0"),
    Case(Rule.TESTING_ON, of("default='x'").replace("optional", "testing"), "NAME=y", "NAME=x"),
    Case(Rule.ENTROPY, of("secret=true"), f"NAME={'abab' * 10}", f"NAME={GOOD}"),
    Case(
        Rule.UNIT,
        "[variables.WAIT_SECONDS]\ntype='int'\ndefault=30",
        "WAIT_SECONDS=30000",
        "WAIT_SECONDS=999",
    ),
    Case(
        Rule.UNIT,
        "[variables.TTL_SECONDS]\ntype='int'\nmax=1000",
        "TTL_SECONDS=2000",
        "TTL_SECONDS=1000",
    ),
    Case(
        Rule.UNIT,
        "[variables.WAIT_MS]\ntype='int'\ndefault=300",
        "WAIT_MS=2",
        "WAIT_MS=50",
    ),
    Case(Rule.WHITE_SPACE, of(""), "NAME=' a'", "NAME='a b'"),
    Case(Rule.LOOP, "", "A=${B}\nB=${A}\n", "A=1\nB=${A}\n"),
    Case(
        Rule.LOOP,
        "",
        "A=0123456789\n" + "A=${A}${A}${A}${A}${A}${A}\n" * 30,
        "A=0123456789\nB=${A}\n",
    ),
    Case(Rule.UNRESOLVED, "", "A=${NOWHERE}\n", "A=${NOWHERE:-x}\n"),
    Case(Rule.MISSPELT, of(""), "NMAE=1", "NAME=1\nNMAE=1"),
    Case(Rule.UNKNOWN, of(""), "OTHER=1", "NAME=1\nPATH=/bin"),
    Case(Rule.DUPLICATED_KEY, "", "A=1\nA=2\n", "A=1\nB=2\n"),
    Case(Rule.INCORRECT_DELIMITER, "", "A-B=1\n", "A_B=1\n"),
    Case(Rule.KEY_WITHOUT_VALUE, "", "A\n", "A=\n"),
    Case(Rule.LEADING_CHARACTER, "", "1A=1\n", "_A=1\n"),
    Case(Rule.LOWERCASE_KEY, "", "a=1\n", "A=1\n"),
    Case(Rule.QUOTE_CHARACTER, "", "A=it's\n", "A='x y'\n"),
    Case(Rule.QUOTE_CHARACTER, "", "A='x'\n", "A=x\n"),
    Case(Rule.SPACE_CHARACTER, "", "A =1\n", "A=1\n"),
    Case(Rule.SUBSTITUTION_KEY, "", "A=${B\n", "B=1\nA=${B}\n"),
    Case(Rule.SUBSTITUTION_KEY, "", "A=$B}\n", "B=1\nA=${B:-x}\n"),
    Case(Rule.TRAILING_WHITESPACE, "", "A=1 \n", "A='1 \n2'\n"),
    Case(Rule.UNORDERED_KEY, "", "B=1\nA=1\n", "B=1\n\nA=1\n"),
    Case(Rule.VALUE_WITHOUT_QUOTES, "", "A=x y\n", "A='x y'\n"),
    Case(Rule.EXTRA_BLANK_LINE, "", "A=1\n\n\nB=1\n", "A=1\n\nB=1\n"),
    Case(Rule.ENDING_BLANK_LINE, "", "A=1", "A=1\n"),
]
ELSEWHERE = {
    Rule.TIME_OUTS,
    Rule.SPECIFICATION,  # test_settings_spec.py
    Rule.DIFFERS,  # test_settings_drift.py
    Rule.NOT_DEPLOYED,
}


def rules(text: str | bytes, specification: str) -> set[Rule]:
    data = text.encode() if isinstance(text, str) else text
    return {one.rule for one in check_file(spec(specification), data).findings}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}")
def test_a_rule_fires_where_it_should_and_only_there(case: Case):
    assert case.rule in rules(case.fires, case.spec)
    assert case.rule not in rules(case.quiet, case.spec)


def test_every_rule_has_its_cases():
    assert {case.rule for case in CASES} | ELSEWHERE == set(Rule)


def test_no_finding_quotes_a_value():
    secret = "hunter2-Zq9"
    bad = [f"NAME={secret}", f"NAME='{secret}", f"{secret}\n", f"=={secret}", f"NAME='x' {secret}"]
    bad += [f"{secret}=1", f"NAME = '{secret} '", f"NAME=${{{secret}}}", f"NAME={{'{secret}'"]
    kinds = ("string", "int", "float", "bool", "url", "duration", "port", "email", "json", "regex")
    for kind in kinds:
        made = spec(of(f"type='{kind}'\nsecret=true\nmin_length=99"))
        for text in bad:
            checked = check_file(made, text.encode())
            assert secret not in repr(checked)
            for one in checked.findings:
                assert secret not in f"{one.name} {one.text} {one.next}"


def test_what_to_mend_first_comes_first():
    made = spec("[variables.A]\ngroup='required'\n[variables.RATE]\ntype='int'\ndefault=1\n")
    found = check_file(made, b"RATE=x\nOTHERS = 1\n").findings
    assert [one.rule for one in found] == [
        Rule.MISSING,
        Rule.TYPE,
        Rule.UNKNOWN,
        Rule.SPACE_CHARACTER,
        Rule.UNORDERED_KEY,
    ]
    assert [one.severity for one in found[:3]] == [Severity.ERROR, Severity.ERROR, Severity.NOTE]
    assert found[1].place == Place(1, 1)


def test_testing_settings_may_be_on_outside_of_production():
    made = spec(of("type='bool'").replace("optional", "testing"))
    given = Given("staging", {"NAME": "true"})
    assert [one.rule for one in check_given(made, given).findings] == [Rule.TESTING_ON]
    assert check_given(made, given, "staging").findings == ()


def test_the_whole_environment_of_a_process_is_not_full_of_unknown_names():
    made = spec(of(""))
    given = Given("the process", {"EDITOR": "vi", "NAMEE": "1"}, whole=False)
    assert [one.rule for one in check_given(made, given).findings] == [Rule.MISSPELT]


def test_what_a_template_left_unfilled_is_a_placeholder():
    made = spec(of("type='int'"))
    found = check_given(made, Given("the process", {"NAME": "${LIMIT}"})).findings
    assert [one.rule for one in found] == [Rule.PLACEHOLDER]


def test_ten_thousand_variables_are_checked_in_a_moment():
    lines = "".join(f"VARIABLE_{n:05d}=value\n" for n in range(10_000))
    made = spec("".join(f"[variables.{c}_SETTING]\ndefault='x'\n" for c in string.ascii_uppercase))
    began = time.process_time()
    checked = check_file(made, lines.encode())
    assert time.process_time() - began < 5
    assert len(checked.given.values) == 10_000
    assert checked.left_out == 10_000 - 200


def test_a_file_of_five_megabytes_of_anything_is_checked_in_seconds():
    size = 5 * 1024 * 1024
    made = spec(of("secret=true\npattern='(a+)+b'"))
    for piece in ("\n", "N=${N}\n"):
        began = time.process_time()
        checked = check_file(made, b"NAME=" + piece.encode() * (size // len(piece)))
        assert time.process_time() - began < 10, piece
        assert checked.findings


def test_names_that_may_be_pieces_of_secrets_are_hidden():
    pem = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n"
    digits = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08=\n"
    for line in (pem, digits):
        found = check_file(spec(of("")), line.encode()).findings
        assert all(line.strip("=\n") not in f"{one.name}{one.text}" for one in found)
        assert any(one.name == "(a name that is not shown)" for one in found)
