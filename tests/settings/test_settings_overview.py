from dataclasses import replace

import pytest

from console.health.summary import Standing
from console.settings.check import check_given
from console.settings.kinds import kind_of
from console.settings.model import Finding, Given, Group, Kind, Rule, Severity, Spec, Variable
from console.settings.overview import of_file, of_instances, without_source
from console.settings.reports import Report, Seen, Snapshot, Variant

SPEC = Spec(
    variables={
        "TOKEN": Variable("TOKEN", Group.REQUIRED, secret=True),
        "LIMIT": Variable("LIMIT", Group.OPTIONAL, default="60"),
        "DRY_RUN": Variable("DRY_RUN", Group.TESTING),
    }
)
BROKEN = Finding(Rule.SPECIFICATION, Severity.ERROR, "", "Line 3 is not TOML.")


def running(*seen: Seen, at: float = 100.0) -> Snapshot:
    return Snapshot(at, "", 1, 50.0, (Variant(Report("", seen), ("a",)),))


def token(**more: bool) -> Seen:
    return Seen("TOKEN", more.get("is_set", True), "env", "32-63", "a" * 16, True)


def test_a_file_has_its_lines_its_classes_and_no_value():
    secret = "Zq9-lower-and-UPPER"
    given = Given("file", {"TOKEN": secret, "LIMIT": ""})
    shown = of_file(SPEC, check_given(SPEC, given), (), "key")
    row = shown.rows[Group.REQUIRED][0]
    assert (row.present, row.formed, row.source) == ("set", "yes", "environment")
    assert row.length == "16-31 · lower case, upper case, digits, signs"
    assert len(row.fingerprint) == 8
    assert secret not in repr(shown)
    assert shown.rows[Group.OPTIONAL][0].present == "default"
    assert shown.sentence == "1 of 3 settings are set in file, and nothing is wrong with them."


def test_instances_without_a_problem_pass():
    shown = of_instances(SPEC, running(token(), Seen("LIMIT", False, "default")), (), 110.0)
    assert shown.standing is Standing.PASS
    assert shown.rows[Group.TESTING][0].present == "not reported"


def test_a_setting_for_tests_that_may_be_on_is_not_passed():
    dry = Seen("DRY_RUN", True, "env", "1-7", "b" * 16)
    shown = of_instances(SPEC, running(token(), dry), (), 110.0)
    assert shown.standing is Standing.UNKNOWN
    assert "Whether DRY_RUN is off is not reported" in shown.sentence


def test_what_is_old_or_away_is_unknown():
    assert of_instances(SPEC, running(token()), (), 300.0).standing is Standing.UNKNOWN
    away = Snapshot(100.0, "Redis at x cannot be reached.")
    shown = of_instances(SPEC, away, (), 110.0)
    assert shown.sentence.endswith("Redis at x cannot be reached.")
    assert shown.rows == {}


def test_a_problem_of_the_specification_is_one_of_the_settings():
    shown = of_instances(SPEC, running(token()), (BROKEN,), 110.0)
    assert shown.standing is Standing.FAIL
    assert "First: Line 3 is not TOML." in shown.sentence
    assert without_source(SPEC, (BROKEN,), "x").standing is Standing.FAIL
    assert without_source(SPEC, (), "x").standing is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        (Variable("A"), "string"),
        (Variable("A", secret=True, least_length=32), "secret, 32+ characters"),
        (Variable("A", kind=Kind.INT, least=1, most=10), "int 1-10"),
        (Variable("A", kind=Kind.FLOAT, least=1e-6), "float above 0"),
        (Variable("A", kind=Kind.DURATION, most=60), "duration up to 60 s"),
        (Variable("A", kind=Kind.CHOICE, choices=("a", "b")), "a, b"),
        (Variable("A", kind=Kind.URL, secret=True, schemes=("redis",)), "secret url (redis)"),
        (Variable("A", pattern="x"), "string, of a pattern"),
        (Variable("A", required_when=(("B", "*"),)), "string, needed with B"),
    ],
)  # fmt: skip
def test_a_type_fits_into_a_column(variable: Variable, told: str):
    assert kind_of(variable) == told


def test_what_instances_have_otherwise_has_no_value_in_the_table():
    variants = tuple(
        Variant(Report(mark, (replace(token(), fingerprint=mark * 16),)), (mark,)) for mark in "ab"
    )
    shown = of_instances(SPEC, Snapshot(100.0, "", 2, 50.0, variants), (), 110.0)
    assert shown.rows[Group.REQUIRED][0].present == "differs"
