import json
from dataclasses import replace

import pytest

from console.settings.drift import (
    Kind,
    PlatformNames,
    between_instances,
    compare,
    drift_findings,
    platform_findings,
    seen_of,
)
from console.settings.model import Given, Group, Rule, Severity, Spec, Variable
from console.settings.report_rules import check_report, spec_of
from console.settings.reports import (
    KEY,
    MOST_DEPLOYMENTS,
    Report,
    Seen,
    Variant,
    parse_report,
    remember,
    variants,
)
from console.settings.secrecy import NOT_COMPARABLE

A, B = "a" * 16, "b" * 16


def seen(name: str, mark: str = A, **more: object) -> Seen:
    return replace(Seen(name, True, "env", "16-31", mark), **more)


def absent(name: str, source: str = "missing") -> Seen:
    return Seen(name, False, source)


def side(*each: Seen) -> dict[str, Seen]:
    return {one.name: one for one in each}


def report(*each: Seen) -> Report:
    return Report(A, each)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (seen("X"), seen("X"), None),
        (absent("X"), absent("X", "default"), None),
        (absent("X"), seen("X"), Kind.ADDED),
        (seen("X"), absent("X"), Kind.REMOVED),
        (seen("X"), seen("X", B), Kind.CHANGED),
        (seen("X"), seen("X", length="32-63"), Kind.CHANGED),
        (seen("X"), seen("X", source="dotenv"), Kind.MOVED),
        (seen("X", NOT_COMPARABLE), seen("X", NOT_COMPARABLE), Kind.UNKNOWN),
    ],
)
def test_two_places_are_compared(before: Seen, after: Seen, kind: Kind | None):
    found = compare(side(before), side(after))
    assert [one.kind for one in found.changes] == ([kind] if kind else [])


def test_fingerprints_of_different_keys_are_not_compared():
    found = compare(side(seen("X"), seen(KEY)), side(seen("X", B), seen(KEY, B)))
    assert not found.comparable
    assert {one.name: one.kind for one in found.changes} == {KEY: Kind.UNKNOWN, "X": Kind.UNKNOWN}
    assert not compare(side(seen("X"), seen(KEY)), side(seen("X", B))).comparable


def test_a_file_compares_with_instances_when_it_holds_their_key():
    spec = Spec(variables={"X": Variable("X"), KEY: Variable(KEY, secret=True)})
    texts = {"X": "one", KEY: "the key"}
    running = seen_of(Given("env", texts), spec, "the key")
    same = seen_of(Given("file", texts), spec, "the key")
    other = seen_of(Given("file", texts | {"X": "two"}), spec, "the key")
    assert compare(running, same).changes == ()
    assert [(c.name, c.kind) for c in compare(running, other).changes] == [("X", Kind.CHANGED)]
    assert "the key" not in repr(other)
    assert "two" not in repr(other)


def test_instances_that_are_alike_do_not_drift():
    found = variants({"a": report(seen("X")), "b": report(seen("X"))}, {"a": "1", "b": "2"})
    assert [(one.instances, one.commits) for one in found] == [(("a", "b"), ("1", "2"))]
    assert between_instances(found) == ()
    assert drift_findings(found, {}) == []


def test_instances_that_differ_are_told_with_who_has_what():
    reports = {name: report(seen("X"), seen("Y")) for name in ("a", "b")}
    reports["c"] = report(seen("X", B), absent("Y"))
    found = variants(reports, {})
    drifts = between_instances(found)
    assert [one.name for one in drifts] == ["X", "Y"]
    assert [who for _, who in drifts[0].kinds] == [("a", "b"), ("c",)]
    first, second = drift_findings(found, {})
    assert first.rule is Rule.DIFFERS
    assert first.text == (
        "differs on c: has a value of 16-31 characters (fingerprint bbbbbbbb), the other 2 have a "
        "value of 16-31 characters (fingerprint aaaaaaaa)."
    )
    assert second.text.startswith("differs on c: has no value, the other 2 have a value")


def test_where_no_side_has_more_both_are_named_and_who_started_last():
    found = variants({"a": report(absent("X", "default")), "b": report(seen("X", limit="90"))}, {})
    (only,) = drift_findings(found, {"a": 10.0, "b": 20.0})
    assert only.text == ("differs between instances: b has 90; a has the default. b started last.")


def test_instances_with_different_fingerprint_keys_are_told_so_and_nothing_else():
    found = variants(
        {"a": report(seen(KEY), seen("X")), "b": report(seen(KEY, B), seen("X", B))}, {}
    )
    assert [one.name for one in drift_findings(found, {})] == [KEY]


@pytest.mark.parametrize(
    ("one", "names", "told"),
    [
        (absent("X"), {"X": None}, "no running instance has got it"),
        (absent("X", "default"), {"X": None}, "no running instance has got it"),
        (seen("X"), {}, "not among the variables of Railway"),
        (seen("X"), {"X": 200.0}, "was changed"),
        (seen("X"), {"X": 50.0}, ""),
        (seen("X"), {"X": None}, ""),
        (absent("X"), {}, ""),
        (seen("X", source="dotenv"), {}, ""),
    ],
)
def test_what_is_changed_and_not_deployed(one: Seen, names: dict[str, float | None], told: str):
    platform = PlatformNames("Railway", 300.0, names)
    found = platform_findings(platform, [Variant(report(one), ("a",))], 100.0, Spec())
    assert [told in each.text for each in found] == ([True] if told else [])
    assert all(each.rule is Rule.NOT_DEPLOYED for each in found)


def test_what_the_platform_has_and_nothing_reads():
    platform = PlatformNames("Railway", 300.0, {"OLD": None, "RAILWAY_ID": None})
    platform = replace(platform, names={**platform.names, "PORT": None})
    ran = [Variant(report(), ("a",))]
    found = platform_findings(platform, ran, None, Spec(ignore=("RAILWAY_*",)))
    assert [(one.rule, one.name) for one in found] == [(Rule.UNKNOWN, "OLD")]


def test_an_instance_that_missed_the_deployment_is_named():
    ran = [Variant(report(seen("X")), ("a",)), Variant(report(absent("X")), ("b",))]
    found = platform_findings(PlatformNames("Railway", 300.0, {"X": None}), ran, None, Spec())
    assert [one.text for one in found] == ["is set at Railway, and b has not got it."]


def test_deployments_are_remembered_the_newest_first():
    old, new = report(seen("X")), report(seen("X", B))
    known = remember((), [Variant(old, ("a",), ("c1",))], 10.0)
    known = remember(known, [Variant(old, ("a",), ("c1",))], 20.0)
    known = remember(known, [Variant(new, ("b",), ("c2",)), Variant(old, ("a",), ("c1",))], 30.0)
    assert [(one.commit, one.first_at, one.last_at) for one in known] == [
        ("c2", 30.0, 30.0),
        ("c1", 10.0, 30.0),
    ]
    for n in range(50):
        known = remember(known, [Variant(new, ("b",), (f"x{n}",))], 100.0 + n)
    assert len(known) == MOST_DEPLOYMENTS
    assert known[0].commit == "x49"


def test_a_report_is_checked_without_values():
    variables = [
        Variable("TOKEN", Group.REQUIRED, secret=True, least_length=32),
        Variable("ID", Group.REQUIRED),
        Variable("URL", Group.REQUIRED),
        Variable("OTHER", Group.REQUIRED),
        Variable("LIMIT", Group.OPTIONAL),
    ]
    spec = Spec(variables={one.name: one for one in variables})
    told = Report(
        A,
        (seen("TOKEN"), absent("ID"), absent("URL", "env"), absent("LIMIT", "env")),
        ("LIMT: did you mean LIMIT?",),
    )
    found = {one.name: (one.rule, one.severity) for one in check_report(spec, told)}
    assert found == {
        "TOKEN": (Rule.LENGTH, Severity.ERROR),
        "ID": (Rule.MISSING, Severity.ERROR),
        "URL": (Rule.BLANK, Severity.ERROR),
        "OTHER": (Rule.MISSING, Severity.WARN),
        "LIMIT": (Rule.BLANK, Severity.NOTE),
        "LIMT": (Rule.MISSPELT, Severity.WARN),
    }
    good = (seen("TOKEN", length="32-63"), seen("ID"), seen("URL"), seen("OTHER"))
    assert check_report(spec, report(*good)) == []


def test_what_is_no_report_is_left_out():
    row = {"name": "A", "group": "required", "set": True, "source": "env"}
    hostile = {
        "fingerprint": "hunter2",
        "misspelt": ["x", 3],
        "variables": [
            {**row, "value": "hunter2", "fingerprint": "hunter2", "length": "hunter2"},
            {**row, "name": "B" * 500},
            {**row, "name": "<script>"},
            "row",
            {**row, "name": "C", "source": "hunter2", "description": "d" * 9000},
        ],
    }
    found = parse_report(json.dumps(hostile).encode())
    assert found is not None
    assert [one.name for one in found.variables] == ["A", "C"]
    assert "hunter2" not in repr(found)
    assert len(found.variables[1].meaning) == 300
    for text in (b"", b"[]", b"{", b"[" * 100_000, b'{"variables":3}', b" " * 600_000):
        assert not (parse_report(text) or Report("", ())).variables


@pytest.mark.parametrize(
    ("told", "limit"),
    [
        ({"value": "30", "group": "timeout"}, "30"),
        ({"value": "1500ms", "group": "timeout"}, "1500ms"),
        ({"value": "30", "group": "timeout", "secret": True}, ""),
        ({"value": "30", "group": "optional"}, ""),
        ({"value": "hunter2", "group": "timeout"}, ""),
        ({"value": 30, "group": "timeout"}, ""),
    ],
)
def test_only_the_value_of_a_time_limit_is_taken_over(told: dict[str, object], limit: str):
    row = {"name": "A", "set": True, "source": "env", **told}
    found = parse_report(json.dumps({"variables": [row]}).encode())
    assert found is not None
    assert found.variables[0].limit == limit


def test_a_specification_is_taken_from_a_report():
    spec = spec_of(report(seen("X", group="required", meaning="m", secret=True), seen("Y")))
    assert spec.partial
    assert (spec.variables["X"].group, spec.variables["X"].secret) == (Group.REQUIRED, True)
    assert spec.variables["Y"].group is Group.OPTIONAL
