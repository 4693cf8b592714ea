"""JSON documents of the store: dataclasses in, bytes out, and back.

Fields at their default are left out; an uptime record of mostly zeros is a third of its size that
way. A document that cannot be read (written by another version, or damaged) is one DocumentError;
who reads many leaves that one out, says so in the log, and goes on.
"""

import logging
import zlib
from collections.abc import Mapping
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from console.activity.model import Event
from console.errors import StoreError
from console.health.model import CheckState, Incident, Result
from console.health.uptime import UptimeRecord
from console.store.model import CollectorBeat, ProbeRequest, PushBeat

log = logging.getLogger(__name__)

T = TypeVar("T")


class DocumentError(StoreError):
    """A document in the store cannot be read. The text names the kind, never the content."""


class Document(Generic[T]):
    """Encodes and decodes one type."""

    def __init__(self, kind: type[T]) -> None:
        self.kind = kind.__name__
        self._adapter = TypeAdapter(kind)

    def encode(self, value: T) -> bytes:
        """The JSON of `value`."""
        return self._adapter.dump_json(value, exclude_defaults=True)

    def decode(self, data: bytes) -> T:
        """The value in `data`. Raises DocumentError."""
        try:
            return self._adapter.validate_json(data)
        except ValidationError as error:
            raise DocumentError(
                f"A {self.kind} in the store cannot be read ({error.error_count()} problems); "
                "another version of the console wrote it, or it is damaged."
            ) from None

    def decode_each(self, documents: Mapping[bytes, bytes]) -> dict[str, T]:
        """All readable documents of a hash, by field. One that is not readable is left out."""
        values: dict[str, T] = {}
        for field, data in documents.items():
            name = field.decode(errors="replace")
            try:
                values[name] = self.decode(data)
            except DocumentError as error:
                log.warning("%s It is left out: %r", error, name)
        return values


def packed(document: bytes) -> bytes:
    """A large document as it is stored."""
    return zlib.compress(document, 1)  # fast: it is written anew every few seconds


def unpacked(data: bytes) -> bytes:
    """The document in what was stored. Raises DocumentError."""
    try:
        return zlib.decompress(data)
    except zlib.error:
        raise DocumentError("A packed document in the store is damaged.") from None


STATE = Document(CheckState)
UPTIME = Document(UptimeRecord)
EVENT = Document(Event)
INCIDENT = Document(Incident)
RESULT = Document(Result)
BEAT = Document(CollectorBeat)
PUSH = Document(PushBeat)
REQUEST = Document(ProbeRequest)
