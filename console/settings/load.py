"""Reads from the store what instances and platforms report of settings."""

from pydantic import TypeAdapter, ValidationError

from console.deployments.load import load as load_deployments
from console.settings.platform import Reading, roll_out_of
from console.settings.reports import Snapshot
from console.settings.rollout import RollOut
from console.store.documents import DocumentError
from console.store.read import Store

NAME = "settings"  # of the document that the collector writes
PLATFORM = "platform_variables"  # of the document with the platform's names
ADAPTER = TypeAdapter(Snapshot)
READING = TypeAdapter(Reading)


def load(store: Store, service: str) -> Snapshot | None:
    """The last snapshot; None before the first. Raises StoreError."""
    document = store.found(service, NAME)
    return None if document is None else decode(document)


def decode(document: bytes) -> Snapshot:
    """The snapshot in a stored document. Raises DocumentError."""
    try:
        return ADAPTER.validate_json(document)
    except ValidationError:
        raise DocumentError(
            "What was found of the settings cannot be read; another version wrote it."
        ) from None


def load_platform(store: Store, service: str) -> tuple[Reading | None, RollOut | None]:
    """What the platform tells: its names, and whether it is replacing instances.

    Raises StoreError.
    """
    document = store.found(service, PLATFORM)
    try:
        reading = None if document is None else READING.validate_json(document)
    except ValidationError:
        reading = None  # another version's: the collector soon writes its own
    return reading, roll_out_of(load_deployments(store, service))
