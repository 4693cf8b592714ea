import time

import pytest

from console.settings.model import Group, Kind, Place, Rule
from console.settings.rules import check_spec
from console.settings.spec import read_spec
from console.settings.values import PatternError, matches, pattern_problem

BROKEN = """\
title = "x"
titel = "y"

[variables.A]
type = "integer"
mim = 3
min = 1

[variables.B
type = "int"

[variables.C]
type = "int"
default = 5
max_length = "x"
required_when = { AA = 1 }

[[relations]]
both = ["A", "Z"]
"""


def test_each_problem_has_its_place_and_the_rest_is_read():
    spec, problems = read_spec(BROKEN)
    told = {(one.text, one.place) for one in problems}
    assert ("Line 9 is not TOML.", Place(9, 13)) in told
    assert ("titel is not a field of a specification; did you mean title?.", Place(2, 1)) in told
    assert any(text.startswith("type must be one of") and at == Place(5, 1) for text, at in told)
    assert any(text.startswith("mim is not known") and at == Place(6, 1) for text, at in told)
    assert any(text.startswith("max_length must be") and at == Place(15, 1) for text, at in told)
    assert any("required_when names AA" in text and at == Place(16, 1) for text, at in told)
    assert any("both names Z" in text and at == Place(18, 1) for text, at in told)
    assert spec.title == "x"
    assert (spec.variables["C"].kind, spec.variables["C"].default) == (Kind.INT, "5")
    assert set(spec.variables) == {"A", "C"}


def test_without_a_group_what_has_no_default_is_required():
    spec, _ = read_spec("[variables.A]\n[variables.B]\ndefault = true")
    assert spec.variables["A"].group is Group.REQUIRED
    assert (spec.variables["B"].group, spec.variables["B"].default) == (Group.OPTIONAL, "true")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("type='int'\nmin=5\nmax=4\ndefault=4", "no value can be at least 5 and at most 4."),
        ("min_length=5\nmax_length=4", "no value can have at least 5 and at most 4 characters."),
        ("pattern='('", "its pattern is not a regular expression."),
        ("type='choice'\ndefault='a'", "is a choice of nothing"),
        ("group='required'\ndefault='a'", "is required and has a default"),
        ("secret=true\ndefault='a'", "is secret and has a default"),
        ("type='int'\ndefault='zz'", "its own default is not a whole number."),
        ("type='int'\ndefault=9\nmax=8", "its own default is more than 8."),
    ],
)
def test_a_contradiction_is_told(fields: str, told: str):
    spec, problems = read_spec(f"[variables.A]\n{fields}")
    assert problems == []
    found = check_spec(spec)
    assert all(one.rule is Rule.SPECIFICATION for one in found)
    assert any(one.text.startswith(told) for one in found)
    assert all(one.place is not None and one.place.column == 1 for one in found)


def test_a_sound_specification_has_no_contradiction():
    spec, problems = read_spec("[variables.A]\ntype='duration'\nmin='1s'\nmax='1m'\ndefault='30s'")
    assert (problems, check_spec(spec)) == ([], [])
    assert (spec.variables["A"].least, spec.variables["A"].most) == (1.0, 60.0)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+b", "(.*a){20}", "^(([a-z])+.)+[A-Z]$"])
def test_a_catastrophic_pattern_does_not_hang(pattern: str):
    began = time.perf_counter()
    assert not matches(pattern, "a" * 50_000 + "!")
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("pattern", ["(?=x)a", r"(a)\1", "(a{1000}){1000}", "[", "a" * 1001])
def test_a_pattern_that_cannot_be_checked_is_told(pattern: str):
    began = time.perf_counter()
    assert pattern_problem(pattern).startswith("is ")
    with pytest.raises(PatternError):
        matches(pattern, "a")
    assert time.perf_counter() - began < 2


def test_the_whole_value_has_to_fit():
    assert matches("a|b", "b")
    assert not matches("a|b", "ab")
    assert not matches("a", "a\n")


@pytest.mark.parametrize(
    "text",
    ["\0", "[" * 5000, "a=" + "[" * 5000, "variables = 3", "variables.A = 3", "relations = [1]",
     "[variables.'a b']", "[variables.A]\nmin = 1e999\ntype='int'", "x" * 2_000_000,
     "[variables]\nA={}\nA={}",
     "[variables.A]\nlive='x'\nentropy=99\nchoices=[]\nschemes=[[]]\nsecret=1\nmeaning=2\ngroup=[]"],
)  # fmt: skip
def test_no_text_makes_it_raise(text: str):
    read_spec(text)
