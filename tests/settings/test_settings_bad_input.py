"""Every kind of bad file: a line and a column, the rest checked, no value told, nothing kept."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from console.settings.check import MOST_OF_A_RULE, Checked, check_file
from console.settings.command import main
from console.settings.dotenv import LIMIT
from console.settings.model import Place, Rule
from console.settings.profiles import load

SPEC, _ = load("invoicing")
SECRET = "hunter2-Zq9x7Lk2Vw8Rt4Yu6-hunter2"
# The last line of every file: that it is told shows that the rest was checked.
LAST = "LOG_LEVEL=loud\n"


@dataclass
class Bad:
    name: str
    text: str
    rule: Rule
    place: Place
    last: bool = True
    encoding: str = "utf-8"

    @property
    def data(self) -> bytes:
        return (self.text + LAST).encode(self.encoding)


CASES = [
    Bad("duplicate", f"RUN_TOKEN={SECRET}\nA=1\nRUN_TOKEN=x\n", Rule.DUPLICATED_KEY, Place(3, 1)),
    Bad("unterminated quote", f"A=1\nRUN_TOKEN='{SECRET}\nB=2\n", Rule.SYNTAX, Place(2, 11)),
    Bad("byte order mark", f"\ufeffRUN_TOKEN={SECRET}\n", Rule.FILE, Place(1, 1)),
    Bad("NUL", f"A=1\nRUN_TOKEN={SECRET}\0\n", Rule.FILE, Place(2, 44)),
    Bad("exported blank", "export RUN_TOKEN=\n", Rule.BLANK, Place(1, 8)),
    Bad("multi-line key", f"'RUN\nTOKEN'={SECRET}\n", Rule.INCORRECT_DELIMITER, Place(1, 1)),
    Bad("key without value", "A=1\r\nRUN_TOKEN\r\n", Rule.KEY_WITHOUT_VALUE, Place(2, 1)),
    Bad("loop", "A=${B}\nB=${A}\n", Rule.LOOP, Place(1, 1)),
    Bad("nowhere", "A=1\nB=${NOWHERE}\n", Rule.UNRESOLVED, Place(2, 1)),
    Bad("UTF-16", f"RUN_TOKEN={SECRET}\n", Rule.FILE, Place(1, 1), encoding="utf-16"),
    Bad("Latin-1", f"RUN_TOKEN={SECRET}\nA=é\n", Rule.FILE, Place(2, 3), encoding="latin-1"),
]  # fmt: skip


def places(checked: Checked, rule: Rule) -> list[Place | None]:
    return [one.place for one in checked.findings if one.rule is rule]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_has_its_line_and_column_and_the_rest_is_checked(case: Bad, tmp_path: Path):
    checked = check_file(SPEC, case.data)
    assert case.place in places(checked, case.rule), checked.findings
    last = case.text.count("\n") + 1
    assert Place(last, 1) in places(checked, Rule.CHOICE)
    assert SECRET not in repr(checked)
    # and the same by the command
    file, out = tmp_path / ".env", io.StringIO()
    file.write_bytes(case.data)
    arguments = ["check", "--spec", "invoicing", "--env-file", str(file), "--json"]
    assert main(arguments, out, io.StringIO()) == 1
    told = json.loads(out.getvalue())
    found = [(one["rule"], one["line"], one["column"]) for one in told["findings"]]
    assert (str(case.rule), case.place.line, case.place.column) in found
    assert ("choice", last, 1) in found
    assert SECRET not in out.getvalue()


def test_line_ends_of_windows_are_no_fault_and_belong_to_no_value():
    checked = check_file(SPEC, f"DRY_RUN=false\r\nRUN_TOKEN={SECRET}\r\n".encode())
    assert checked.given.values == {"RUN_TOKEN": SECRET, "DRY_RUN": "false"}
    assert not {one.name for one in checked.findings if one.place} & {"RUN_TOKEN", "DRY_RUN"}


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("NAME_{n}=value number {n}\n", 10_000),
        ("A='{n}\n", 10_000),
        ("RUN_TOKEN{n}={n}\n", 1_000),
        ("V{n}=${{V{n}}}\n", 1_000),
    ],
    ids=["unknown", "unterminated", "misspelt", "loops"],
)
def test_ten_thousand_lines_are_told_in_part_and_counted(line: str, count: int):
    text = "".join(line.format(n=n) for n in range(count))
    checked = check_file(SPEC, (text + LAST).encode())
    assert Place(count + 1, 1) in places(checked, Rule.CHOICE)
    assert checked.left_out > 0.4 * count
    rules = {one.rule for one in checked.findings}
    assert all(len(places(checked, rule)) <= MOST_OF_A_RULE for rule in rules)


def test_what_grows_by_references_is_cut_off():
    lines = ["A0=xxxxxxxxxx", *(f"A{n}=" + f"${{A{n - 1}}}" * 9 for n in range(1, 60))]
    checked = check_file(SPEC, ("\n".join(lines) + "\n" + LAST).encode())
    assert Place(61, 1) in places(checked, Rule.CHOICE)
    assert sum(len(text) for text in checked.given.values.values()) <= 2 * LIMIT


def test_five_megabytes_are_checked_and_what_is_beyond_is_told():
    start = f"RUN_TOKEN={SECRET}\n".encode()
    checked = check_file(SPEC, start + b"# a comment\n" * (LIMIT // 12 + 10))
    assert any("more than 5 MB" in one.text for one in checked.findings)
    assert checked.given.values["RUN_TOKEN"] == SECRET


def test_a_broken_specification_and_a_broken_file_are_told_apart(tmp_path: Path):
    spec, file, out = tmp_path / "s.toml", tmp_path / ".env", io.StringIO()
    spec.write_text(
        "[variables.A]\ntype = 'int'\nmin = 9\nmax = 1\ncolour = 1\n"
        "[variables.B]\npattern = '(a+)+$'\n",
        encoding="utf-8",
    )
    file.write_text("A=5\nB=" + "a" * 50_000 + "!\n", encoding="utf-8")
    assert main(["check", "--spec", str(spec), "--env-file", str(file)], out, io.StringIO()) == 1
    told = out.getvalue()
    assert "spec 4:1  A  no value can be at least 9 and at most 1." in told
    assert "spec 5:1  A  colour is not known" in told
    assert "2:1       B  has not the form that it needs: (a+)+$" in told
