"""JSON documents of the store: dataclasses in, bytes out, and back.

Fields at their default are left out; an uptime record of mostly zeros is a third of its size that
way. A document that cannot be read (written by another version, or damaged) is one DocumentError;
who reads many leaves that one out, says so in the log, and goes on.
"""

import logging
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
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

    def readable(self, members: Iterable[bytes]) -> list[T]:
        """Those of a timeline that this version can read, in their order."""
        values: list[T] = []
        for member in members:
            try:
                values.append(self.decode(member))
            except DocumentError:
                continue  # of another version: the timeline shows what this one can read
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


class Unread(Mapping[str, T]):
    """The documents of a hash, each read when it is first asked for.

    Decoding a thousand takes a tenth of a second, and a page shows twenty. One that is not readable
    is not there.
    """

    def __init__(self, document: Document[T], raw: Mapping[bytes, bytes]) -> None:
        self._document = document
        self._raw = raw
        self._read: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._read:
            data = {name.encode(): self._raw[name.encode()]}
            self._read |= self._document.decode_each(data)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        names = (field.decode(errors="replace") for field in self._raw)
        return (name for name in names if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def after(self, raw: Mapping[bytes, bytes]) -> "Unread[T]":
        """The same hash as it is now; what has not changed is not read again."""
        newer = Unread(self._document, raw)
        for name, value in list(self._read.items()):
            field = name.encode()
            if raw.get(field) == self._raw[field]:
                newer._read[name] = value
        return newer


@dataclass(frozen=True, slots=True)
class Decoded(Generic[T]):
    """A hash as it was read, with its documents."""

    raw: Mapping[bytes, bytes]
    documents: dict[str, T]


def decoded(
    document: Document[T], raw: Mapping[bytes, bytes], last: Decoded[T] | None
) -> Decoded[T]:
    """The documents of a hash; what has not changed since the last time is not parsed."""
    if last is None:
        return Decoded(raw, document.decode_each(raw))
    changed = {field: data for field, data in raw.items() if last.raw.get(field) != data}
    fresh = document.decode_each(changed)
    kept = {
        name: last.documents[name]
        for name in (field.decode(errors="replace") for field in raw if field not in changed)
        if name in last.documents
    }
    return Decoded(raw, kept | fresh)


STATE = Document(CheckState)
UPTIME = Document(UptimeRecord)
EVENT = Document(Event)
INCIDENT = Document(Incident)
RESULT = Document(Result)
BEAT = Document(CollectorBeat)
PUSH = Document(PushBeat)
REQUEST = Document(ProbeRequest)
