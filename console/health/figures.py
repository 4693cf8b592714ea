"""The key figures of a service. Pure; each knows what it is of and how much it rests on.

Response time, errors and uptime are those of the *main check*: the first one configured. An
average over checks of different things would be a number of nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import floor, nan

from console.health.check import Check, Maintenance, Service
from console.health.model import CheckState
from console.health.summary import WORST_FIRST, Presented, Standing, planned_work
from console.health.uptime import (
    Share,
    UptimeRecord,
    days_back,
    since_days,
    since_hours,
    this_month,
)
from console.response_times.model import Percentile, percentiles
from console.response_times.outcomes import OutcomeCounts, outcome_bars, outcome_counts
from console.store.cells import Cells
from console.words import DAY, HOUR, duration, uptime

ERROR_BARS = 30  # of two minutes each
UPTIME_DAYS = 30
COVERED = 0.95  # share of a window that has to count before its uptime may stand alone
PLANNED_AHEAD = 14 * DAY  # seconds that planned work is announced before it begins
CERTIFICATE_WARN_DAYS = 14  # Uptime Kuma tells at 21, 14 and 7 days; Let's Encrypt renews at 30
CERTIFICATE_FAIL_DAYS = 3  # a long weekend


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate that expires first, and the check that saw it."""

    check: Check
    expires_at: float

    def days_left(self, now: float) -> int:
        """Whole days; negative once it has expired."""
        return int((self.expires_at - now) // DAY)

    def standing(self, now: float) -> Standing:
        """Whether it is time to renew it."""
        return certificate_standing(self.expires_at, now)


@dataclass(frozen=True, slots=True)
class Span:
    """The account of one stretch of time that ends now."""

    share: Share
    length: float  # seconds of the stretch

    @property
    def partial(self) -> bool:
        """Whether so little of it counts that an uptime must say how much."""
        return self.share.counted < COVERED * self.length


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """What the Overview shows at a glance."""

    main: Check
    passing: int
    unknown: int
    checks: int
    p95: Percentile  # of the last hour
    recent: tuple[float | None, ...]  # milliseconds of the exact last results, oldest first
    outcomes: OutcomeCounts  # of the last hour
    bad_bars: tuple[float, ...]  # bad results over that hour; not a number where nobody looked
    uptime: Span  # of the last 30 days
    uptime_by_day: tuple[float, ...]  # percent, of those days that count
    certificate: Certificate | None
    incidents: tuple[Presented, ...]  # checks with an open incident, the oldest first
    worst: Standing  # of all checks
    planned: tuple[Maintenance, ...]  # under way or coming soon, the next first


def main_check(service: Service) -> Check:
    """The check whose figures stand for the service."""
    return service.checks[0]


def key_figures(
    service: Service,
    shown: Sequence[Presented],
    records: Mapping[str, UptimeRecord],
    hour: Cells,
    now: float,
    zone: tzinfo,
) -> KeyFigures:
    """The figures at `now`. `hour` has the cells of the main check for the last hour."""
    main = main_check(service)
    state = next((one.state for one in shown if one.check is main), CheckState(main.name))
    record = records.get(main.name, UptimeRecord())
    return KeyFigures(
        main=main,
        passing=sum(1 for one in shown if one.standing is Standing.PASS),
        unknown=sum(1 for one in shown if one.standing is Standing.UNKNOWN),
        checks=len(shown),
        p95=percentiles(hour, (0.95,))[0],
        recent=tuple(sample.milliseconds for sample in state.recent),
        outcomes=outcome_counts(hour),
        bad_bars=_bad_bars(hour, now, main.interval),
        uptime=uptimes(record, now, zone).days30,
        uptime_by_day=tuple(
            percent
            for day in days_back(now, UPTIME_DAYS, zone)
            if (percent := percent_up(record.days.get(day, Share()))) is not None
        ),
        certificate=first_to_expire(shown),
        incidents=tuple(
            sorted((one for one in shown if one.state.incident), key=lambda one: one.since or now)
        ),
        worst=min((one.standing for one in shown), key=WORST_FIRST.__getitem__),
        planned=planned_work(service, now, PLANNED_AHEAD),
    )


def _bad_bars(hour: Cells, now: float, interval: float) -> tuple[float, ...]:
    """Bad results in each step. A step without a result was not watched, unless one came within
    the check's interval of it."""
    bars = outcome_bars(hour, now - HOUR, now, ERROR_BARS)
    near = int(interval // bars.step)
    watched = [bool(bars.results[max(0, at - near) : at + near + 1].any())
               for at in range(len(bars.at))]  # fmt: skip
    bad = [sum(int(counts[at]) for counts in bars.not_ok.values()) for at in range(len(bars.at))]
    return tuple(
        float(number) if known else nan for number, known in zip(bad, watched, strict=True)
    )


def first_to_expire(shown: Sequence[Presented]) -> Certificate | None:
    """The certificate that expires first, if any check has seen one."""
    seen = [
        Certificate(one.check, one.state.certificate_expires_at)
        for one in shown
        if one.state.certificate_expires_at is not None
    ]
    return min(seen, key=lambda certificate: certificate.expires_at, default=None)


def certificate_standing(expires_at: float, now: float) -> Standing:
    """Whether it is time to renew a certificate."""
    days = (expires_at - now) / DAY
    if days <= CERTIFICATE_FAIL_DAYS:
        return Standing.FAIL
    return Standing.WARN if days <= CERTIFICATE_WARN_DAYS else Standing.PASS


def leading(service: Service, shown: Sequence[Presented]) -> Presented | None:
    """How the main check stands, if the service has one."""
    name = main_check(service).name if service.checks else ""
    return next((one for one in shown if one.check.name == name), None)


@dataclass(frozen=True, slots=True)
class Uptimes:
    """The account of one check over the windows that people ask for."""

    day: Span  # the last 24 hours, whole hours
    week: Span  # today and the 6 days before
    days30: Span
    month: Span  # since the first of this month


def uptimes(record: UptimeRecord, now: float, zone: tzinfo) -> Uptimes:
    """The windows that end at `now`."""
    today = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def since_day(days: int) -> float:
        return now - (today - timedelta(days=days)).timestamp()

    return Uptimes(
        Span(since_hours(record, now, 24), 23 * HOUR + now % HOUR),
        Span(since_days(record, now, 7, zone), since_day(6)),
        Span(since_days(record, now, UPTIME_DAYS, zone), since_day(UPTIME_DAYS - 1)),
        Span(this_month(record, now, zone), since_day(today.day - 1)),
    )


def percent_up(share: Share) -> float | None:
    """Uptime in percent, rounded down to two digits: 99.999 % is not 100 %."""
    return None if share.uptime is None else floor(share.uptime * 10_000 + 1e-9) / 100


@dataclass(frozen=True, slots=True)
class DayCell:
    """One day of one check."""

    day: str  # "2026-11-24"
    standing: Standing
    told: str  # the exact account in words


def day_cells(
    record: UptimeRecord, objective: float, now: float, days: int, zone: tzinfo
) -> list[DayCell]:
    """The last `days` days, oldest first, ending with today."""
    return [
        DayCell(day, day_standing(share, objective), account_in_words(share))
        for day in days_back(now, days, zone)
        for share in (record.days.get(day, Share()),)
    ]


def day_standing(share: Share, objective: float) -> Standing:
    """What the mark of a day shows: `warn` for down, but no longer than its objective allows a day.

    A day is judged by time and not by share, which a minute early in the morning would ruin.
    """
    if share.uptime is None:
        planned = share.maintenance + share.sleeping
        return Standing.MAINTENANCE if planned > share.unknown else Standing.UNKNOWN
    if not share.down:
        return Standing.PASS
    return Standing.FAIL if share.down > (1 - objective) * DAY else Standing.WARN


def account_in_words(share: Share) -> str:
    """`99.51 % up · down 7 min · unknown 4 h`."""
    parts = [f"{uptime(share.uptime)} up" if share.counted else "nothing to count"]
    named = (
        ("down", share.down),
        ("unknown", share.unknown),
        ("maintenance", share.maintenance),
        ("asleep", share.sleeping),
    )
    parts += [f"{name} {duration(seconds)}" for name, seconds in named if seconds >= 1]
    return " · ".join(parts)
