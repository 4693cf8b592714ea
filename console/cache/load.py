"""Reads from the store what the Cache page shows."""

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from console.cache.commands import KIND, WindowCommand, of_window
from console.cache.counting import EVERY, LOOKUPS, REMOVED, Share, share_of
from console.cache.model import Snapshot
from console.cache.upstash.model import Usage
from console.store.cells import Cells
from console.store.documents import DocumentError
from console.store.read import Store
from console.store.series import SeriesId

NAME, USAGE = "cache", "upstash"  # of the documents that the collector writes
_ADAPTER = TypeAdapter(Snapshot)
_USAGE = TypeAdapter(Usage)


@dataclass(frozen=True, slots=True)
class Found:
    """The last snapshot, the history of a window, and the usage of an Upstash plan."""

    snapshot: Snapshot | None
    cells: dict[SeriesId, Cells]
    usage: Usage | None = None

    @property
    def lookups(self) -> Share:
        """Hits and misses of the window."""
        return share_of(self.cells[LOOKUPS])

    @property
    def removed(self) -> Share:
        """Expired and evicted keys of the window."""
        return share_of(self.cells[REMOVED])


def load(store: Store, service: str, since: float, until: float) -> Found:
    """Raises StoreError."""
    document = store.found(service, NAME)
    cells = store.cells_of(service, EVERY, since, until)
    snapshot = None if document is None else decode(document)
    usage = store.found(service, USAGE) if snapshot and snapshot.billed else None
    return Found(snapshot, cells, None if usage is None else decode_usage(usage))


def load_commands(
    store: Store, service: str, since: float, until: float
) -> tuple[WindowCommand, ...]:
    """What each command cost in a window, the costliest first. Raises StoreError."""
    known = [one for one in store.series(service) if one.kind == KIND]
    return of_window(store.cells_of(service, known, since, until)) if known else ()


def decode(document: bytes) -> Snapshot:
    """The snapshot in a stored document. Raises DocumentError."""
    try:
        return _ADAPTER.validate_json(document)
    except ValidationError:
        raise DocumentError(
            "What was found of the cache cannot be read; another version wrote it."
        ) from None


def decode_usage(document: bytes) -> Usage:
    """The usage in a stored document. Raises DocumentError."""
    try:
        return _USAGE.validate_json(document)
    except ValidationError:
        raise DocumentError(
            "What Upstash told of the plan cannot be read; another version wrote it."
        ) from None
