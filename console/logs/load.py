"""The document that the collector writes of a service's log, and where its parts lie."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from console.logs.blocks import Portions
from console.logs.chunks import unpack
from console.logs.model import LogsReading
from console.store.documents import DocumentError
from console.store.read import Store

NAME = "logs"  # of the document
_ADAPTER = TypeAdapter(LogsReading)


def load(store: Store, service: str) -> LogsReading | None:
    """What the collector read last; None where it has not written any. Raises StoreError."""
    document = store.found(service, NAME)
    return None if document is None else decode(document)


@dataclass(frozen=True, slots=True)
class Kept:
    """The newest lines, as the store had them."""

    texts: Mapping[int, bytes]  # by the number of their portion
    chunks: tuple[int, int]  # the first and the last that the reading named

    @property
    def blocks(self) -> Portions:
        """The lines, to search in."""
        return Portions(self.texts)

    @property
    def version(self) -> str:
        """Names these lines: portions come and go, and the last of them grows."""
        return f"{self.chunks} {len(self.texts.get(self.chunks[1], b''))}"


def load_lines(store: Store, service: str, reading: LogsReading, before: Kept | None) -> Kept:
    """The newest lines; only what is new since `before` is read. Raises StoreError."""
    first, last = reading.chunks
    known: Mapping[int, bytes] = before.texts if before else {}
    # the last portion of then may have grown since
    sealed = {n: text for n, text in known.items() if before and first <= n < before.chunks[1]}
    missing = [number for number in range(first, last + 1) if number not in sealed]
    fresh = store.log_lines(service, missing)
    texts = sealed | {number: unpack(packed) for number, packed in fresh.items()}
    return Kept(dict(sorted(texts.items())), reading.chunks)


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
