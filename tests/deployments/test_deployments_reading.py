"""From what a platform tells to what is remembered, judged and told on the timeline."""

from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from console.deployments.gather import Around, read, with_difference
from console.deployments.history import (
    LOST_AFTER,
    Snapshot,
    never_live,
    newer_commits,
    not_measures,
    ran,
)
from console.deployments.load import ADAPTER, decode
from console.deployments.model import Evidence, Record, Verdict, Verification
from console.deployments.timeline import events
from console.deployments.traffic import traffic
from console.deployments.verdict import as_of, summarise
from console.deployments.view.table import pill_of
from console.deployments.watch import LOG, WINDOW
from console.health.model import Outcome, Status
from console.health.summary import Standing
from console.platforms.local.disk import Disk
from console.platforms.local.model import State
from console.platforms.local.platform import LocalPlatform
from console.platforms.model import (
    Deployment,
    DeploymentState,
    InstanceRange,
    Stage,
    StageName,
    StageState,
)
from console.store.documents import DocumentError
from console.store.histogram import outcome_code

NOW = 1_000_000.0
CHECKS = {"door": ("Front door", Status.PASS)}
AROUND = Around(CHECKS, None)


def made(number: int, state: DeploymentState, at: float) -> Deployment:
    live = state in (DeploymentState.LIVE, DeploymentState.REPLACED)
    deployment = Deployment(
        f"{number:06d}-abcdefa",
        "abcdefa" + "0" * 33,
        state,
        at,
        None if state is DeploymentState.RUNNING else at + 5,
        message="Fix <b>it</b>\n\nReally",
        author="Ann",
    )
    stage = Stage(StageName.DEPLOY, StageState.DONE if live else StageState.FAILED, at, at + 5)
    return deployment if state is DeploymentState.RUNNING else deployment.with_stage(stage)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    found = Disk(tmp_path)
    found.save_state(State(2))
    return found


async def test_only_what_goes_live_while_the_console_looks_is_judged(disk: Disk):
    platform = LocalPlatform(disk)
    disk.save_deployment(made(1, DeploymentState.LIVE, NOW - 500))
    first = await read(platform, "tiny", Snapshot(0.0), AROUND, NOW)
    assert [one.verification for one in first.records] == [None]
    assert "before the console looked" in summarise(first, NOW)[1]
    assert events(Snapshot(0.0), first) == []

    disk.save_deployment(made(1, DeploymentState.REPLACED, NOW - 500))
    disk.save_deployment(made(2, DeploymentState.LIVE, NOW + 1))
    second = await read(platform, "tiny", first, AROUND, NOW + 10)
    newest = second.records[0]
    assert newest.verification is not None
    assert newest.verification.verdict is Verdict.WATCHING
    assert newest.checks_before == {"door": Status.PASS}
    told = events(first, second)
    assert [(one.title, one.actor) for one in told] == [("Deployment of abcdefa is live.", "Ann")]
    assert told[0].detail.startswith("Fix <b>it</b>")

    failing = Around({"door": ("Front door", Status.FAIL)}, None)
    same = await read(platform, "tiny", second, failing, NOW + 12)
    assert same.records == second.records  # judged once a minute
    third = await read(platform, "tiny", second, failing, NOW + 80)
    assert third.records[0].verification.verdict is Verdict.FAILED
    assert [(one.status, one.source) for one in events(second, third)] == [
        ("fail", "000002-abcdefa")
    ]
    # for good: that the check passes again does not change what was found
    fourth = await read(platform, "tiny", third, AROUND, NOW + 200)
    assert fourth.records[0].verification == third.records[0].verification


async def test_a_window_in_which_too_little_was_seen_ends_not_known(disk: Disk):
    platform = LocalPlatform(disk)
    before = await read(platform, "tiny", Snapshot(0.0), AROUND, NOW)
    disk.save_deployment(made(1, DeploymentState.LIVE, NOW + 1))
    found = await read(platform, "tiny", before, AROUND, NOW + 10)
    found = await read(platform, "tiny", found, AROUND, NOW + 10 + WINDOW)
    assert found.records[0].verification.verdict is Verdict.NOT_KNOWN
    standing, sentence = summarise(found, NOW + 10 + WINDOW)
    assert standing is Standing.UNKNOWN
    assert "No instance tells which commit it runs." in sentence


async def test_once_the_watch_is_over_every_reading_asks_for_what_the_verdict_waits_for(
    disk: Disk,
):
    asked: list[float] = []

    async def others(record: Record, apart: object) -> tuple[Evidence, ...]:
        del record, apart
        asked.append(now)
        return (Evidence(LOG, Status.UNKNOWN, "", required=False, pending=len(asked) < 4),)

    around, live = replace(AROUND, others=others), NOW + 6
    found = await read(LocalPlatform(disk), "tiny", Snapshot(0.0), around, NOW)
    disk.save_deployment(made(1, DeploymentState.LIVE, NOW + 1))
    for later in (1, 3, WINDOW, WINDOW + 2, WINDOW + 4, WINDOW + 6):
        now = live + later
        found = await read(LocalPlatform(disk), "tiny", found, around, now)
    assert asked == [live + later for later in (1, WINDOW, WINDOW + 2, WINDOW + 4)]
    assert found.records[0].verification.until == live + WINDOW


async def test_a_deployment_that_another_replaced_is_not_watched_on(disk: Disk):
    platform = LocalPlatform(disk)
    before = await read(platform, "tiny", Snapshot(0.0), AROUND, NOW)
    disk.save_deployment(made(1, DeploymentState.REPLACED, NOW + 1))
    disk.save_deployment(made(2, DeploymentState.LIVE, NOW + 30))
    found = await read(platform, "tiny", before, AROUND, NOW + 40)
    newest, older = (one.verification for one in found.records)
    assert (newest.verdict, older.verdict) == (Verdict.WATCHING, Verdict.NOT_KNOWN)
    assert "Another deployment took its place" in older.sentence


def test_a_version_that_was_found_worse_is_not_compared_with():
    def one(number: int, live: float, verdict: Verdict | None) -> Record:
        told = None if verdict is None else Verification(verdict, "", live, live)
        return Record(made(number, DeploymentState.REPLACED, live - 5), told)

    newest, failed, degraded = (
        one(4, NOW, None),
        one(3, NOW - 100, Verdict.FAILED),
        one(2, NOW - 300, Verdict.DEGRADED),
    )
    found = Snapshot(NOW, records=(newest, failed, degraded, one(1, NOW - 900, Verdict.NOT_KNOWN)))
    assert not_measures(newest, found) == [failed, degraded]
    assert [ran(each, found) for each in (failed, degraded)] == [
        (NOW - 105, NOW),
        (NOW - 305, NOW - 100),
    ]


def test_what_was_found_is_dated_and_what_is_watched_is_called_so():
    watching = Verification(Verdict.WATCHING, "", NOW, NOW + 600, judged_at=NOW)
    record = Record(made(1, DeploymentState.LIVE, NOW - 5), watching)
    assert pill_of(record) == "◌ Watching"
    assert as_of(watching, UTC).startswith("As of 1970-01-12 13:46:40; looked at again")
    failed = replace(watching, verdict=Verdict.FAILED)
    assert pill_of(replace(record, verification=failed)) == "▲ Failing"
    assert "As of 1970-01-12 13:46:40, when the verdict fell." in as_of(failed, UTC)


async def test_the_log_of_a_stage_that_failed_is_kept_without_its_secrets(disk: Disk):
    failed = made(1, DeploymentState.FAILED, NOW).with_stage(
        Stage(StageName.BUILD, StageState.FAILED, NOW, NOW + 5)
    )
    failed = replace(failed, reason="The build failed: no such module.")
    disk.save_deployment(failed)
    disk.log(f"{failed.id}.build").write_text("password=hunter2hunter2\nno such module\n")
    found = await read(LocalPlatform(disk), "tiny", Snapshot(0.0), AROUND, NOW + 9)
    assert "no such module" in found.records[0].log
    assert "hunter2" not in found.records[0].log
    standing, sentence = summarise(found, NOW + 9)
    assert standing is Standing.FAIL
    assert sentence == "abcdefa failed 4 s ago. The build failed: no such module."


async def test_a_platform_that_is_away_loses_nothing_and_says_so(disk: Disk):
    disk.save_deployment(made(1, DeploymentState.LIVE, NOW - 20))
    before = await read(LocalPlatform(disk), "tiny", Snapshot(0.0), AROUND, NOW)
    (disk.directory / "state.json").unlink()
    found = await read(LocalPlatform(disk), "tiny", before, AROUND, NOW + 60)
    assert found.records == before.records
    standing, sentence = summarise(found, NOW + 60)
    assert standing is Standing.UNKNOWN
    assert sentence == "The controller of this machine has not begun yet. Last known 1 min ago."


async def test_one_that_the_platform_forgot_is_not_running_for_ever(disk: Disk):
    disk.save_deployment(made(1, DeploymentState.RUNNING, NOW))
    before = await read(LocalPlatform(disk), "tiny", Snapshot(0.0), AROUND, NOW)
    disk.path("deployments/000001-abcdefa.json").unlink()
    found = await read(LocalPlatform(disk), "tiny", before, AROUND, NOW + LOST_AFTER + 1)
    assert found.records[0].deployment.state is DeploymentState.UNKNOWN


async def test_what_the_platform_lacks_is_kept_with_its_reason_and_all_survives_the_store(
    disk: Disk,
):
    disk.save_deployment(made(1, DeploymentState.LIVE, NOW))
    found = await read(LocalPlatform(disk), "tiny", Snapshot(0.0), AROUND, NOW)
    assert found.missing["instance range"].startswith("Not offered by this machine: ")
    assert decode(ADAPTER.dump_json(found)) == found
    with pytest.raises(DocumentError):
        decode(b'{"at": "x"}')


def test_requests_are_counted_with_and_without_a_duration_and_bad_ones_are_counted_once():
    timeout, broken = outcome_code(Outcome.TIMEOUT), outcome_code(Outcome.PROTOCOL)
    found = traffic(
        [{500: 8, 700: 2, timeout: 2, 0xFFFF: 7}, {500: 1, broken: 3, outcome_code(Outcome.OK): 4}]
    )
    # a time-out has a duration as well; what broke off has none
    assert found.durations == {500: 9, 700: 2}
    assert (found.requests, found.bad) == (11 + 3 + 4, 2 + 3)


async def test_a_later_scaling_is_no_difference_of_the_deployment(tmp_path: Path):
    record = Record(made(1, DeploymentState.LIVE, NOW), instances=2)
    platform = LocalPlatform(Disk(tmp_path / "platform"))
    for before, wanted in ((None, 4), (2, None)):
        found = replace(record, instances=before)
        scaled = Snapshot(NOW, "", records=(found,), instances=InstanceRange(4))
        told = [one.instances for one in await with_difference(platform, scaled)]
        assert told[-1] == (wanted or before)


def test_a_push_during_the_watch_says_nothing_of_the_version_that_is_watched():
    """What it starts, and what becomes of it, is its own."""
    watched = Record(made(1, DeploymentState.LIVE, NOW))
    commit = "0ddba11" + "0" * 33
    failed = Record(replace(made(2, DeploymentState.FAILED, NOW + 30), commit=commit))
    again = Record(made(3, DeploymentState.RUNNING, NOW + 60))  # of the same commit
    found = Snapshot(NOW, records=(again, failed, watched))
    assert newer_commits(watched, found) == [commit]
    assert newer_commits(again, found) == []
    assert never_live(again, found) == [(NOW + 30, NOW + 35)]
    assert never_live(watched, found) == []
