"""What the one timeline tells of alerts. Pure."""

from console.activity.model import Event, Kind
from console.alerts.book import Evaluation
from console.alerts.sources import CHECK


def events_of(found: Evaluation, now: float) -> list[Event]:
    """What began and what ended. Of checks the timeline has the incidents already."""
    events: list[Event] = []
    for record in found.fired:
        if not record.key.startswith(CHECK):
            title = f"{record.title}: {record.summary}"
            id = f"alert-{record.key}-{int(record.fired_at or now)}-opened"
            status = record.status.value
            events.append(Event(id, now, Kind.INCIDENT, title, record.title, status))
    for record in found.resolved:
        if not record.key.startswith(CHECK):
            title = f"{record.title} is well again."
            id = f"alert-{record.key}-{int(record.fired_at or now)}-closed"
            events.append(Event(id, now, Kind.INCIDENT, title, record.title, "pass"))
    return events
