"""Reads from the store what the Controls page shows, and the banner of every page."""

from console.instances.load import NAME, decode
from console.instances.model import Snapshot
from console.store.read import Store


def load(store: Store, service: str) -> Snapshot | None:
    """How the instances and the mode stand, as the collector read it. Raises StoreError."""
    document = store.found(service, NAME)
    return None if document is None else decode(document)
