"""The document that the collector writes of a service's log, and where its parts lie."""

from pydantic import TypeAdapter, ValidationError

from console.logs.model import LogsReading
from console.store.documents import DocumentError
from console.store.read import Store

NAME = "logs"  # of the document
_ADAPTER = TypeAdapter(LogsReading)


def load(store: Store, service: str) -> LogsReading | None:
    """What the collector read last; None where it has not written any. Raises StoreError."""
    document = store.found(service, NAME)
    return None if document is None else decode(document)


def encode(reading: LogsReading) -> bytes:
    """The document of a reading."""
    return _ADAPTER.dump_json(reading, exclude_defaults=True)


def decode(document: bytes) -> LogsReading:
    """The reading in a stored document. Raises DocumentError."""
    try:
        return _ADAPTER.validate_json(document)
    except ValidationError:
        raise DocumentError(
            "What was read of the log cannot be read; another version wrote it."
        ) from None
