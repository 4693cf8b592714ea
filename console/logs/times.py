"""The times that log lines begin with or carry, in the forms that are in use. Pure.

A time without a zone is taken in the zone the reader names, one without a year in the year that
puts it nearest before now; both are said.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from console.logs.model import Flaw

FUTURE = 300.0  # seconds; clocks of machines without NTP are seldom further off
EARLIEST = 946_684_800.0  # 2000-01-01: an earlier number is no time
SCALES = (1.0, 1e3, 1e6, 1e9)  # of Unix times in seconds, milli-, micro- and nanoseconds
_MONTHS = {
    name: number
    for number, name in enumerate(
        "jan feb mar apr may jun jul aug sep oct nov dec".split(), 1  # noqa: SIM905  # legible
    )
}  # fmt: skip

_CLOCK = r"(?P<hour>\d\d)[:.](?P<minute>\d\d)[:.](?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?"
_ZONE = r"(?:\s?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d))?(?![\w:])"
_FORMS = (
    # 2026-11-24T03:57:12.123Z, 2026/11/24 03:57:12, 2005-06-03-15.42.50.675872
    rf"(?P<year>\d{{4}})[-/.](?P<month>\d\d)[-/.](?P<day>\d\d)[T _-]{_CLOCK}{_ZONE}",
    # 10/Oct/2026:13:55:36 -0700, 24-Nov-2026 03:57:12, 24 Nov 2026 03:57:12
    rf"(?P<day>\d{{1,2}})[/ -](?P<name>[A-Za-z]{{3}})[/ -](?P<year>\d{{4}})[: ]{_CLOCK}{_ZONE}",
    # Tue Nov 24 03:57:12 2026
    rf"(?:[A-Z][a-z]{{2}} +)(?P<name>[A-Z][a-z]{{2}}) +(?P<day>\d{{1,2}}) +{_CLOCK}"
    r"(?: (?P<zone>UTC|GMT))? (?P<year>\d{4})\b",
    # Nov 24 03:57:12
    rf"(?P<name>[A-Z][a-z]{{2}}) +(?P<day>\d{{1,2}}) +{_CLOCK}(?!\w)",
    # 17/06/09 20:10:40
    rf"(?P<short>\d\d)/(?P<month>\d\d)/(?P<day>\d\d) {_CLOCK}(?!\w)",
    # 03-17 16:13:38.811, 1124 03:57:12.123456
    rf"(?P<month>\d\d)-?(?P<day>\d\d) {_CLOCK}(?!\w)",
)
_COMPILED = tuple(re.compile(form) for form in _FORMS)
_NUMBER = re.compile(r"\d{9,19}(?:\.\d{1,9})?(?![\w.])")


@dataclass(frozen=True, slots=True)
class Clock:
    """What a reader of logs knows: the time now, and the zone of times that name none."""

    now: float  # Unix seconds
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that was read. `end` is where it ends in the text."""

    at: float  # Unix seconds
    end: int = 0
    flaws: frozenset[Flaw] = frozenset()


def leading(text: str, clock: Clock, start: int = 0) -> Moment | None:
    """The time that stands at `start`, or None."""
    for form in _COMPILED:
        if match := form.match(text, start):
            return _moment(match, clock)
    return None


def of_value(value: object, clock: Clock) -> Moment | None:
    """The time of a field: text in any form, or Unix seconds, milli-, micro- or nanoseconds."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _of_number(float(value), clock)
    text = str(value).strip()
    if _NUMBER.fullmatch(text):
        return _of_number(float(text), clock)
    return leading(text, clock)


def _of_number(number: float, clock: Clock) -> Moment | None:
    for scale in SCALES:
        seconds = number / scale
        if EARLIEST <= seconds < EARLIEST * 5:  # up to 2119: the scales do not overlap
            return _judged(seconds, 0, set(), clock)
    return None


def _moment(match: re.Match[str], clock: Clock) -> Moment | None:
    told = match.groupdict()
    flaws: set[Flaw] = set()
    zone = _zone(told.get("zone"))
    if zone is None:
        flaws.add(Flaw.NO_ZONE)
        zone = clock.zone
    month = _MONTHS.get(told["name"].lower()) if told.get("name") else int(told["month"])
    if month is None:
        return None
    year = _year(told)
    try:
        at = _at(year or 2000, month, told, zone)
        if year is None:
            flaws.add(Flaw.NO_YEAR)
            at = _nearest(month, told, zone, clock)
    except (ValueError, OverflowError):  # 31 February, 24:61
        return Moment(0.0, match.end(), frozenset((Flaw.BAD_TIME,)))
    return _judged(at, match.end(), flaws, clock)


def _judged(at: float, end: int, flaws: set[Flaw], clock: Clock) -> Moment:
    if at > clock.now + FUTURE:
        flaws.add(Flaw.FUTURE)
    return Moment(at, end, frozenset(flaws))


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text in ("Z", "UTC", "GMT"):
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    if minutes >= 24 * 60:
        return None
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _year(told: dict[str, str | None]) -> int | None:
    if year := told.get("year"):
        return int(year)
    return 2000 + int(short) if (short := told.get("short")) else None


def _at(year: int, month: int, told: dict[str, str | None], zone: tzinfo) -> float:
    fraction = (told["fraction"] or "0").ljust(9, "0")
    second = int(told["second"] or 0)
    whole = datetime(
        year, month, int(told["day"] or 0), int(told["hour"] or 0), int(told["minute"] or 0),
        min(second, 59), tzinfo=zone,
    )  # fmt: skip
    if second > 60:  # 60 is a leap second
        raise ValueError(second)
    return whole.timestamp() + int(fraction) / 1e9


def _nearest(month: int, told: dict[str, str | None], zone: tzinfo, clock: Clock) -> float:
    """The time in the year that puts it at or before now."""
    year = datetime.fromtimestamp(clock.now, zone).year
    found = _at(year, month, told, zone)
    return found if found <= clock.now + FUTURE else _at(year - 1, month, told, zone)
