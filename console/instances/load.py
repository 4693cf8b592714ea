"""Reads from the store what the Instances page shows."""

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from console.instances.history import COUNT, Past, past
from console.instances.model import Snapshot
from console.store.documents import DocumentError
from console.store.read import Store

NAME = "instances"  # of the document that the collector writes
_ADAPTER = TypeAdapter(Snapshot)


@dataclass(frozen=True, slots=True)
class Found:
    """The last snapshot, and the history of the number of instances."""

    snapshot: Snapshot | None
    past: Past | None


def load(store: Store, service: str, since: float, until: float) -> Found:
    """Raises StoreError."""
    document = store.found(service, NAME)
    cells = store.cells(service, COUNT, since, until)
    return Found(None if document is None else decode(document), past(cells))


def decode(document: bytes) -> Snapshot:
    """The snapshot in a stored document. Raises DocumentError."""
    try:
        return _ADAPTER.validate_json(document)
    except ValidationError:
        raise DocumentError(
            "What was found of the instances cannot be read; another version wrote it."
        ) from None
