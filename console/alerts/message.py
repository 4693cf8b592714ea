"""Notices in words: one message for each cause, as plain text. Pure.

Names and reasons come from outside. They are masked, put on one line, and whatever a chat would
take for a mention is broken by an invisible character, so that a log line cannot call everybody.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

from console.alerts.book import by_cause
from console.alerts.record import Notice, Record, Telling
from console.health.model import Status
from console.masking import one_line
from console.words import MINUTE, clock, counted, duration, listed, sentence, zone_name

TITLE_LIMIT, SUMMARY_LIMIT = 120, 400  # characters
MOST_MESSAGES = 5  # of one kind at once; more become one message
MOST_LINES = 15  # alerts that one message names
_JOINER = "\u2060"  # WORD JOINER: no width
_MENTION = re.compile(r"@(?=\w)|<(?=[!@#])")
_MARKUP = re.compile(r"(?<!\w)[*_~`|](?=\S)|[*_~`|](?=[*_~`|])|\](?=\()")


class Tone(StrEnum):
    """How a channel that knows colours shows a message; apprise's own words."""

    FAILURE = "failure"
    WARNING = "warning"
    SUCCESS = "success"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Message:
    """One message to every channel."""

    id: str  # the same for the same change
    group: str  # messages of one group reach a channel in their order
    title: str
    body: str
    tone: Tone = Tone.INFO
    telling: Telling | None = None  # of alerts: what it tells, and of which
    keys: tuple[str, ...] = ()


_WORDS = {
    Telling.FIRED: "Failing",
    Telling.WORSE: "Worse",
    Telling.REMINDER: "Still failing",
    Telling.ACKNOWLEDGED: "Taken",
    Telling.REFIRED: "Failing again",
    Telling.RESOLVED: "Resolved",
    Telling.LAPSED: "No longer known",
    Telling.FLAPPING: "Unsteady",
    Telling.STEADY: "Steady again",
}


def messages(
    notices: Sequence[Notice],
    book: Sequence[Record],
    service: str,
    label: str,
    now: float,
    zone: tzinfo,
    link: str = "",
) -> list[Message]:
    """What to send. Notices of one kind and cause are one message; a storm of them is one, too.

    `book` has all records, for those that a cause explains. `link` leads to the Alerts page.
    """
    by_cause: dict[tuple[Telling, str], list[Notice]] = {}
    for notice in notices:
        by_cause.setdefault((notice.telling, notice.record.group), []).append(notice)
    found: list[Message] = []
    for telling in Telling:
        causes = [found for (kind, _), found in by_cause.items() if kind is telling]
        if len(causes) > MOST_MESSAGES:
            causes = [[one for cause in causes for one in cause]]
        for cause in causes:
            found.append(_message(telling, cause, book, service, label, now, zone, link))
    return found


def text(value: str, limit: int) -> str:
    """Text from outside as a message may carry it."""
    flat = _MENTION.sub(lambda match: match[0] + _JOINER, one_line(value, limit))
    return _MARKUP.sub(lambda match: match[0] + _JOINER, flat)


def _message(
    telling: Telling,
    notices: Sequence[Notice],
    book: Sequence[Record],
    service: str,
    label: str,
    now: float,
    zone: tzinfo,
    link: str,
) -> Message:
    first = notices[0].record
    keys = {one.record.key for one in notices}
    lines: list[str] = []
    for notice in notices[:MOST_LINES]:
        lines += _lines(telling, notice.record, len(notices) > 1, now, zone)
    if len(notices) > MOST_LINES:
        lines.append(f"and {len(notices) - MOST_LINES:,} more")
    if telling in (Telling.FIRED, Telling.REMINDER):
        explained = [
            text(one.title, TITLE_LIMIT)
            for one in book
            if one.explained_by and one.group == first.group and one.key not in keys
            and one.alert.active
        ]  # fmt: skip
        if explained and len({one.record.group for one in notices}) == 1:
            lines.append(f"Because of it: {listed(explained, 5)}.")
    if link:
        lines.append(link)
    name = text(first.title, TITLE_LIMIT)
    if len(notices) > 1:
        name = f"{name} and {len(notices) - 1:,} more"
    title = f"[{_word(telling, first)}] {name} · {text(label, TITLE_LIMIT)}"
    group = f"{service}/{first.group}"
    return Message(
        f"{service}/{telling.value}/{first.key}/{int(now * 1000)}",
        group,
        title,
        "\n".join(lines),
        _tone(telling, notices),
        telling,
        tuple(one.record.key for one in notices),
    )


def _lines(telling: Telling, record: Record, several: bool, now: float, zone: tzinfo) -> list[str]:
    head = f"{text(record.title, TITLE_LIMIT)}: " if several else ""
    summary = sentence(text(record.summary, SUMMARY_LIMIT))
    since = record.fired_at or now
    at = f"{clock(since, now, zone)} {zone_name(zone, since)}"
    lasted = duration(now - since)
    taken = record.alert.acknowledgement
    match telling:
        case Telling.RESOLVED:
            ending = sentence(text(record.ending, SUMMARY_LIMIT))
            return [f"{head}{ending}", f"It began at {at} and lasted {lasted}."]
        case Telling.ACKNOWLEDGED if taken is not None:
            until = "" if taken.until is None else f", until {clock(taken.until, now, zone)}"
            why = sentence(text(taken.why, SUMMARY_LIMIT))
            return [f"{head}{text(taken.by, TITLE_LIMIT)} took it{until}: {why}", summary]
        case Telling.REFIRED:
            return [f"{head}Nobody has it any more, and it still fails. {summary}"]
        case Telling.FLAPPING:
            return [
                f"{head}It changes again and again; nothing more is told until it is steady. "
                f"{summary}"
            ]
        case Telling.LAPSED:
            ending = sentence(text(record.ending, SUMMARY_LIMIT))
            return [f"{head}{ending}", f"It fired since {at}: {summary}"]
        case Telling.STEADY if record.lapsed and not record.alert.active:
            return [head + sentence(text(record.ending, SUMMARY_LIMIT))]
        case Telling.STEADY if not record.alert.active:
            return [f"{head}It has been well for a while now."]
        case _:
            long = f" ({lasted})" if now - since >= MINUTE else ""
            return [f"{head}{summary}", f"Since {at}{long}."]


def _word(telling: Telling, record: Record) -> str:
    warns = record.status is Status.WARN
    if telling is Telling.STEADY:
        if record.lapsed and not record.alert.active:
            return _WORDS[Telling.LAPSED]
        return "Steady: failing" if record.alert.active else "Steady: well"
    if warns and telling is Telling.FIRED:
        return "Warning"
    if warns and telling is Telling.REMINDER:
        return "Still a warning"
    return _WORDS[telling]


def _tone(telling: Telling, notices: Sequence[Notice]) -> Tone:
    if telling is Telling.RESOLVED:
        return Tone.SUCCESS
    if telling in (Telling.ACKNOWLEDGED, Telling.LAPSED):
        return Tone.INFO
    if telling is Telling.STEADY and any(one.record.lapsed for one in notices):
        return Tone.INFO
    if telling is Telling.STEADY and not notices[0].record.alert.active:
        return Tone.SUCCESS
    warns = all(one.record.status is Status.WARN for one in notices)
    return Tone.WARNING if warns or telling is Telling.FLAPPING else Tone.FAILURE


def headline(records: Sequence[Record]) -> str:
    """How many alerts fire and from how many causes, and whether somebody has those:
    `4 alerts fire from 2 causes, 1 of them taken.`"""
    firing = [one for one in records if one.alert.active]
    causes = [root for root, _ in by_cause(firing)]
    taken = sum(one.alert.acknowledgement is not None for one in causes)
    if not firing:
        return "No alert fires."
    verb = "fires" if len(firing) == 1 else "fire"
    said = f"{counted(len(firing), 'alert')} {verb}"
    if len(causes) < len(firing):
        said += f" from {counted(len(causes), 'cause')}"
    if not taken:
        return f"{said}, and nobody has taken {'it' if len(causes) == 1 else 'any'} yet."
    if taken == len(causes):
        people = [one.alert.acknowledgement.by for one in causes if one.alert.acknowledgement]
        names = [text(name, 80) for name in dict.fromkeys(people)]
        return f"{said}, taken by {listed(names)}."
    return f"{said}, {taken} of them taken."
