"""This closing against the last ones. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from console.month_end.model import closing_of
from console.month_end.rules import Rules
from console.month_end.snapshot import Snapshot

MOST_ROWS = 7  # this closing and the six before it


@dataclass(frozen=True, slots=True)
class Seen:
    """What the console saw in the window of a closing, beside its ledger. None: not seen."""

    p95: float | None = None  # seconds of one item
    failed: float | None = None  # share of the tries
    refused: int | None = None  # calls that an API turned away or broke off
    most: int | None = None  # instances
    incidents: int | None = None
    runs: int | None = None  # that people started by hand


@dataclass(frozen=True, slots=True)
class Row:
    """One closing. Shares are of all its items."""

    name: str
    day: str  # on which it was held, ISO; empty where its name is no day
    items: int
    done: int
    in_time: float | None  # share done by the deadline; None: it has none, or is not over
    late: int | None
    failed: int
    busiest: int  # items of the busiest hour
    finished: float | None  # Unix seconds of the last item done
    left: float | None  # seconds from then to the deadline; below zero: after it
    seen: Seen


def compare(
    ledgers: Sequence[Snapshot], seen: Mapping[str, Seen], rules: Rules, zone: tzinfo
) -> tuple[Row, ...]:
    """A row each, in the order given."""
    return tuple(_row(one, seen.get(one.name, Seen()), rules, zone) for one in ledgers[:MOST_ROWS])


def _row(one: Snapshot, seen: Seen, rules: Rules, zone: tzinfo) -> Row:
    held = closing_of(one.name, rules, zone)
    deadline = None if held is None else held[0].deadline
    over = deadline is not None and one.at >= deadline
    in_time = None
    if over and one.total:
        in_time = (one.done - (one.late or 0)) / one.total
    left = None
    if deadline is not None and one.last_done is not None and over:
        left = deadline - one.last_done
    return Row(
        one.name,
        "" if held is None else held[0].day.isoformat(),
        one.total,
        one.done,
        in_time,
        one.late if over else None,
        one.failed,
        max(one.hours, default=0),
        one.last_done,
        left,
        seen,
    )
