"""How numbers and times are said, the same everywhere. Pure: zone and now are arguments.

Figures are rounded so that they never flatter: an uptime is rounded down, and 100 % means exactly
all of it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from math import ceil, floor

NOTHING = "–"  # where there is no figure
JUST_NOW = 1.0  # seconds; younger is "just now"

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
_UNITS = ((DAY, "d", "day"), (HOUR, "h", "hour"), (MINUTE, "min", "minute"), (1.0, "s", "second"))


def duration(seconds: float) -> str:
    """Two units at most, no seconds beside minutes: `45 s`, `4 min`, `1 h 20 min`, `3 d 4 h`."""
    parts = _two_units(seconds)
    return " ".join(f"{count} {short}" for count, short, _ in parts) or "0 s"


def short_duration(seconds: float) -> str:
    """One unit, where there is little room: `80 min`, `30 h`, `3 d`."""
    for size, short, _ in _UNITS:
        if seconds >= 2 * size or size == 1:
            return f"{int(max(0.0, seconds) // size)} {short}"
    return "0 s"


def duration_in_words(seconds: float) -> str:
    """The same for people who do not read units: `4 minutes`, `1 hour and 20 minutes`."""
    if seconds < MINUTE:
        return "less than a minute"
    return " and ".join(counted(count, long) for count, _, long in _two_units(seconds))


def age(seconds: float | None) -> str:
    """How long ago: `just now`, `3 s ago`; `never` for `None`. Clocks that disagree by a little
    make an age negative; that is `just now` as well."""
    if seconds is None:
        return "never"
    return "just now" if seconds < JUST_NOW else f"{duration(seconds)} ago"


def response_time(seconds: float | None) -> str:
    """Three figures that matter: `4.2 ms`, `212 ms`, `1.24 s`."""
    if seconds is None:
        return NOTHING
    if seconds >= 1:
        return f"{seconds:.2f} s"
    milliseconds = seconds * 1000
    return f"{milliseconds:.0f} ms" if milliseconds >= 10 else f"{milliseconds:.1f} ms"


def uptime(share: float | None) -> str:
    """A share of time that was up, rounded down: `99.98 %`; `100 %` only for all of it."""
    if share is None:
        return NOTHING
    return "100 %" if share >= 1 else f"{floor(share * 10000 + 1e-9) / 100:.2f} %"


def error_share(share: float | None) -> str:
    """A share of something bad, rounded up: `0.42 %`; `0 %` only for none of it."""
    if share is None:
        return NOTHING
    return "0 %" if share <= 0 else f"{ceil(share * 10000 - 1e-9) / 100:.2f} %"


def percent(share: float, digits: int = 0) -> str:
    """`70 %`, of what is neither good nor bad: rounded as usual."""
    return f"{share * 100:.{digits}f} %"


def clock(at: float, now: float, zone: tzinfo) -> str:
    """A time of day, with the day where it is not today: `09:57`, `yesterday 09:57`,
    `21 Nov 09:57`, `21 Nov 2025 09:57`."""
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone).date()
    hour = then.strftime("%H:%M")
    if then.date() == today:
        return hour
    if then.date() == today - timedelta(days=1):
        return f"yesterday {hour}"
    if then.date() == today + timedelta(days=1):
        return f"tomorrow {hour}"
    year = "" if then.year == today.year else f" {then.year}"
    return f"{then.day} {then:%b}{year} {hour}"


def moment(at: float, zone: tzinfo) -> str:
    """An exact time: `2026-11-24 09:57:12`."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def day_name(day: str) -> str:
    """`Tue 24 Nov` for `2026-11-24`."""
    date = datetime.fromisoformat(day)
    return f"{date:%a} {date.day} {date:%b}"


def date(at: float, zone: tzinfo) -> str:
    """`24 Nov 2026`."""
    then = datetime.fromtimestamp(at, zone)
    return f"{then.day} {then:%b} {then.year}"


def zone_name(zone: tzinfo, at: float) -> str:
    """What the clock of that zone is called: `CET`, `JST`, `UTC`, or `UTC+04` where it has none."""
    name = datetime.fromtimestamp(at, zone).tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


def iso(at: float) -> str:
    """UTC to the second, as URLs carry it: `2026-11-24T03:57:12Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def counted(number: int, thing: str) -> str:
    """`1 check`, `6 checks`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def listed(names: Sequence[str], limit: int = 3) -> str:
    """`A`, `A and B`, `A, B and C`, `A, B, C and 4 more`."""
    shown = list(names[:limit])
    if len(names) > limit:
        shown.append(f"{len(names) - limit:,} more")
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def sentence(text: str) -> str:
    """The text with one full stop at its end."""
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def unbroken(text: str) -> str:
    """The same in one line: a number stays beside its unit."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _two_units(seconds: float) -> list[tuple[int, str, str]]:
    """The largest unit that fits and the one below it, without zeros."""
    rest = max(0, int(seconds))
    parts: list[tuple[int, str, str]] = []
    for size, short, long in _UNITS:
        count, rest = divmod(rest, int(size))
        if parts and (not count or size == 1):
            break
        if count:
            parts.append((count, short, long))
        if len(parts) == 2:
            break
    return parts
