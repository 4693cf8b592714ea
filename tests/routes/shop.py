"""A shop with five checks, what a collector wrote of it, and how a problem must look."""

import time

import httpx
from pydantic import SecretStr

from console.alerts.model import Alert, Phase
from console.config import Config
from console.health.check import Check, Service
from console.health.model import CheckState, Incident, Outcome, Result, Status
from console.health.uptime import Share, UptimeRecord
from console.runtime import Runtime
from console.store.batch import Batch
from console.store.model import CollectorBeat
from console.store.write import CollectorStore

TOKEN = "a-token-of-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
SHOP = Service(
    name="shop",
    title='Web <shop> & "co"',
    checks=(
        Check(name="api", title="API", url="https://shop.test/health"),
        Check(name="bank", url="https://bank.test/health"),
        Check(name="slow", url="https://slow.test/health"),
        Check(name="silent", url="https://silent.test/health"),
        Check(name="export", type="push", interval=60, timeout=10),
    ),
)
PROTECTED = ["/metrics", "/api/status.json", "/badge/shop.svg", "/badge/shop/api.svg"]


def result(check: str, status: Status, at: float) -> Result:
    outcome = Outcome.CONDITION if status is Status.FAIL else Outcome.OK
    return Result(check, at, status, outcome, f"{check} says <b>hello</b>", duration=0.25)


def states(now: float) -> dict[str, CheckState]:
    at, since = now - 10, now - 3600
    failed = result("bank", Status.FAIL, at)
    return {
        "api": CheckState(
            "api",
            Status.PASS,
            since,
            "Fine.",
            last=result("api", Status.PASS, at),
            certificate_expires_at=now + 86400,
        ),
        "bank": CheckState(
            "bank",
            Status.FAIL,
            since,
            failed.message,
            alert=Alert(Phase.FIRING, since, since, 5),
            incident=Incident("bank-1", "bank", since, failed.message),
            last=failed,
        ),
        "slow": CheckState(
            "slow", Status.WARN, since, "Slow.", last=result("slow", Status.WARN, at)
        ),
        # passed once, an hour ago: nothing is known any more
        "silent": CheckState(
            "silent", Status.PASS, since, "Fine.", last=result("silent", Status.PASS, now - 3600)
        ),
    }


def beat(at: float, fence: int) -> CollectorBeat:
    return CollectorBeat(
        at, fence, at - 500, "secret-owner", "secret-host", 4711, "9.9", "local", 10.0, 123, 4
    )


async def fill(url: str, *, age: float = 5.0) -> None:
    """What a collector wrote `age` seconds ago."""
    now = time.time()
    day = time.strftime("%Y-%m-%dT%H", time.gmtime(now))
    uptime = UptimeRecord(
        {day: Share(up=90, down=10, unknown=5)}, {day[:10]: Share(up=90, down=10)}
    )
    async with CollectorStore(url, "local") as store:
        fence = await store.acquire()
        assert fence
        await store.flush(
            Batch(
                fence,
                now,
                states={"shop": states(now)},
                uptimes={"shop": {"api": uptime}},
                beat=beat(now - age, fence),
            )
        )


def without_token(runtime: Runtime, token: SecretStr | None = None) -> None:
    settings = runtime.config.settings.model_copy(update={"api_token": token})
    runtime.config = Config(settings, (SHOP,))


def problem(response: httpx.Response, status: int) -> str:
    """The detail of a problem, after a look at its form."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert body["status"] == status
    assert body["title"]
    return body["detail"]
