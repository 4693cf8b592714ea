"""Reads from the store what the Cache page shows."""

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from console.cache.counting import EVERY, LOOKUPS, REMOVED, Share, share_of
from console.cache.model import Snapshot
from console.store.cells import Cells
from console.store.documents import DocumentError
from console.store.read import Store
from console.store.series import SeriesId

NAME = "cache"  # of the document that the collector writes
_ADAPTER = TypeAdapter(Snapshot)


@dataclass(frozen=True, slots=True)
class Found:
    """The last snapshot, and the history of a window."""

    snapshot: Snapshot | None
    cells: dict[SeriesId, Cells]

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
    return Found(None if document is None else decode(document), cells)


def decode(document: bytes) -> Snapshot:
    """The snapshot in a stored document. Raises DocumentError."""
    try:
        return _ADAPTER.validate_json(document)
    except ValidationError:
        raise DocumentError(
            "What was found of the cache cannot be read; another version wrote it."
        ) from None
