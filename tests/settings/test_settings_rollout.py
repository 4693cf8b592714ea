"""While instances are replaced, what is not known yet is neither a problem nor well."""

from dataclasses import replace

from console.health.summary import Standing
from console.settings.model import Group, Rule, Severity, Spec, Variable
from console.settings.overview import of_instances
from console.settings.reports import Report, Seen, Snapshot, Variant
from console.settings.rollout import FRESH, PATIENCE, RollOut, restarting

NOW = 1000.0
SPEC = Spec(variables={"TOKEN": Variable("TOKEN", Group.REQUIRED, secret=True)})


def report(mark: str, *flags: str) -> Report:
    return Report(mark, (Seen("TOKEN", True, "env", "32-63", mark * 16, True, flags=flags),))


def running(starts: dict[str, float], *variants: Variant, alive: int = 2) -> Snapshot:
    return Snapshot(NOW, "", alive, min(starts.values()), variants, starts=starts)


OLD = Variant(report("a"), ("a",))
NEW = Variant(report("b"), ("b",))
BOTH = running({"a": 100.0, "b": NOW - 5}, OLD, NEW)
ALIKE = running({"a": 100.0, "b": 101.0}, Variant(report("a"), ("a", "b")))
PLATFORM = RollOut("Railway", True, NOW - 20, NOW - 10, 2)


def test_settled_instances_are_not_restarting():
    assert restarting(ALIKE, None, NOW) == ""
    assert restarting(ALIKE, RollOut("Railway", False), NOW) == ""
    done = running({"a": NOW - 8, "b": NOW - 9}, Variant(report("b"), ("a", "b")))
    assert restarting(done, replace(PLATFORM, under_way=False), NOW) == ""


def test_a_deployment_under_way_is_told_with_how_many_have_it():
    assert restarting(BOTH, PLATFORM, NOW) == (
        "Instances are restarting at Railway: 1 of 2 started anew and reports so far."
    )


def test_a_deployment_that_is_over_counts_until_its_instances_report():
    over = replace(PLATFORM, under_way=False)
    assert "0 of 2 started anew and report so far" in restarting(ALIKE, over, NOW)
    assert restarting(ALIKE, over, NOW + PATIENCE) == ""  # nobody came: that is no restart
    draining = replace(BOTH, draining=1)
    assert restarting(draining, over, NOW) != ""


def test_without_a_platform_a_fresh_start_among_different_ones_is_one():
    assert restarting(BOTH, None, NOW) == (
        "Instances are restarting: 1 instance started in the last 30 s; 2 of 2 report so far."
    )
    assert restarting(BOTH, None, NOW + FRESH) == ""
    silent = running({"a": 100.0, "b": NOW - 5}, OLD)
    assert "1 of 2 report so far" in restarting(silent, None, NOW)
    stopped = replace(BOTH, draining=1)
    assert "1 is being stopped" in restarting(stopped, None, NOW + FRESH)


def test_meanwhile_a_difference_is_no_problem_and_nothing_is_called_well():
    shown = of_instances(SPEC, BOTH, (), NOW)
    assert shown.under_way
    assert shown.standing is Standing.UNKNOWN
    assert shown.sentence.endswith("Nothing is known to be wrong so far.")
    later = of_instances(SPEC, replace(BOTH, at=NOW + FRESH), (), NOW + FRESH)
    assert [one.rule for one in later.findings] == [Rule.DIFFERS]
    assert later.standing is Standing.FAIL


def test_meanwhile_what_a_started_instance_reports_counts():
    wrong = running({"a": 100.0, "b": NOW - 5}, OLD, Variant(report("b", "placeholder"), ("b",)))
    shown = of_instances(SPEC, wrong, (), NOW, told=PLATFORM)
    assert shown.standing is Standing.FAIL
    assert shown.count(Severity.ERROR) == 1
    assert "holds a placeholder. Only on b, 1 of 2 instances." in shown.sentence
    nobody = Snapshot(NOW)
    assert of_instances(SPEC, nobody, (), NOW, told=PLATFORM).sentence.startswith(
        "Instances are restarting at Railway: 0 of"
    )
