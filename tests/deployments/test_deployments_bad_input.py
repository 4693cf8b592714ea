"""What no platform should tell and every one does some day: nothing of it stops a reading."""

import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console.deployments.gather import Around, read
from console.deployments.history import KEPT, LOGS_KEPT, MESSAGE, Snapshot, merged
from console.deployments.load import ADAPTER
from console.deployments.model import Evidence, Verdict, Verification
from console.deployments.timeline import events
from console.deployments.verdict import summarise
from console.deployments.watch import WINDOW
from console.health.model import Status
from console.health.summary import Standing
from console.platforms.local.disk import Disk
from console.platforms.local.model import State
from console.platforms.local.platform import LocalPlatform
from console.platforms.model import (
    Deployment,
    DeploymentState,
    Stage,
    StageName,
    StageState,
)
from console.platforms.render.platform import Render
from tests.kit.support import Serving

NOW = 1_000_000.0
AROUND = Around({"door": ("Front door", Status.PASS)}, None)
LARGEST = 1_000_000  # bytes of one request: what Upstash takes in its free plan
MARKUP = "<script>alert(1)</script> [x](javascript:1) :red[y] `z` $a$ \x00\x1b[31m"


def made(number: int, at: float, state: DeploymentState, live: float | None = None) -> Deployment:
    deploy = Stage(StageName.DEPLOY, StageState.DONE, at, live)
    return Deployment(f"d{number}", f"{number:040x}", state, at, live).with_stage(deploy)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    found = Disk(tmp_path)
    found.save_state(State(2))
    return found


async def test_a_hundred_deployments_a_minute_are_read_and_the_last_one_is_watched(disk: Disk):
    platform = LocalPlatform(disk)
    snapshot = await read(platform, "tiny", Snapshot(0.0), AROUND, NOW)
    told = 0
    for number in range(100):
        at = NOW + number * 0.6
        last = number == 99
        state = DeploymentState.LIVE if last else DeploymentState.REPLACED
        disk.save_deployment(replace(made(number, at, state, at + 0.3), id=f"{number:06d}-abcdefa"))
        if number % 10 == 9 or last:
            before, snapshot = snapshot, await read(platform, "tiny", snapshot, AROUND, at + 0.5)
            told += len(events(before, snapshot))
    assert len(snapshot.records) == 100
    verdicts = [one.verification.verdict for one in snapshot.records if one.verification]
    assert verdicts[0] is Verdict.WATCHING
    assert set(verdicts[1:]) == {Verdict.NOT_KNOWN}
    assert 0 < told <= 200  # two for each at most: live, and its verdict


async def test_a_platform_whose_clock_is_ahead_does_not_delay_the_watch(disk: Disk):
    platform = LocalPlatform(disk)
    snapshot = await read(platform, "tiny", Snapshot(0.0), AROUND, NOW)
    future = NOW + 86_400
    disk.save_deployment(
        replace(made(1, future, DeploymentState.LIVE, future + 9), id="000001-abcdefa")
    )
    snapshot = await read(platform, "tiny", snapshot, AROUND, NOW + 10)
    record = snapshot.records[0]
    assert record.live_at == NOW + 10
    assert record.verification is not None
    assert record.verification.verdict is Verdict.WATCHING
    assert record.begun == NOW + 1  # nothing that the new version answered counts as before it
    deploy, verify = record.stages[-2:]
    assert (deploy.started_at, deploy.ended_at, verify.started_at) == (NOW + 1, NOW + 10, NOW + 10)
    assert "clock of its platform is 23 h 59 min ahead" in summarise(snapshot, NOW + 11)[1]
    snapshot = await read(platform, "tiny", snapshot, AROUND, NOW + 40)
    assert snapshot.records[0].live_at == NOW + 10  # and it stays
    snapshot = await read(platform, "tiny", snapshot, AROUND, NOW + 10 + WINDOW)
    assert snapshot.records[0].verification is not None
    assert snapshot.records[0].verification.verdict is Verdict.NOT_KNOWN
    assert summarise(snapshot, NOW + 700)[0] is Standing.UNKNOWN


async def test_a_platform_whose_clock_is_hours_behind_does_not_shorten_the_watch(disk: Disk):
    platform, past = LocalPlatform(disk), NOW - 3 * 3600
    snapshot = await read(platform, "tiny", Snapshot(0.0), AROUND, NOW)
    running = replace(made(1, past, DeploymentState.RUNNING), id="000001-abcdefa")
    disk.save_deployment(running)
    snapshot = await read(platform, "tiny", snapshot, AROUND, NOW + 2)
    disk.save_deployment(
        replace(made(1, past, DeploymentState.LIVE, past + 9), id="000001-abcdefa")
    )
    snapshot = await read(platform, "tiny", snapshot, AROUND, NOW + 12)
    record = snapshot.records[0]
    assert record.live_at == NOW + 12
    assert record.verification is not None
    assert record.verification.verdict is Verdict.WATCHING
    told = [at for one in record.stages for at in (one.started_at, one.ended_at) if at]
    assert told == sorted(told)
    assert "It was told 3 h after it was live" in summarise(snapshot, NOW + 13)[1]
    snapshot = await read(platform, "tiny", snapshot, AROUND, NOW + 20)
    assert snapshot.records[0].live_at == NOW + 12  # and it stays


def test_an_end_before_the_begin_is_no_duration():
    told = made(1, NOW, DeploymentState.LIVE, NOW - 500)
    found = merged(Snapshot(0.0, known_since=1.0), [told], {}, NOW + 5)
    assert found.records[0].deployment.stage(StageName.DEPLOY).seconds(NOW) is None
    assert found.records[0].live_at == NOW - 500


def test_a_state_that_nobody_knows_is_shown_as_such_and_never_as_well():
    told = replace(made(1, NOW, DeploymentState.UNKNOWN), raw_state="half_baked" * 99)
    found = merged(Snapshot(0.0), [told], {}, NOW)
    standing, sentence = summarise(found, NOW)
    assert standing is Standing.UNKNOWN
    assert "half_baked" in sentence
    assert len(sentence) < 300


def test_text_from_outside_is_kept_as_text_and_cut():
    told = replace(
        made(1, NOW, DeploymentState.FAILED, NOW + 1),
        message=MARKUP * 1000,
        author=MARKUP * 100,
        reason=MARKUP * 100,
        url="https://x/" + "y" * 9999,
    )
    before = Snapshot(NOW - 9, known_since=1.0)
    found = merged(before, [told], {}, NOW)
    kept = found.records[0].deployment
    assert kept.message == (MARKUP * 1000)[:MESSAGE]
    assert len(kept.author) == 120
    (event,) = events(before, found)
    assert len(event.title) + len(event.detail) + len(event.actor) < 2000


def test_a_huge_history_is_a_document_of_bounded_size():
    """As much as is kept, and each of it as long as it may be."""
    statuses = {f"check-{number}": Status.PASS for number in range(200)}
    verification = Verification(
        Verdict.DEGRADED,
        "s" * 300,
        NOW,
        NOW + 600,
        tuple(Evidence(f"evidence {n}", Status.WARN, f"{n} " + "e" * 200) for n in range(7)),
    )
    snapshot = Snapshot(NOW, "Render", known_since=1.0)
    for number in range(KEPT + 50):
        told = replace(
            made(number, NOW + number, DeploymentState.FAILED, NOW + number + 1),
            message=f"{number} " + "m" * 9000,
            reason=f"{number} " + "r" * 9000,
            stages=tuple(Stage(name, StageState.DONE, NOW, NOW, "d" * 999) for name in StageName),
        )
        snapshot = merged(snapshot, [told], statuses, NOW + number)
        newest = replace(snapshot.records[0], log=f"{number} " + "l" * 4000)
        newest = replace(newest, verification=verification)
        snapshot = replace(snapshot, records=(newest, *snapshot.records[1:]))
    assert len(snapshot.records) == KEPT
    assert sum(bool(one.log) for one in snapshot.records) <= LOGS_KEPT + 1
    assert sum(bool(one.checks_before) for one in snapshot.records) <= 1
    document = ADAPTER.dump_json(snapshot)
    assert len(document) < 2 * LARGEST  # 1.2 MB unpacked, of 200 deployments that tell their most
    assert len(zlib.compress(document, 1)) < LARGEST / 4


async def test_instances_that_cannot_be_read_take_no_deployment_away():
    async def answer(request: Request) -> Response:
        if "/instances" in request.url.path:
            return JSONResponse({"message": "the token may not do this"}, 403)
        return JSONResponse([])

    serving = Serving(Starlette(routes=[Route("/{path:path}", answer)]))
    platform = Render("srv-1", "rnd_a-token-with-few-rights", url=serving.begin())
    try:
        found = await read(platform, "tiny", Snapshot(0.0), AROUND, NOW)
    finally:
        await platform.close()
        serving.end()
    assert (found.at, found.problem, found.instances) == (NOW, "", None)
    assert "may not do this" in found.missing["running instances"]


def refusing(status: int) -> Starlette:
    async def answer(_: Request) -> Response:
        return JSONResponse({"message": "unauthorized"}, status)

    return Starlette(routes=[Route("/{path:path}", answer)])


async def test_a_revoked_token_is_said_with_the_name_of_its_variable_and_loses_nothing():
    serving = Serving(refusing(401))
    url = serving.begin()
    try:
        platform = Render("srv-1", "rnd_a-token-that-was-revoked", url=url)
        known = merged(
            Snapshot(0.0, known_since=NOW - 300),
            [made(1, NOW - 500, DeploymentState.LIVE, NOW - 400)],
            {},
            NOW - 300,
        )
        around = replace(AROUND, token_env="RENDER_API_KEY")
        found = await read(platform, "tiny", known, around, NOW)
        await platform.close()
    finally:
        serving.end()
    assert found.records == known.records
    assert "does not accept the token" in found.problem
    assert "RENDER_API_KEY" in found.problem
    assert "rnd_a-token" not in ADAPTER.dump_json(found).decode()
    standing, sentence = summarise(found, NOW)
    assert standing is Standing.UNKNOWN
    assert sentence.endswith("Last known 5 min ago.")


async def test_an_hour_without_the_platform_ends_with_a_verdict_that_says_what_was_not_seen(
    disk: Disk,
):
    platform = LocalPlatform(disk)
    snapshot = await read(platform, "tiny", Snapshot(0.0), AROUND, NOW)
    disk.save_deployment(replace(made(1, NOW, DeploymentState.LIVE, NOW + 1), id="000001-abcdefa"))
    snapshot = await read(platform, "tiny", snapshot, AROUND, NOW + 5)
    (disk.directory / "state.json").unlink()
    for minute in range(1, 61):
        snapshot = await read(platform, "tiny", snapshot, AROUND, NOW + 60 * minute)
    assert snapshot.problem
    record = snapshot.records[0]
    assert record.verification is not None
    assert record.verification.verdict is Verdict.NOT_KNOWN
    assert record.verification.until == NOW + 1 + WINDOW
    disk.save_state(State(2))
    back = await read(platform, "tiny", snapshot, AROUND, NOW + 4000)
    assert back.problem == ""
    assert back.records[0].verification == record.verification
