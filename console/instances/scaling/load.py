"""Reads from the store what a recommendation and a plan rest on; no Streamlit, no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from console.cache.load import NAME as CACHE
from console.cache.load import decode as decode_cache
from console.cache.model import Quota
from console.instances.history import COUNT
from console.instances.load import NAME as INSTANCES
from console.instances.load import decode
from console.instances.model import Snapshot
from console.instances.scaling.forecast import history_of
from console.instances.scaling.measured import (
    APIS,
    IN_FLIGHT,
    ITEMS,
    MOST_DELAY,
    ROUTES,
    STEADY_SECONDS,
    WAITING,
    Change,
    Work,
    last_change,
    work,
)
from console.instances.scaling.rules import STABLE, Rules
from console.instances.scaling.scaler import Range
from console.instances.scaling.starts import Start, Starts, start_seconds
from console.instances.scaling.units import counted, mean_seconds, since_then
from console.month_end.demand import History
from console.month_end.snapshot import Snapshot as Ledger
from console.month_end.work import Bound, tightest
from console.month_end.workload import Platform
from console.store.cells import Cells
from console.store.documents import DocumentError
from console.store.read import Store
from console.store.series import SeriesId
from console.variables import Settings

LEDGER = "month_end"  # the document of the ledger that Month-end shows
STARTS, SCALED = "starts", "scaled"  # names of documents: of the collector, of the applier
HISTORY_SECONDS = 400 * 86_400.0  # as long as the store keeps hours
RECENT_SECONDS = 14 * 86_400.0  # that the time of an item is of, in a plan
MOST_ROUTES, MOST_APIS = 40, 10  # series read at once: two commands each

T = TypeVar("T")
_STARTS = TypeAdapter(Starts)
_CHANGE = TypeAdapter(Change)
_LEDGER = TypeAdapter(Ledger)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known now."""

    work: Work
    snapshot: Snapshot | None
    last: Change | None
    bound: Bound | None
    starts: tuple[Start, ...]
    recent: Mapping[SeriesId, Cells]
    took: float | None = None  # seconds from asking for instances until the last was heard of

    @property
    def start(self) -> float | None:
        """Seconds that an instance takes to start, by the slower of both measures."""
        told = [one for one in (start_seconds(self.starts), self.took) if one is not None]
        return max(told, default=None)


@dataclass(frozen=True, slots=True)
class Long:
    """What is known of past days."""

    history: History
    seconds: float | None  # that one unit took in the last days


def load(store: Store, service: str, now: float, stable: float = STABLE) -> Known:
    """What is known now. Raises StoreError."""
    document = store.found(service, INSTANCES)
    snapshot = None if document is None else decode(document)
    every = store.series(service)
    wanted = [*series_of(every), *_of(every, APIS)[:MOST_APIS]]
    wanted += [COUNT, IN_FLIGHT, WAITING]
    recent = store.cells_of(service, wanted, now - STEADY_SECONDS - 60, now)
    present = work(snapshot, recent, now, stable, heard_before=COUNT in every)
    ledger = _decoded(_LEDGER, store.found(service, LEDGER))
    if ledger and not ledger.problem and ledger.name and 0 <= now - ledger.at <= MOST_DELAY:
        present = replace(present, waiting=ledger.waiting)
    starts = _decoded(_STARTS, store.found(service, STARTS))
    applied = _decoded(_CHANGE, store.found(service, SCALED))
    seen = last_change(recent[COUNT], now)
    return Known(
        present,
        snapshot,
        max([one for one in (seen, applied) if one], key=lambda one: one.at, default=None),
        tightest(_quotas(store, service), present.calls, present.done_an_hour),
        starts.seen if starts else (),
        recent,
        applied.took if applied else None,
    )


def load_long(store: Store, service: str, zone: tzinfo, now: float) -> Long:
    """What is known of past days; costly, so ask for it seldom. Raises StoreError."""
    series = series_of(store.series(service))
    found = store.cells_of(service, [*series, COUNT], now - HISTORY_SECONDS, now)
    cells = [found[one] for one in series]
    hours = sorted({int(hour) // 3600 * 3600 for hour in found[COUNT].periods.tolist()})
    today = datetime.fromtimestamp(now, zone).date()
    latest = [since_then(one, now - RECENT_SECONDS) for one in cells]
    return Long(history_of(counted(cells), hours, zone, today), mean_seconds(latest)[0])


def rules_of(settings: Settings, known: Known | None, limits: Range | None = None) -> Rules:
    """How instances are counted: as set, with the start time and the quota that were measured."""
    least, most = settings.instances_min, settings.instances_max
    if limits is not None:
        least, most = max(least, limits.least), min(most, limits.most)
    platform = Platform(settings.instance_concurrency, least, most, target=settings.instance_target)
    if known is not None:
        platform = replace(platform, start=known.start or 0.0)
        if known.bound is not None:
            bound = known.bound
            platform = replace(
                platform, calls_a_minute=bound.calls_a_minute, calls_an_item=bound.calls_an_item
            )
    return Rules(platform)


def series_of(every: Sequence[SeriesId]) -> list[SeriesId]:
    """The series that count the units: items where there are any, else routes."""
    return [ITEMS] if ITEMS in every else _of(every, ROUTES)[:MOST_ROUTES]


def encode_starts(starts: Starts) -> bytes:
    """The document of the starts."""
    return _STARTS.dump_json(starts)


def decode_starts(document: bytes) -> Starts:
    """What `encode_starts` gave; empty where another version wrote it."""
    return _decoded(_STARTS, document) or Starts()


def encode_change(change: Change) -> bytes:
    """The document of the last change that was applied here."""
    return _CHANGE.dump_json(change)


def _of(every: Sequence[SeriesId], kind: str) -> list[SeriesId]:
    return [one for one in every if one.kind == kind and not one.phase]


def _quotas(store: Store, service: str) -> tuple[Quota, ...]:
    document = store.found(service, CACHE)
    if document is None:
        return ()
    try:
        return tuple(decode_cache(document).quotas)
    except DocumentError:
        return ()  # of another version: a quota that is not known bounds nothing


def _decoded(adapter: TypeAdapter[T], document: bytes | None) -> T | None:
    """None also for a document of another version: it is written anew soon."""
    try:
        return None if document is None else adapter.validate_json(document)
    except ValidationError:
        return None
