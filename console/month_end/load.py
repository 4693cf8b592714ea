"""Reads from the store what Month-end tells: the page, its files and the digest use the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from console.activity.chain import Entry
from console.errors import ConfigError
from console.instances import load as instances
from console.instances.model import SNAPSHOT_OLD
from console.instances.scaling.load import Known
from console.instances.scaling.load import load as load_scaling
from console.instances.scaling.load import rules_of as scaling_rules
from console.instances.scaling.measured import STEADY_SECONDS, calls_of, done_an_hour
from console.instances.scaling.scaler import Range
from console.instances.scaling.units import mean_seconds, since_then
from console.instances.verdict import summarise
from console.month_end.board import Board, Found, board
from console.month_end.comparison import MOST_ROWS, Seen
from console.month_end.history import ARRIVED, arrivals, by_hour, done_days
from console.month_end.model import closing_of
from console.month_end.needs import Demand, demand
from console.month_end.snapshot import Outside, Snapshot
from console.month_end.watched import ENTRIES, deployed_in_freeze, seen_of, with_now
from console.month_end.work import API, ITEM, Work, work_of
from console.store.documents import DocumentError
from console.store.read import Store
from console.variables import Settings

T = TypeVar("T")
NAME = "month_end"  # of the documents that the collector writes
PAST, OUTSIDE = "month_end_past", "month_end_outside"
DAY = 86_400.0
WORK_WINDOW = DAY  # that durations, failures and calls are of
ARRIVALS_WINDOW = 400 * DAY  # as long as the store keeps hours
_SNAPSHOT = TypeAdapter(Snapshot)
_PAST = TypeAdapter(tuple[Snapshot, ...])
_OUTSIDE = TypeAdapter(Outside)


class Log(Protocol):
    """The activity log."""

    def newest(self, count: int, before: int | None = None) -> list[Entry]:
        """The newest entries. Raises StoreError."""
        ...


def load(store: Store, service: str) -> Snapshot | None:
    """The last snapshot; None before the first. Raises StoreError and DocumentError."""
    return _document(store, service, NAME, _SNAPSHOT)


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """What changes slowly and is costly to read or to reckon: kept for minutes."""

    past: tuple[Snapshot, ...]
    arrived: Mapping[int, tuple[int, int]]
    work: Work
    demand: Demand | None
    seen: Mapping[str, Seen]


def load_background(
    store: Store, log: Log | None, settings: Settings, service: str, now: float
) -> Background:
    """Past closings, what arrived, how long an item takes. Raises StoreError, DocumentError."""
    rules, zone = settings.closing, settings.zone
    snapshot = load(store, service)
    past_ones = _document(store, service, PAST, _PAST) or ()
    arrived = by_hour(store.cells(service, ARRIVED, now - ARRIVALS_WINDOW, now))
    today = datetime.fromtimestamp(now, zone).date()
    history = arrivals(arrived, zone, today)
    if not len(history.days):
        history = done_days([*past_ones, *([snapshot] if snapshot else [])], zone, today)
    try:
        ahead = demand(history, rules, today)
    except ConfigError:  # a calendar without business days: the verdict says so
        ahead = None
    names = [one.name for one in reversed(past_ones)]
    if snapshot and snapshot.name:
        names.insert(0, snapshot.name)
    held = {n: found[0] for n in names[:MOST_ROWS] if (found := closing_of(n, rules, zone))}
    entries = _entries(log, service)
    seen = {n: seen_of(store, service, one, entries, now, zone) for n, one in held.items()}
    return Background(past_ones, arrived, _work(store, service, now), ahead, seen)


def load_board(
    store: Store,
    log: Log | None,
    settings: Settings,
    service: str,
    now: float,
    background: Background | None = None,
    limits: Range | None = None,
    *,
    lean: bool = False,
) -> Board:
    """Everything that is told of the newest closing. Arrivals, instances and their bounds are those
    of the Scaling view; `limits` is what the platform can run. `lean` spares a dozen commands, for
    whoever needs the verdict only: then arrivals are not known. Raises StoreError, DocumentError.
    """
    rules, zone = settings.closing, settings.zone
    snapshot = load(store, service)
    if snapshot is None or snapshot.problem or not snapshot.name:
        return board(Found(snapshot), rules, now, zone)
    known = background or load_background(store, log, settings, service, now)
    held = closing_of(snapshot.name, rules, zone)
    scaling, states = None if lean else load_scaling(store, service, now), store.states(service)
    running = scaling.work.running if scaling else _running(store, service, now)
    found = Found(
        snapshot,
        known.past,
        _document(store, service, OUTSIDE, _OUTSIDE),
        known.arrived,
        _as_scaling(known.work, scaling),
        known.demand,
        running,
        states,
        deployed_in_freeze(store, service, held[0], now) if held else None,
        with_now(known.seen, snapshot.name, states, running),
        _entries(log, service),
        scaling.work.rate if scaling and scaling.work.unit == "item" else None,
        scaling_rules(settings, scaling, limits).platform,
    )
    return board(found, rules, now, zone)


def _document(store: Store, service: str, name: str, adapter: TypeAdapter[T]) -> T | None:
    document = store.found(service, name)
    if document is None:
        return None
    try:
        return adapter.validate_json(document)
    except ValidationError:
        raise DocumentError(
            "What was found of the closing cannot be read; another version wrote it."
        ) from None


def _entries(log: Log | None, service: str) -> tuple[Entry, ...]:
    if log is None:
        return ()
    return tuple(one for one in log.newest(ENTRIES) if one.service == service)


def _work(store: Store, service: str, now: float) -> Work:
    series = [ITEM, *(one for one in store.series(service) if one.kind == API)]
    cells = store.cells_of(service, series, now - WORK_WINDOW, now)
    found, items = work_of(cells), [cells[ITEM]]
    lately = [since_then(cells[ITEM], now - STEADY_SECONDS)]
    return replace(
        found,
        seconds=mean_seconds(lately)[0] or mean_seconds(items)[0],
        calls=calls_of(cells, items, now) or found.calls,
        done_an_hour=done_an_hour(items, now),
    )


def _as_scaling(work: Work, scaling: Known | None) -> Work:
    """The work with the figures of the Scaling view, which are newer than those kept."""
    if scaling is None or scaling.work.unit != "item":
        return work
    now = scaling.work
    return replace(
        work,
        seconds=now.seconds or work.seconds,
        calls=now.calls or work.calls,
        done_an_hour=now.done_an_hour,
    )


def _running(store: Store, service: str, now: float) -> int | None:
    document = store.found(service, instances.NAME)
    if document is None:
        return None
    found = instances.decode(document)
    if found.problem or now - found.at > SNAPSHOT_OLD or not found.heard:
        return None
    return summarise(found, now).alive
