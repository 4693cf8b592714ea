"""The activity log and the events of the checks as one list of lines. Pure."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo

from console.activity.chain import Entry, unfinished
from console.activity.model import Event, Kind

LOST_AFTER = 900.0  # seconds after which an action that did not end will not end any more
NOT_KNOWN = "not known"
SAME = 60.0  # seconds between the two clocks that date an action and the event of it
# Events that tell of an action of a person, and the kind of action: the log tells it with its why.
OF_ACTIONS = {Kind.INCIDENT: "alert", Kind.SIGN_OFF: "sign_off"}
# What a person did, where the kind of action alone does not say it.
WORDS = {
    "abort": "abort batch",
    "alert": "acknowledge",
    "alert_test": "test alert channels:",
    "approval": "approve",
    "attest": "attest:",
    "log_pattern": "errors in the log:",
    "waive": "waive:",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, as the page and the exports show it."""

    at: float  # Unix seconds
    kind: str
    what: str
    who: str = ""
    service: str = ""
    before: str = ""
    after: str = ""
    why: str = ""
    outcome: str = ""
    evidence: str = ""
    sequence: int = 0  # in the log; 0 for an event


def lines(
    entries: Sequence[Entry], events: Iterable[Event], service: str, now: float
) -> list[Line]:
    """Everything, newest first, each once: the two entries of an action are one line, and what the
    timeline tells of it is left out."""
    open_ones = {entry.action: entry for entry in unfinished(entries)}
    found: list[Line] = []
    for entry in entries:
        if entry.step == "begun":
            if entry.action in open_ones:
                lost = now - entry.at > LOST_AFTER
                found.append(_line(entry, NOT_KNOWN if lost else "under way"))
            continue
        found.append(_line(entry, entry.outcome))
    actions = [entry for entry in entries if entry.kind in OF_ACTIONS.values()]
    found += [_of_event(event, service) for event in events if not _logged(event, actions)]
    return sorted(found, key=lambda line: -line.at)


def chosen(
    every: Sequence[Line], kinds: Sequence[str], who: str = "", service: str = "", text: str = ""
) -> list[Line]:
    """The lines that match; what is empty does not restrict."""
    words = text.casefold().split()
    return [
        line
        for line in every
        if (not kinds or line.kind in kinds)
        and (not who or line.who == who)
        and (not service or line.service in ("", service))
        and all(word in _searchable(line) for word in words)
    ]


def as_csv(found: Iterable[Line], zone: tzinfo) -> str:
    """A table for a spreadsheet, times in ISO 8601 with their zone and as Unix seconds (`at`).
    A cell that would be a formula there is quoted."""
    out = io.StringIO()
    names = list(Line.__slots__)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["time", *names])
    for line in found:
        writer.writerow([_time(line, zone), *(_cell(getattr(line, name)) for name in names)])
    return out.getvalue()


def as_json_lines(found: Iterable[Line], zone: tzinfo) -> str:
    """One JSON object a line, with the same times."""
    told = ({"time": _time(line, zone)} | asdict(line) for line in found)
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in told)


def _time(line: Line, zone: tzinfo) -> str:
    return datetime.fromtimestamp(line.at, zone).isoformat(timespec="milliseconds")


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def _searchable(line: Line) -> str:
    """Its words; not its time, in whose digits a number would be found by chance."""
    names = (name for name in Line.__slots__ if name != "at")
    return " ".join(str(getattr(line, name)) for name in names).casefold()


def _line(entry: Entry, outcome: str) -> Line:
    why = f"{entry.reason} ({entry.ticket})" if entry.ticket else entry.reason
    return Line(
        at=entry.at,
        kind=entry.kind,
        what=f"{WORDS.get(entry.kind, entry.kind.replace('_', ' '))} {entry.target}".strip(),
        who=entry.actor,
        service=entry.service,
        before=entry.before.replace("_", " "),
        after=entry.after.replace("_", " "),
        why=why,
        outcome=outcome,
        evidence=entry.evidence,
        sequence=entry.sequence,
    )


def _logged(event: Event, actions: Sequence[Entry]) -> bool:
    """Whether the log holds the action that this event tells of."""
    kind = OF_ACTIONS.get(event.kind)
    return bool(event.actor) and any(
        entry.kind == kind
        and abs(entry.at - event.at) < SAME
        and (entry.actor == event.actor or f" By {event.actor}. " in entry.evidence)
        for entry in actions
    )


def _of_event(event: Event, service: str) -> Line:
    return Line(
        at=event.at,
        kind=event.kind.value,
        what=event.title,
        who=event.actor,
        service=service,
        outcome=event.status,
        evidence=event.detail,
    )
