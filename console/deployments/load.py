"""Reads from the store what the Deployments page shows, and what others ask of deployments."""

from pydantic import TypeAdapter, ValidationError

from console.deployments.history import Snapshot
from console.store.documents import DocumentError
from console.store.read import Store

NAME = "deployments"  # of the document that the collector writes
ADAPTER = TypeAdapter(Snapshot)


def load(store: Store, service: str) -> Snapshot | None:
    """The last snapshot; `None` before the first. Raises StoreError."""
    document = store.found(service, NAME)
    return None if document is None else decode(document)


def decode(document: bytes) -> Snapshot:
    """The snapshot in a stored document. Raises DocumentError."""
    try:
        return ADAPTER.validate_json(document)
    except ValidationError:
        raise DocumentError(
            "What was found of the deployments cannot be read; another version wrote it."
        ) from None
