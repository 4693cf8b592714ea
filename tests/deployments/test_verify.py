"""The console's verdict of a deployment: what verifies, what degrades, what fails, what is open."""

from dataclasses import replace

import pytest

from console.deployments.comparison import NEEDED
from console.deployments.judging import probed
from console.deployments.model import Evidence, Verdict
from console.deployments.signs import same_commit
from console.deployments.verify import PATIENCE, verify
from console.deployments.watch import (
    LOG,
    OTHERS,
    RUN,
    SETTINGS,
    WINDOW,
    CheckSeen,
    Traffic,
    Watch,
)
from console.health.model import Sample, Status
from console.store.histogram import code_of

LIVE = 1_000_000.0
OVER = LIVE + WINDOW
COMMIT = "a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6a7b8c9d0"
OTHER = "0" * 40


def traffic(requests: int = 1000, bad: int = 0, slow: int = 40, slow_s: float = 0.3) -> Traffic:
    """Most answers in 100 ms, `slow` of a thousand in `slow_s`."""
    share = requests * slow // 1000
    return Traffic({code_of(0.1): requests - share, code_of(slow_s): share}, requests, bad)


WELL = Watch(
    COMMIT,
    LIVE,
    instances={"i1": COMMIT, "i2": COMMIT[:7]},
    expected=2,
    checks=(CheckSeen("Front door", Status.PASS, Status.PASS),),
    before=traffic(),
    after=traffic(),
    told=tuple(Evidence(name, Status.PASS, "", required=False) for name in OTHERS),
)


def evidence(watch: Watch, name: str, now: float = OVER) -> Evidence:
    return next(one for one in verify(watch, now).evidence if one.name == name)


def verdict(now: float = OVER, **changes: object) -> Verdict:
    return verify(replace(WELL, **changes), now).verdict


def test_all_well_is_verified_when_the_window_is_over_and_not_before():
    assert verdict() is Verdict.VERIFIED
    assert verify(WELL, OVER).sentence == "Verified over 10 min."
    assert verdict(OVER - 1) is Verdict.WATCHING
    assert verify(WELL, LIVE + 300).sentence == "Being watched; nothing failed so far."
    slow = replace(WELL, after=traffic(slow=200))
    assert verify(slow, LIVE + 300).sentence.endswith("watched; worse so far: response times.")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"instances": None}, "No instance tells which commit it runs."),
        ({"instances": {"i1": ""}}, "No instance tells which commit it runs."),
        ({"instances": {"i1": COMMIT, "i2": ""}}, "1 instance tells no commit"),
        ({"commit": ""}, "The platform does not tell the commit."),
        ({"checks": None}, "There are no checks."),
        ({"checks": ()}, "There are no checks."),
        ({"checks": (CheckSeen("Door", Status.UNKNOWN),)}, "No result of Door."),
        ({"before": None}, "Nothing is known of the service's own traffic."),
        ({"after": None}, "Nothing is known of the service's own traffic."),
        ({"after": traffic(NEEDED - 1)}, "Too few requests to tell: 299 since and 1,000 before"),
        ({"before": traffic(10)}, "Let it run on: the next deployment can be"),
        ({"after": Traffic()}, "Too few requests to tell: 0 since"),
        ({"after": traffic(120), "source": "probes"}, "from probes; 300 on each side are needed"),
    ],
)
def test_what_is_required_and_not_known_verifies_nothing(changes: dict[str, object], why: str):
    found = verify(replace(WELL, **changes), OVER)
    assert found.verdict is Verdict.NOT_KNOWN
    assert why in found.sentence


def test_what_is_not_required_and_not_known_is_named():
    found = verify(replace(WELL, told=()), OVER)
    assert found.verdict is Verdict.VERIFIED
    assert found.sentence == (
        "Verified over 10 min. Not looked at: new errors in the log, settings and run."
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"instances": {"i1": COMMIT, "i2": OTHER}}, "1 of 2 instances do not run a1b2c3d: i2."),
        (
            {"checks": (CheckSeen("Door", Status.FAIL, Status.PASS),)},
            "Failing since the deployment: Door.",
        ),
        ({"after": traffic(bad=80)}, "more than chance"),
        ({"before": Traffic(), "after": traffic(20, bad=10)}, "broken"),
    ],
)
def test_a_required_failure_fails(changes: dict[str, object], why: str):
    found = verify(replace(WELL, **changes), OVER)
    assert found.verdict is Verdict.FAILED
    assert why in found.sentence


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        (Traffic(), traffic(bad=200), Status.FAIL),  # nothing to compare it with
        (Traffic(), traffic(bad=30), Status.WARN),
        (Traffic(), traffic(bad=5), Status.UNKNOWN),
        (traffic(17), traffic(60, bad=12), Status.FAIL),
        (traffic(bad=260), traffic(bad=200), Status.WARN),  # less bad than before is not well
        (traffic(bad=20), traffic(bad=20), Status.PASS),  # as a version that was well
    ],
)
def test_many_errors_are_no_success_whatever_was_before(
    before: Traffic, after: Traffic, status: Status
):
    watch = replace(WELL, before=before, after=after)
    assert evidence(watch, "errors").status is status


def test_a_watch_is_judged_when_the_log_is_read_to_its_end_or_no_longer_waited_for():
    behind = Evidence(LOG, Status.UNKNOWN, "", required=False, pending=True)
    watch = replace(WELL, told=(behind,))
    waiting = verify(watch, OVER + 1)
    assert waiting.verdict is Verdict.WATCHING
    expected = "judged as soon as it is read, in 59 s at the latest: new errors in the log"
    assert expected in waiting.sentence
    assert waiting.until == OVER  # it is judged later, and by nothing that came later
    found = verify(watch, OVER + PATIENCE)
    assert found.verdict is Verdict.VERIFIED
    assert "Not looked at: new errors in the log" in found.sentence


def test_failed_probes_count_also_where_they_are_too_few_in_a_row_for_the_status():
    def told(probes: int, failed: int) -> Evidence:
        seen = CheckSeen("Door", Status.PASS, Status.PASS, probes, failed)
        return evidence(replace(WELL, checks=(seen,)), "checks")

    assert told(60, 0).sentence == "1 check did not fail."
    assert told(60, 11).status is Status.WARN
    expected = "No check's status is failing, but 11 of 60 probes failed: Door."
    assert told(60, 11).sentence == expected
    assert told(60, 1).status is Status.PASS  # may be chance, and is told
    assert "1 of 60 probes failed" in told(60, 1).sentence
    samples = [
        Sample(LIVE + at, status, None)
        for at, status in (
            (-1, Status.FAIL),
            (1, Status.FAIL),
            (2, Status.PASS),
            (3, Status.UNKNOWN),
        )
    ]
    assert probed(samples, LIVE, OVER) == (2, 1)
    assert probed(samples[:1], LIVE, OVER) == (0, 0)
    assert probed(samples, LIVE + 0.5, LIVE + 0.6) == (None, 0)  # later ones, and none within


@pytest.mark.parametrize(
    ("now", "before", "status", "said"),
    [
        (Status.PASS, Status.PASS, Status.UNKNOWN, "Nothing was probed since it went live."),
        (Status.FAIL, Status.UNKNOWN, Status.UNKNOWN, "No result of Door since it went live."),
        (Status.FAIL, Status.FAIL, Status.WARN, "Failing, as before the deployment: Door."),
    ],
)
def test_how_a_check_stood_before_says_nothing_of_a_version_that_nobody_probed(
    now: Status, before: Status, status: Status, said: str
):
    """The console was off: a failing check is that of the version before."""
    found = evidence(replace(WELL, checks=(CheckSeen("Door", now, before, probes=0),)), "checks")
    assert (found.status, found.sentence) == (status, said)


def test_what_is_left_out_of_the_comparison_is_named():
    found = evidence(replace(WELL, skipped=("0ddba11",)), "errors")
    assert found.sentence.endswith("before 0 % of 1,000 (0ddba11, found worse, is left out).")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"after": traffic(bad=20)}, "2 % of 1,000 requests failed, before 0 % of 1,000"),
        ({"after": traffic(slow=100)}, "p95 298 ms of 1,000 requests, before 100 ms"),
        ({"instances": {"i1": COMMIT}}, "1 of 2 instances are heard of"),
        ({"checks": (CheckSeen("Door", Status.FAIL, Status.FAIL),)}, "as before the deployment"),
        ({"checks": (CheckSeen("Door", Status.WARN, Status.PASS),)}, "Warning since"),
        ({"told": (Evidence(LOG, Status.WARN, "1 new: boom.", required=False),)}, "1 new: boom."),
        ({"told": (Evidence(SETTINGS, Status.FAIL, "A is missing.", required=False),)}, "A is"),
        ({"told": (Evidence(RUN, Status.WARN, "X failed, as before.", required=False),)}, "X fa"),
    ],
)
def test_what_is_worse_degrades(changes: dict[str, object], why: str):
    found = verify(replace(WELL, **changes), OVER)
    assert found.verdict is Verdict.DEGRADED
    assert why in found.sentence


@pytest.mark.parametrize(
    "changes",
    [
        {"after": traffic(bad=3)},  # chance: p 0.125
        {"before": traffic(10**6), "after": traffic(10**6, bad=400)},  # clear, and tiny
        {"before": traffic(slow=100), "after": traffic(slow=100, slow_s=0.31)},  # 3 % slower
        {"before": traffic(slow=100), "after": traffic(slow=40)},  # faster
        {"before": traffic(bad=50), "after": traffic(bad=50)},  # as bad as before
        {"checks": (CheckSeen("Door", Status.WARN, Status.WARN),)},  # as before
    ],
)
def test_what_is_chance_or_small_or_as_before_is_not_held_against_it(changes: dict[str, object]):
    assert verdict(**changes) is Verdict.VERIFIED


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        (Traffic(), Traffic({}, 1, 1), Status.UNKNOWN),  # one request, and it failed: who knows
        (Traffic(), Traffic({}, 4, 4), Status.WARN),
        (traffic(), Traffic({}, 10, 4), Status.WARN),  # clear, but perhaps of one client
        (traffic(), Traffic({}, 10, 5), Status.FAIL),
        (Traffic(), Traffic({}, 10, 10), Status.FAIL),
    ],
)
def test_a_handful_of_failed_requests_is_no_failure(
    before: Traffic, after: Traffic, status: Status
):
    watch = replace(WELL, before=before, after=after)
    assert evidence(watch, "errors").status is status


def test_an_open_window_fails_only_by_what_is_clear():
    early = LIVE + 60
    assert verdict(early, after=traffic(bad=80)) is Verdict.FAILED
    assert verify(replace(WELL, after=traffic(bad=80)), early).until == early
    # an instance of the old version may still be ending
    assert verdict(early, instances={"i1": COMMIT, "i2": OTHER}) is Verdict.WATCHING
    # 0.008 is enough at the end, but one of ten looks finds that too easily
    one_of_many = {"after": traffic(bad=14)}
    assert evidence(replace(WELL, **one_of_many), "errors").status is Status.WARN
    assert evidence(replace(WELL, **one_of_many), "errors", early).status is Status.PASS


def test_a_watch_that_another_deployment_ended_verifies_nothing_but_may_have_failed():
    found = verify(replace(WELL, ended_at=LIVE + 60), LIVE + 61)
    assert found.verdict is Verdict.NOT_KNOWN
    assert found.until == LIVE + 60
    assert "Another deployment took its place" in found.sentence
    assert verdict(LIVE + 61, ended_at=LIVE + 60, after=traffic(bad=90)) is Verdict.FAILED


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (COMMIT, COMMIT, True),
        (COMMIT, COMMIT[:7], True),
        (COMMIT[:12].upper(), COMMIT, True),
        (COMMIT[:6], COMMIT, False),  # too short to tell
        ("", COMMIT, False),
        (COMMIT, OTHER, False),
    ],
)
def test_a_shortened_hash_names_the_same_commit(one: str, other: str, same: bool):
    assert same_commit(one, other) is same
