"""What the console rolls back by itself, what it never does, and a real rollback of that kind."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.deployments.act_auto import PROMPT, due, events, is_on
from console.deployments.act_auto_order import AGAIN_AFTER, TRIES, AutomaticRollback, Intents
from console.deployments.gather import Around, read
from console.deployments.history import Snapshot
from console.deployments.model import Automatic, Evidence, Record, Verdict, Verification
from console.health.check import Check, Service
from console.health.model import Status
from console.platforms.local.disk import Disk
from console.platforms.local.model import State
from console.platforms.local.platform import LocalPlatform
from console.platforms.model import (
    Deployment,
    DeploymentState,
    Stage,
    StageName,
    StageState,
    Trigger,
)
from console.store.write import CollectorStore
from tests.platforms.conftest import workshop
from tests.platforms.local_service import Workshop, app, running

__all__ = ["workshop"]

NOW = 1_800_000_000.0
LIVE, REPLACED = DeploymentState.LIVE, DeploymentState.REPLACED


def made(number: int, verdict: Verdict | None = None, **more) -> Record:
    at = NOW + 100 * number
    state = more.pop("state", LIVE)
    one = Deployment(f"{number:06d}", f"{number:040x}", state, at, at + 9, **more)
    one = one.with_stage(Stage(StageName.DEPLOY, StageState.DONE, at + 5, at + 9))
    seen = (Evidence("errors", Status.FAIL, "Half of them failed."),)
    found = verdict and Verification(verdict, "Half of them failed.", at + 9, at + 99, seen)
    return Record(one, found)


def snapshot(*records: Record, **more) -> Snapshot:
    """Newest first."""
    return Snapshot(NOW, "this machine", known_since=1.0, records=records, **more)


GOOD = made(1, Verdict.VERIFIED, state=REPLACED)
BAD = made(2, Verdict.FAILED)


def test_what_failed_its_watch_goes_back_to_what_ran_before():
    found = due(snapshot(BAD, GOOD), NOW)
    assert found is not None
    assert [one.deployment.id for one in found] == ["000002", "000001"]


@pytest.mark.parametrize(
    ("records", "more"),
    [
        pytest.param((made(2, Verdict.DEGRADED), GOOD), {}, id="degraded only"),
        pytest.param((made(2, Verdict.WATCHING), GOOD), {}, id="still watched"),
        pytest.param((made(2, Verdict.NOT_KNOWN), GOOD), {}, id="nothing is known"),
        pytest.param((made(2), GOOD), {}, id="not watched"),
        pytest.param((BAD,), {}, id="nothing to go back to"),
        pytest.param((BAD, made(1, Verdict.FAILED, state=REPLACED)), {}, id="as bad before"),
        pytest.param(
            (made(2, Verdict.FAILED, trigger=Trigger.ROLLBACK), GOOD), {}, id="itself a rollback"
        ),
        pytest.param(
            (made(3, state=DeploymentState.RUNNING), BAD, GOOD), {}, id="a newer one is under way"
        ),
        pytest.param((BAD, GOOD), {"problem": "It does not answer."}, id="the platform is away"),
        pytest.param(
            (BAD, GOOD),
            {"automatic": (Automatic("000002", "000001", NOW, "Taken."),)},
            id="done already",
        ),
        pytest.param(
            (made(4, Verdict.FAILED), made(3, Verdict.NOT_KNOWN, state=REPLACED), GOOD),
            {"automatic": (Automatic("000002", "000001", NOW + 250, "Taken."),)},
            id="twice in a row",
        ),
    ],
)
def test_what_it_never_rolls_back(records: tuple[Record, ...], more: dict):
    assert due(snapshot(*records, **more), NOW) is None


def test_what_failed_long_ago_and_was_left_as_it_is_stays():
    """The console was off for days, or was told only now to do it by itself."""
    assert BAD.verification is not None
    failed = BAD.verification.until
    assert due(snapshot(BAD, GOOD), failed + PROMPT) is not None
    assert due(snapshot(BAD, GOOD), failed + PROMPT + 1) is None


def test_it_goes_back_to_no_version_that_was_replaced_before_its_watch_was_over():
    hasty = made(2, Verdict.NOT_KNOWN, state=REPLACED)  # watched for 90 s
    bad = made(3, Verdict.FAILED)
    found = due(snapshot(bad, hasty, GOOD), NOW)
    assert found is not None
    assert found[1] is GOOD
    assert due(snapshot(bad, hasty), NOW) is None
    seen = due(snapshot(bad, hasty, GOOD), NOW, window=60.0)  # too little traffic to tell
    assert seen is not None
    assert seen[1] is hasty


async def test_checks_that_fail_days_after_a_watch_say_nothing_of_it(tmp_path: Path):
    """The console was off from just after live on; the database fails now."""
    disk = Disk(tmp_path)
    disk.save_state(State(1))
    platform, live = LocalPlatform(disk), NOW + 109
    quiet = Around({"door": ("Front door", Status.PASS)}, None)
    found = await read(platform, "tiny", Snapshot(0.0), quiet, NOW)
    disk.save_deployment(made(1).deployment)
    found = await read(platform, "tiny", found, quiet, live + 1)
    failing = replace(quiet, checks={"door": ("Front door", Status.FAIL)})
    found = await read(platform, "tiny", found, failing, live + 3 * 86_400)
    (record,) = found.records
    assert record.verification is not None
    assert record.verification.verdict is Verdict.NOT_KNOWN


def test_the_services_file_decides_for_one_service():
    check = Check(name="web", url="http://localhost:1")
    for own, everywhere, wanted in (
        (None, True, True), (None, False, False), (True, False, True), (False, True, False),
    ):  # fmt: skip
        service = Service(name="shop", checks=(check,), auto_rollback=own)
        assert is_on(service, everywhere) is wanted


def test_once_something_was_verified_it_may_again():
    back = made(3, Verdict.VERIFIED, state=REPLACED, trigger=Trigger.ROLLBACK)
    before = (Automatic("000002", "000001", NOW + 250, "Taken."),)
    found = due(snapshot(made(4, Verdict.FAILED), back, BAD, GOOD, automatic=before), NOW)
    assert found is not None
    assert found[1].deployment.id == "000003"


async def looked(
    store: Intents, platform: LocalPlatform, found: Snapshot, later: float = 0.0
) -> Snapshot:
    """What a collector that was started just now makes of it."""
    return await AutomaticRollback("tiny", store).look(platform, found, NOW + later)


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[CollectorStore]:
    async with CollectorStore(valkey_url) as made:
        yield made


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    found = Disk(tmp_path)
    found.save_deployment(GOOD.deployment)
    return found


async def test_without_the_store_nobody_knows_whether_it_was_done_so_nothing_is(disk: Disk):
    async with CollectorStore("redis://127.0.0.1:1") as away:
        same = await looked(away, LocalPlatform(disk), snapshot(BAD, GOOD))
    assert same == snapshot(BAD, GOOD)
    assert disk.orders() == []


async def test_a_platform_that_does_not_take_it_is_told_of_and_not_asked_again(
    store: CollectorStore, tmp_path: Path
):
    platform = LocalPlatform(Disk(tmp_path))  # knows no such deployment
    found = await looked(store, platform, snapshot(BAD, GOOD))
    (told,) = events(snapshot(BAD, GOOD), found)
    assert told.title == "The console could not roll 0000000 back to 0000000."
    assert (told.status, "Roll back by hand" in told.detail) == ("fail", True)
    assert due(found, NOW) is None


async def test_of_two_collectors_one_rolls_back(store: CollectorStore, disk: Disk):
    platform = LocalPlatform(disk)
    first = await looked(store, platform, snapshot(BAD, GOOD))
    second = await looked(store, platform, snapshot(BAD, GOOD), AGAIN_AFTER - 1)
    assert (len(first.automatic), second.automatic) == (1, ())
    assert len(disk.orders()) == 1


async def test_what_a_killed_collector_had_ordered_is_known_by_what_the_platform_shows(
    store: CollectorStore, disk: Disk
):
    platform = LocalPlatform(disk)
    await looked(store, platform, snapshot(BAD, GOOD))  # and it was killed
    bad = replace(BAD, deployment=replace(BAD.deployment, state=REPLACED))
    back = made(3, trigger=Trigger.ROLLBACK)
    found = await looked(store, platform, snapshot(back, bad, GOOD), 5.0)
    (told,) = events(snapshot(back, bad, GOOD), found)
    assert (told.at, told.status) == (NOW, "warn")
    assert "as deployment 000003" in told.detail
    assert await looked(store, platform, found, 10.0) == found


async def test_what_no_platform_shows_is_ordered_again_but_not_for_ever(
    store: CollectorStore, disk: Disk
):
    """Killed before it could write down what came of it, every time."""
    platform, found = LocalPlatform(disk), snapshot(BAD, GOOD)
    for number in range(TRIES):
        again = await looked(store, platform, found, number * AGAIN_AFTER)
        assert len(again.automatic) == 1
        assert len(disk.orders()) == 1  # of one name: the platform carries out one
    given_up = await looked(store, platform, found, TRIES * AGAIN_AFTER)
    assert given_up.automatic[0].done is False
    assert "ordered 3 times" in given_up.automatic[0].sentence


async def test_a_lost_answer_is_looked_for_at_the_platform_before_it_is_ordered_again(
    store: CollectorStore, disk: Disk
):
    disk.path("controller.lock").touch()
    abandoned = LocalPlatform(disk)  # its controller is gone: nobody answers
    found = snapshot(BAD, GOOD)
    assert await looked(store, abandoned, found) == found
    disk.path("controller.lock").unlink()
    assert await looked(store, abandoned, found, AGAIN_AFTER - 1) == found
    assert (await looked(store, abandoned, found, AGAIN_AFTER)).automatic[0].done


async def test_a_collector_that_comes_too_late_says_that_people_have_to_do_it(
    store: CollectorStore, disk: Disk
):
    await looked(store, LocalPlatform(disk), snapshot(BAD, GOOD))
    found = await looked(store, LocalPlatform(disk), snapshot(BAD, GOOD), 2 * PROMPT)
    assert (found.automatic[0].done, found.automatic[0].at) == (False, NOW)
    assert "too late" in found.automatic[0].sentence


async def test_a_bad_version_really_comes_back_once_with_its_evidence(
    workshop: Workshop, store: CollectorStore
):
    first = workshop.begin(1)
    platform = LocalPlatform(workshop.disk)
    quiet = Around({"door": ("Front door", Status.PASS)}, None)
    found = await read(platform, "tiny", Snapshot(0.0), quiet, time.time())
    second = workshop.push(app("two"))
    bad = workshop.settle(2)
    assert running(workshop) == {second}
    failing = replace(quiet, checks={"door": ("Front door", Status.FAIL)})
    live = bad.ended_at or 0.0
    before = await read(platform, "tiny", found, quiet, live + 1)
    found = await read(platform, "tiny", before, failing, live + 100)
    automatic = AutomaticRollback("tiny", store)
    for _ in range(3):
        found = await automatic.look(platform, found, live + 100)
    workshop.settle(3)
    assert running(workshop) == {first.commit}
    assert workshop.disk.orders() == []
    (told,) = events(before, found)
    assert told.title == f"The console rolled {second[:7]} back to {first.commit[:7]} by itself."
    assert "Failing since the deployment: Front door." in told.detail
    assert first.id in told.detail  # the exact order
