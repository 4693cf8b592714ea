"""What the console rolls back by itself, what it never does, and a real rollback of that kind."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from console.deployments.act_auto import PROMPT, due, events, is_on, rolled_back
from console.deployments.gather import Around, read
from console.deployments.history import Snapshot
from console.deployments.model import Automatic, Evidence, Record, Verdict, Verification
from console.errors import StoreAway
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


async def yes(what: str) -> bool:
    del what
    return True


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


async def refused(what: str) -> bool:
    del what
    return False


async def away(what: str) -> bool:
    raise StoreAway(what)


@pytest.mark.parametrize("claim", [refused, away])
async def test_who_is_not_the_first_or_cannot_know_does_nothing(
    claim: Callable[[str], Awaitable[bool]], tmp_path: Path
):
    platform = LocalPlatform(Disk(tmp_path))
    same = await rolled_back(platform, snapshot(BAD, GOOD), claim, NOW)
    assert same == snapshot(BAD, GOOD)
    assert Disk(tmp_path).orders() == []


async def test_a_platform_that_does_not_take_it_is_told_of_and_not_asked_again(tmp_path: Path):
    platform = LocalPlatform(Disk(tmp_path))  # knows no such deployment
    found = await rolled_back(platform, snapshot(BAD, GOOD), yes, NOW)
    (told,) = events(snapshot(BAD, GOOD), found)
    assert told.title == "The console could not roll 0000000 back to 0000000."
    assert (told.status, "Roll back by hand" in told.detail) == ("fail", True)
    assert due(found, NOW) is None


async def test_of_two_collectors_one_rolls_back(valkey_url: str):
    stores = [CollectorStore(valkey_url) for _ in range(2)]
    claimed = [await store.claim("tiny", "auto:000002", 60.0) for store in stores]
    assert claimed == [True, False]
    for store in stores:
        await store.close()


async def test_a_bad_version_really_comes_back_once_with_its_evidence(workshop: Workshop):
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
    for _ in range(3):
        found = await rolled_back(platform, found, yes, live + 100)
    workshop.settle(3)
    assert running(workshop) == {first.commit}
    assert workshop.disk.orders() == []
    (told,) = events(before, found)
    assert told.title == f"The console rolled {second[:7]} back to {first.commit[:7]} by itself."
    assert "Failing since the deployment: Front door." in told.detail
    assert first.id in told.detail  # the exact order
