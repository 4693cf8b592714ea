"""The daily summary for managers: plain text, once a day. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from console.alerts.book import by_cause
from console.alerts.message import Message, Tone, headline, text
from console.alerts.record import Record
from console.health.model import Status
from console.health.summary import Standing
from console.health.uptime import Share, UptimeRecord
from console.words import DAY, date, duration, listed, sentence, uptime

LATE_MOST = 6 * 3600.0  # seconds after its time that a summary is still worth sending
SENTENCE_LIMIT, NAMES = 300, 5
MARK = "digest"  # under which the store remembers the last day
PREFIX = "digest/"  # of the id of a summary, before its day


@dataclass(frozen=True, slots=True)
class Part:
    """What a summary says of one service."""

    label: str
    standing: Standing
    sentence: str
    records: tuple[Record, ...] = ()  # its alerts, those resolved lately included
    uptime_of: str = ""  # the check whose uptime is told: the first one
    uptimes: Mapping[str, UptimeRecord] | None = None
    closing: str = ""  # how its closing stands, one sentence or several lines
    closing_status: Status | None = None  # None: there is no closing


def due(now: float, zone: tzinfo, clock: str, last: str) -> str:
    """The local day whose summary is to be sent now; empty where none is.

    `clock` is `08:30`, `last` the day of the last one. A console that slept through the time sends
    it late, within LATE_MOST; where the clock was put forward over it, an hour later.
    """
    if not clock:
        return ""
    hour, minute = (int(part) for part in clock.split(":"))
    local = datetime.fromtimestamp(now, zone)
    planned = local.replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
    late = now - planned.timestamp()
    day = local.strftime("%Y-%m-%d")
    return day if 0 <= late <= LATE_MOST and last < day else ""


def digest(parts: Sequence[Part], day: str, now: float, zone: tzinfo, link: str = "") -> Message:
    """The summary of all services."""
    bad = [part for part in parts if _is_bad(part)]
    unknown = any(part.closing_status is Status.UNKNOWN for part in parts)
    if not bad:
        verdict = "all is well" if len(parts) == 1 else f"all {len(parts)} services are well"
        verdict += ", but a closing is not known" if unknown else ""
    elif len(parts) == 1:
        verdict = "look at it"
    else:
        verdict = f"look at {len(bad)} of {len(parts)} services"
    blocks = ["\n".join(_part(part, now, zone)) for part in parts]
    tone = Tone.WARNING if bad else Tone.SUCCESS
    title = f"Daily summary of {date(now, zone)}: {verdict}"
    return Message(
        f"digest/{day}", "digest", title, "\n\n".join(filter(None, [*blocks, link])), tone
    )


def _is_bad(part: Part) -> bool:
    late = part.closing_status in (Status.WARN, Status.FAIL)
    firing = any(one.alert.active for one in part.records)
    return late or firing or part.standing is not Standing.PASS


def _part(part: Part, now: float, zone: tzinfo) -> list[str]:
    lines = [f"{text(part.label, 80)}: {text(part.sentence, SENTENCE_LIMIT)}"]
    firing = [one for one in part.records if one.alert.active]
    if firing:
        names = listed([text(root.title, 80) for root, _ in by_cause(firing)], NAMES)
        lines.append(sentence(f"- {headline(firing)[:-1]}: {names}"))
    ended = [one for one in part.records if one.resolved_at and now - one.resolved_at < DAY]
    for how, lapsed in (("Resolved", False), ("No longer known", True)):
        names = [text(one.title, 80) for one in ended if one.lapsed is lapsed]
        if names:
            lines.append(sentence(f"- {how} in the last 24 h: {listed(names, NAMES)}"))
    if not firing and not ended:
        lines.append("- No alert fired in the last 24 h.")
    lines += [f"- {line}" for line in _uptime(part, now, zone)]
    lines += [f"- {line}" for line in part.closing.splitlines() if line.strip()]
    return lines


def _uptime(part: Part, now: float, zone: tzinfo) -> list[str]:
    """The first check's yesterday: a whole day, that nothing is added to any more."""
    record = (part.uptimes or {}).get(part.uptime_of)
    if record is None:
        return []
    yesterday = datetime.fromtimestamp(now, zone) - timedelta(days=1)
    share = record.days.get(yesterday.strftime("%Y-%m-%d"), Share())
    if not share.counted:
        return ["Uptime yesterday: not known."]
    down = f", down for {duration(share.down)}" if share.down >= 1 else ""
    left = f"; {duration(share.left_out)} do not count" if share.left_out >= 60 else ""
    return [f"Uptime yesterday: {uptime(share.uptime)}{down}{left}."]
