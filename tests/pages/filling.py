"""Fills a real store with what a collector would have written: results go through the real Watch.

A story says what became of each probe; everything else (thresholds, incidents, uptime, cells)
follows from it as it does in the collector.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from console.activity.model import Event
from console.health.check import Check, Maintenance, Service
from console.health.model import CheckState, Incident, Outcome, Part, Result, Status
from console.health.uptime import Share, UptimeRecord
from console.health.watch import Watch
from console.store.batch import Batch
from console.store.model import CollectorBeat
from console.store.series import SeriesId
from console.store.write import CollectorStore

DAY = 86400.0

Tell = Callable[[Check, float, Random], Result]


def invoice_service(*, sample: bool = False, maintenance: Sequence[Maintenance] = ()) -> Service:
    """Six checks of an invoice relay; the accounting API explains two others."""
    return Service(
        name="invoice-relay",
        title="Invoice relay",
        url="https://relay.example",
        sample=sample,
        maintenance=tuple(maintenance),
        checks=(
            Check(
                name="website",
                title="Website",
                url="https://relay.example/",
                conditions=("[STATUS] == 200",),
            ),
            Check(name="accounting", title="Accounting API", url="https://accounting.example/v1"),
            Check(
                name="relay",
                title="Invoice hand-over",
                url="https://relay.example/health",
                depends_on=("accounting",),
            ),
            Check(
                name="reports",
                title="Month-end reports",
                url="https://relay.example/reports",
                depends_on=("accounting",),
            ),
            Check(name="cache", title="Cache", type="redis", url="redis://cache.example"),
            Check(name="nightly", title="Nightly export", type="push", interval=3600),
        ),
    )


def many_checks(count: int) -> Service:
    """A service with many checks, as a platform team would have."""
    return Service(
        name="platform",
        title="Platform",
        url="https://platform.example",
        checks=tuple(
            Check(
                name=f"tenant-{number:04d}",
                title=f"Tenant {number:04d}",
                url=f"https://tenant{number}.example",
            )
            for number in range(count)
        ),
    )


def good(check: Check, at: float, random: Random) -> Result:
    """A good answer within 40 to 400 ms."""
    seconds = min(0.4, 0.04 + random.expovariate(18))
    return Result(
        check.name,
        at,
        Status.PASS,
        Outcome.OK,
        f"200 OK in {seconds * 1000:.0f} ms.",
        seconds,
        parts=(Part("[STATUS] == 200", Status.PASS, "200"),),
        http_status=200,
        ip="192.0.2.10",
        certificate_expires_at=at + 43 * DAY if check.url.startswith("https") else None,
    )


def failing(check: Check, at: float, message: str, body: str = "") -> Result:
    """An answer that fails a condition."""
    return Result(
        check.name,
        at,
        Status.FAIL,
        Outcome.CONDITION,
        message,
        0.212,
        parts=(
            Part("[STATUS] == 200", Status.FAIL, "got 503"),
            Part("database", Status.PASS, "from the answer"),
            Part("queue", Status.FAIL, "1,204 messages wait"),
        ),
        http_status=503,
        ip="192.0.2.10",
        body=body or '{"status": "fail", "detail": "upstream accounting answers 503"}',
    )


def accounting_is_down(since: float) -> Tell:
    """From `since` on the accounting API fails, and with it what depends on it."""

    def tell(check: Check, at: float, random: Random) -> Result:
        if at >= since and check.name in ("accounting", "relay", "reports"):
            return failing(check, at, "Accounting API answers 503: [STATUS] == 200 (503)")
        return good(check, at, random)

    return tell


@dataclass
class Past:
    """What happened before the results: days of uptime, closed incidents, events."""

    days: int = 45
    events: Sequence[Event] = ()
    incidents: Sequence[Incident] = ()
    # check -> days ago -> seconds
    down: Mapping[str, Mapping[int, float]] = field(default_factory=dict[str, Mapping[int, float]])
    unknown_days: Sequence[int] = ()  # days ago that nobody watched for four hours


async def fill(
    url: str,
    service: Service,
    now: float,
    tell: Tell = good,
    *,
    past: Past | None = None,
    hours: float = 0.25,
    beat_at: float | None = None,
    flush_interval: float = 10.0,
    change: Callable[[dict[str, CheckState]], None] | None = None,
) -> None:
    """Write the last `hours` of results of every check, and the past before them.

    `change` may alter the states before they are written.
    """
    random = Random(7)
    past = past or Past()
    watch = Watch(service, UTC)
    for check in service.checks:
        watch.uptimes[check.name] = uptime_record(check, past, now - hours * 3600)
    async with CollectorStore(url, "local") as store:
        fence = await store.acquire()
        assert fence is not None
        events, ended = list(past.events), list(past.incidents)
        for at, check in _probes(service, now, hours):
            result = tell(check, at, random)
            news = watch.take(result)
            events += news.events
            ended += news.ended
            series = SeriesId("check", check.name)
            store.open_period.add(service.name, series, at, result.duration, result.outcome)
        if change:
            change(watch.states)
        beat = CollectorBeat(
            beat_at or now - 2,
            fence,
            now - 7200,
            "test",
            "test-host",
            1,
            "1.0.0",
            "local",
            flush_interval,
            checks=len(service.checks),
        )
        await store.flush(
            Batch(
                fence,
                now,
                store.open_period.take(),
                states={service.name: watch.states},
                uptimes={service.name: watch.uptimes},
                events={service.name: events},
                incidents={service.name: ended},
                beat=beat,
            )
        )


def _probes(service: Service, now: float, hours: float) -> list[tuple[float, Check]]:
    """Every probe of the last hours, in the order of time; the newest is a few seconds old."""
    probes: list[tuple[float, Check]] = []
    for number, check in enumerate(service.checks):
        first = now - 3 - number % 20
        count = max(1, int(hours * 3600 / check.interval))
        probes += [(first - back * check.interval, check) for back in range(count)]
    return sorted(probes, key=lambda pair: pair[0])


def uptime_record(check: Check, past: Past, until: float) -> UptimeRecord:
    today = datetime.fromtimestamp(until, UTC).date()
    down = past.down.get(check.name, {})
    days: dict[str, Share] = {}
    for back in range(1, past.days + 1):
        lost = 4 * 3600.0 if back in past.unknown_days else 0.0
        bad = down.get(back, 0.0)
        name = (today - timedelta(days=back)).isoformat()
        days[name] = Share(up=DAY - bad - lost, down=bad, unknown=lost)
    begun = (
        until - datetime.fromtimestamp(until, UTC).replace(hour=0, minute=0, second=0).timestamp()
    )
    days[today.isoformat()] = Share(up=max(0.0, begun))
    hours = {
        datetime.fromtimestamp(until - back * 3600, UTC).strftime("%Y-%m-%dT%H"): Share(up=3600.0)
        for back in range(1, 48)
    }
    return UptimeRecord(hours, days, until)
