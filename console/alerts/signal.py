"""Signals: what alerts are made of. Every room tells how its things stand in this form. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from console.alerts.model import Thresholds
from console.health.model import Status

# What is judged anew from fresh readings must hold twice in a row, so that one odd reading is none.
READINGS = Thresholds(failures=2, successes=2)
FACTS = Thresholds(failures=1, successes=1)  # dates, and what has run the machine already


@dataclass(frozen=True, slots=True)
class Signal:
    """How one thing stands now. Times are Unix seconds; texts are plain and may quote outside text.

    `fail` and `warn` are bad, `pass` is good, `unknown` says nothing: it fires no alert, and one
    that lasts lets an alert lapse (`book.UNKNOWN_GRACE`) unless the signal `holds`. Signals with
    the same `group` have one cause and are told together.
    """

    key: str  # `source:name`; the same thing has the same key for ever
    title: str  # what it is, without a verdict
    status: Status
    summary: str  # one sentence
    page: str = "alerts"  # the page with the evidence, by its script's name
    group: str = ""  # the key of the cause; its own where this is empty
    since: float | None = None  # when it went bad, where that is known
    at: float = 0.0  # when it was observed; 0: now. The same observation counts once
    explained_by: str = ""  # the title of the alert that this one follows from: not told by itself
    thresholds: Thresholds = READINGS
    holds: bool = False  # an unknown leaves the alert as it is, however long it lasts


def of_items(
    source: str, items: Iterable[tuple[str, str, Status, str, str]], at: float = 0.0
) -> list[Signal]:
    """Signals from a room that only knows (key, title, status, summary, page) of each item.

    `source` keeps its keys apart from those of other rooms. `at` is when all of it was observed.
    """
    return [
        Signal(f"{source}:{key}", title, status, summary, page, at=at)
        for key, title, status, summary, page in items
    ]
