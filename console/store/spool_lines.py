"""One result on disk: a line `crc sequence service json`, which tells whether it is torn."""

import logging
import zlib
from collections.abc import Iterable
from pathlib import Path

from console.health.model import Result
from console.store.documents import RESULT, DocumentError

log = logging.getLogger(__name__)

type_of_record = tuple[int, str, Result]  # sequence number, service, result


def line_of(record: type_of_record) -> bytes:
    """The line of a result."""
    sequence, service, result = record
    content = b"%d %s %s" % (sequence, service.encode(), RESULT.encode(result))
    return b"%08x %s\n" % (zlib.crc32(content), content)


def lines_of(path: Path) -> Iterable[bytes]:
    """The lines of a file, as far as it can be read."""
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        log.error("A part of the spool cannot be read (%s).", error.strerror)


def _content(line: bytes) -> bytes | None:
    """What a line holds, or None where it is torn or damaged."""
    checksum, _, content = line.rstrip(b"\n").partition(b" ")
    return content if checksum == b"%08x" % zlib.crc32(content) else None


def sequence_of(line: bytes) -> int | None:
    """The sequence number of a line; None where it is torn or damaged."""
    content = _content(line)
    return None if content is None else int(content.partition(b" ")[0])


def record_of(line: bytes) -> type_of_record | None:
    """The result that a line holds; None where it is torn, damaged or of another version."""
    content = _content(line)
    if content is None:
        return None
    sequence, service, document = content.split(b" ", 2)
    try:
        return int(sequence), service.decode(), RESULT.decode(document)
    except DocumentError as error:
        log.warning("%s", error)
        return None
