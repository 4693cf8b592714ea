"""What the one timeline tells of alerts. Pure."""

from collections.abc import Iterable, Mapping

from console.activity.model import Event, Kind
from console.alerts.book import Evaluation
from console.alerts.deployments import DEPLOYMENT
from console.alerts.model import Acknowledgement
from console.alerts.record import Record
from console.alerts.sources import CHECK
from console.health.model import Status
from console.words import duration, sentence

TOLD = (CHECK, DEPLOYMENT)  # what the keys begin with of which other events tell


def events_of(found: Evaluation, now: float) -> list[Event]:
    """What began and what ended. Of checks and deployments the timeline tells it already."""
    events: list[Event] = []
    for record in found.fired:
        if not record.key.startswith(TOLD):
            word = "Warning" if record.status is Status.WARN else "Failing"
            title, detail = sentence(f"{word}: {record.title}"), sentence(record.summary)
            status, id = record.status.value, f"{_id(record, now)}-opened"
            event = Event(id, now, Kind.INCIDENT, title, record.title, status, detail=detail)
            events.append(event)
    for record in found.resolved:
        if not record.key.startswith(TOLD):
            lasted = duration(now - (record.fired_at or now))
            detail = f"{sentence(record.ending)} It lasted {lasted}."
            id = f"{_id(record, now)}-closed"
            how, status = ("No longer known", "unknown") if record.lapsed else ("Resolved", "pass")
            title = sentence(f"{how}: {record.title}")
            event = Event(id, now, Kind.INCIDENT, title, record.title, status, detail=detail)
            events.append(event)
    return events


def taken_events(
    before: Mapping[str, Record], after: Mapping[str, Record], keys: Iterable[str]
) -> list[Event]:
    """Who took which alerts, one event for what somebody took at once."""
    by_word: dict[Acknowledgement, list[Record]] = {}
    for key in keys:
        record = after.get(key)
        taken = record.alert.acknowledgement if record else None
        if record is not None and taken is not None and record != before.get(key):
            by_word.setdefault(taken, []).append(record)
    events: list[Event] = []
    for taken, records in by_word.items():
        first, others = records[0], len(records) - 1
        more = f" and {others} more" if others else ""
        events.append(
            Event(
                f"{_id(first, taken.at)}-taken-{int(taken.at * 1000)}",
                taken.at,
                Kind.INCIDENT,
                f"{taken.by} acknowledged {first.title}{more}.",
                first.title,
                "",
                taken.by,
                taken.why,
            )
        )
    return events


def _id(record: Record, now: float) -> str:
    return f"alert-{record.key}-{int(record.fired_at or now)}"
