"""Real pushes, real processes with the kit, a real Redis: what the console finds of each version.

What varies on a busy machine does not vary here: a version tells the kit how long its requests
took. A good one also tells of the same traffic a quarter of an hour ago, as one would that had run
for so long.
"""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from console.deployments.gather import Around, read
from console.deployments.history import Snapshot
from console.deployments.model import Record, Verdict
from console.health.model import Status
from console.instances.gather import read_instances, read_span
from console.instances.model import Life, commit_of, judge
from console.platforms.local.platform import LocalPlatform
from console.platforms.model import Deployment
from console.service_redis import ServiceRedis
from tests.kit.support import ROOT, SERVICE, environment
from tests.platforms.local_service import Workshop

LIMIT = 60.0  # seconds that anything may take on a loaded machine
REQUESTS = 400
VERSION = """
import os, time
from contextlib import asynccontextmanager
import uvicorn
from opskit import Kit, KitSettings, OpsMiddleware, load
from opskit.histograms import Outcome, series
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
SLOWER, FAILING, SHIFTS = {slower}, {failing}, {shifts}
kit = Kit(load(KitSettings))
async def traffic(request):
    for number in range({requests}):
        seconds = SLOWER * (0.1 + number % 20 * 0.004)
        bad = number % 100 < FAILING
        for shift in SHIFTS:
            outcome = Outcome.CONDITION if bad else Outcome.OK
            kit.histograms.record(series("route", "GET /x"), seconds, time.time() - shift, outcome)
    return JSONResponse({{}})
async def health(request):
    return JSONResponse({{}})
@asynccontextmanager
async def lifespan(app):
    yield
    await kit.drain()
app = Starlette(routes=[Route("/traffic", traffic), Route("/health", health)], lifespan=lifespan)
app.add_middleware(OpsMiddleware, kit=kit)
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
"""
GOOD = {"slower": 1.0, "failing": 0, "shifts": (0, 900)}
SLOW = {"slower": 2.0, "failing": 0, "shifts": (0,)}
ERRING = {"slower": 1.0, "failing": 30, "shifts": (0,)}


def version(slower: float, failing: int, shifts: tuple[int, ...]) -> str:
    return VERSION.format(slower=slower, failing=failing, shifts=shifts, requests=REQUESTS)


class Watched:
    """The local platform with a service on it, and the console that reads both."""

    def __init__(self, directory: Path, url: str) -> None:
        self.workshop = Workshop(directory)
        self.workshop.service = replace(
            self.workshop.service,
            name=SERVICE,
            start=(sys.executable, "app.py"),
            build=(),
            health_timeout=LIMIT,
            environment={**environment(url), "PYTHONPATH": str(ROOT / "console" / "kit")},
        )
        self.redis = ServiceRedis(url)
        self.snapshot = Snapshot(0.0)
        self.checks = {"door": ("Front door", Status.PASS)}

    async def deploy(self, number: int, **how: object) -> Deployment:
        """Push a version, wait until it alone is heard of, and let it have its traffic."""
        self.workshop.push(version(**how))  # pyright: ignore[reportArgumentType]  # fields by name
        deployment = await asyncio.to_thread(self.workshop.settle, number)
        port = self.workshop.controller.state.port
        async with httpx.AsyncClient(timeout=LIMIT) as client:
            (await client.get(f"http://127.0.0.1:{port}/traffic")).raise_for_status()
        end = time.monotonic() + LIMIT
        while not await self._arrived(deployment.commit):
            assert time.monotonic() < end, "the instance and its traffic did not arrive in time"
            await asyncio.sleep(0.1)
        return deployment

    async def judged(self, deployment: Deployment, later: float) -> Record:
        """What the console finds `later` seconds after the deployment went live."""
        around = Around(self.checks, self.redis)
        platform = LocalPlatform(self.workshop.disk)
        now = (deployment.ended_at or 0.0) + later
        found = await read(platform, SERVICE, self.snapshot, around, now)
        # only the watch was in the future: what is pushed next is no news from the past
        self.snapshot = replace(found, at=min(now, time.time()))
        return next(one for one in self.snapshot.records if one.deployment.id == deployment.id)

    async def _arrived(self, commit: str) -> bool:
        heard = await read_instances(self.redis, SERVICE, time.time())
        alive = [one for one in heard.heard if judge(one, heard).life is Life.ALIVE]
        if {commit_of(one) for one in alive} != {commit}:
            return False
        minute = int(time.time() // 60)
        found = await read_span(self.redis, SERVICE, range(minute - 2, minute + 1))
        mine = [counts for one in found for counts in [one.instances.get(alive[0].instance, {})]]
        return sum(sum(counts.values()) for counts in mine) >= REQUESTS


@pytest.fixture
async def watched(tmp_path: Path, valkey_url: str) -> AsyncIterator[Watched]:
    made = Watched(tmp_path, valkey_url)
    yield made
    made.workshop.controller.end()
    await made.redis.close()


async def test_a_good_version_is_verified_a_slow_one_degraded_and_one_that_errs_fails(
    watched: Watched,
):
    first = await watched.deploy(1, **GOOD)
    found = await watched.judged(first, 1.0)
    assert found.verification is None  # it was live before the console looked

    good = await watched.deploy(2, **GOOD)
    early = await watched.judged(good, 1.0)
    assert early.verification is not None
    assert early.verification.verdict is Verdict.WATCHING
    found = (await watched.judged(good, 601.0)).verification
    assert found is not None
    assert found.verdict is Verdict.VERIFIED, found
    told = {one.name: one.sentence for one in found.evidence}
    assert told["instances"] == f"1 instance runs {good.commit[:7]}."
    # the 400, and those for the traffic itself
    assert re.match(r"0 % of 40\d requests failed, before 0 % of ", told["errors"])

    slow = await watched.deploy(3, **SLOW)
    found = (await watched.judged(slow, 601.0)).verification
    assert found is not None
    assert found.verdict is Verdict.DEGRADED, found
    assert "% slower, more than chance" in found.sentence

    erring = await watched.deploy(4, **ERRING)
    found = (await watched.judged(erring, 61.0)).verification
    assert found is not None
    assert found.verdict is Verdict.FAILED, found  # at once: nobody waits for ten minutes
    assert re.match(r"30 % of 40\d requests failed, before 0 %", found.sentence)
