"""Reads from the store what the Month-end page shows."""

from pydantic import TypeAdapter, ValidationError

from console.month_end.model import Snapshot
from console.store.documents import DocumentError
from console.store.read import Store

NAME = "month_end"  # of the document that the collector writes
_ADAPTER = TypeAdapter(Snapshot)


def load(store: Store, service: str) -> Snapshot | None:
    """The last snapshot; None before the first. Raises StoreError and DocumentError."""
    document = store.found(service, NAME)
    if document is None:
        return None
    try:
        return _ADAPTER.validate_json(document)
    except ValidationError:
        raise DocumentError(
            "What was found of the closing cannot be read; another version wrote it."
        ) from None
