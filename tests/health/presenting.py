"""A small service and states for it, for tests of how a service is told."""

from console.alerts.model import Alert, Phase
from console.health.check import Check, Service
from console.health.model import CheckState, Incident, Outcome, Result, Status
from console.store.model import CollectorBeat

NOW = 1_795_510_800.0  # 2026-11-24 09:00:00 UTC
FLUSH = 10.0


def service(**more: object) -> Service:
    checks = (
        Check(name="web", title="Website", url="https://shop.example"),
        Check(name="api", title="API", url="https://api.example"),
        Check(name="jobs", title="Jobs", url="https://jobs.example", depends_on=("api",)),
    )
    return Service.model_validate({"name": "shop", "title": "Shop", "checks": checks} | more)


def beat(at: float = NOW - 2) -> CollectorBeat:
    return CollectorBeat(at, 1, NOW - 7200, "a", "host", 1, "1.0.0", "local", FLUSH)


def state(
    name: str, status: Status = Status.PASS, *, at: float = NOW - 5, since: float = NOW - 3600
) -> CheckState:
    outcome = Outcome.OK if status is not Status.FAIL else Outcome.CONDITION
    return CheckState(
        name,
        status,
        since,
        "Answered.",
        last=Result(name, at, status, outcome, "Answered.", 0.1),
    )


def failing(name: str, reason: str = "No answer", caused_by: str = "") -> CheckState:
    since = NOW - 720
    return CheckState(
        name,
        Status.FAIL,
        NOW - 660,
        reason,
        caused_by=caused_by,
        alert=Alert(Phase.FIRING, NOW - 660, since, failures=20),
        incident=None if caused_by else Incident(f"{name}-1", name, since, reason),
        last=Result(name, NOW - 5, Status.FAIL, Outcome.TIMEOUT, reason, 10.0),
    )


def states(*changed: CheckState) -> dict[str, CheckState]:
    good = {name: state(name) for name in ("web", "api", "jobs")}
    return good | {one.check: one for one in changed}
