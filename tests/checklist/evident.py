"""Evidence as the store would give it when all is well, for the tests to spoil."""

from dataclasses import replace
from datetime import UTC
from typing import Any

from console.cache.model import Quota, Token
from console.cache.model import Snapshot as CacheSnapshot
from console.checklist.evidence import Evidence, Times
from console.checklist.model import Answer
from console.checklist.record import Word, WordKind
from console.checklist.usual import Compared, calendar_of, closing_around
from console.controls.runs import Run
from console.health.check import Check, Service
from console.health.model import CheckState, Outcome, Result, Status
from console.health.summary import Presented, Standing
from console.logs.model import (
    Cause,
    Diagnosis,
    Explained,
    LogsReading,
    Names,
    PatternReading,
    Source,
    Trend,
)
from console.month_end.model import Rules
from console.settings.reports import Deployment, Report, Seen, Snapshot, Variant
from console.store.series import SeriesId
from tests.controls.making import NOW, PRINT, beat, snapshot

DAY = 86_400.0
COMMIT = "3f2a1b9c"
SERVICE = Service(name="relay", checks=(Check(name="api", url="https://relay.test/health"),))


def seen(name: str, **more: Any) -> Seen:
    one = Seen(name, True, "env", "32-63", PRINT, True, "required", "What it is")
    return replace(one, **more)


REPORT = Report(PRINT, (seen("RUN_TOKEN"), seen("API_URL")))
INSTANCES = snapshot(beat("a", commit=COMMIT), beat("b", commit=COMMIT))
SETTINGS = Snapshot(
    NOW,
    alive=2,
    variants=(Variant(REPORT, ("a", "b"), (COMMIT,)),),
    deployments=(
        Deployment(COMMIT, REPORT, NOW - 5000, NOW),
        Deployment("old", replace(REPORT, fingerprint="f" * 16), NOW - 9000, NOW - 5000),
    ),
)
RUN = Run(
    "run-1", "relay", "INV-1", True, "ann", NOW - 600, 60.0, "ended", "held",
    report={"milliseconds": 120, "writes": {"refused": 1}}, fingerprint=PRINT, commit=COMMIT,
)  # fmt: skip
TOKEN = Token("bank", "ok", "", NOW + 300, NOW + 90 * DAY, NOW - 60, "a")
QUOTA = Quota("bank", "minute", NOW - 5, 60.0, 40.0, NOW + 30, 60.0)
CACHE = CacheSnapshot(NOW, quotas=(QUOTA,), tokens=(TOKEN,))
LOGS = LogsReading(NOW, (Source("kit"),), NOW - 900, NOW - 3, False, 30.0, 500, {"info": 500})
CAUSE = Cause(("api",), ("bank",), 18, 0.9, 0.1, 9.0, 80.0)


def pattern(**more: Any) -> PatternReading:
    none = Names(0, ())
    one = PatternReading(
        "p1", "k1", "bank answered <number>", 20, NOW - 300, NOW - 9, (1, 2), Trend.STEADY, False,
        none, none, none, "bank answered 503",
    )  # fmt: skip
    return replace(one, **more)


def with_errors(*patterns: PatternReading, **more: Any) -> LogsReading:
    return replace(LOGS, levels={"info": 480, "error": 20}, patterns=patterns, **more)


def diagnosed(explained: Explained, *causes: Cause, areas: int = 1) -> LogsReading:
    return with_errors(pattern(), diagnosis=Diagnosis(explained, causes, areas, 20, 480, 0.7))


def presented(standing: Standing = Standing.PASS, name: str = "api", **more: Any) -> Presented:
    outcome = more.pop("outcome", Outcome.OK)
    result = Result(name, NOW - 5, Status.PASS, outcome, "200 OK", 0.2)
    state = CheckState(name, last=result, **more)
    return Presented(Check(name=name, url="https://x.test"), state, standing, "Fine.", NOW - 60)


def compared(answer: Answer = Answer.PASS, kind: str = "check", name: str = "api") -> Compared:
    return Compared(SeriesId(kind, name), answer, "p95 210 ms of 120", 0.21, 0.3)


def word(kind: WordKind, question: str, **more: Any) -> Word:
    said = Word(
        "w1", question, kind, "ann", "seen it in the bank's portal", NOW - 60, NOW + DAY,
        COMMIT, PRINT,
    )  # fmt: skip
    return replace(said, **more)


CALENDAR = calendar_of(Rules(), NOW, UTC)
CLOSING = closing_around(NOW, CALENDAR, UTC)
GOOD = Evidence(
    now=NOW,
    zone=UTC,
    checks=(presented(),),
    has_redis=True,
    can_run=True,
    instances=INSTANCES,
    settings=SETTINGS,
    cache=CACHE,
    logs=LOGS,
    runs=(RUN,),
    times=Times(NOW, (compared(),), "Friday 07:00 to 08:00"),
    closing=CLOSING,
    closing_until=NOW + 20 * DAY,
)


def but(**more: Any) -> Evidence:
    """All is well, but."""
    return replace(GOOD, **more)
