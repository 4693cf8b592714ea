"""A log file somebody gives: refused before it is read where it is too large, and put on the disk.

Memory stays at one portion, whatever the file's size. A compressed file counts by what comes out of
it. UTF-16 is put down as UTF-8, so that its bytes can be searched.
"""

import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from console.logs.decode import as_utf8, is_binary

UPLOAD_LIMIT = 500_000_000  # bytes
PORTION = 1 << 20  # bytes
HEAD = 4096  # bytes that tell whether it is text
_GZIP = b"\x1f\x8b"
_NOT_TEXT = {b"PK\x03\x04": "a ZIP archive", b"%PDF": "a PDF", b"\x7fELF": "a program",
             b"BZh": "compressed with bzip2", b"\xfd7zXZ": "compressed with xz",
             b"(\xb5/\xfd": "compressed with Zstandard"}  # fmt: skip
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Refused(ValueError):
    """A file that is not taken; the text is a sentence for whoever gave it."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A log on the disk."""

    path: Path
    name: str
    size: int  # bytes


def refuse_size(name: str, size: int, limit: int = UPLOAD_LIMIT) -> None:
    """Raise `Refused` for a file that is too large, before any of it is read."""
    if size > limit:
        raise Refused(
            f"{name} has {_megabytes(size)}; up to {_megabytes(limit)} are taken. "
            "Cut out the hours in question, or connect the log's own server."
        )
    if size == 0:
        raise Refused(f"{name} is empty.")


def spool(
    source: BinaryIO, name: str, size: int, target: Path, limit: int = UPLOAD_LIMIT
) -> Spooled:
    """Put a file on the disk, readable for its owner only. Raises `Refused`, and leaves nothing."""
    refuse_size(name, size, limit)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    written = 0
    try:
        with open(descriptor, "wb") as file:
            for portion in as_utf8(_as_text(source, name)):
                written += len(portion)
                if written > limit:
                    raise Refused(f"{name} holds more than {_megabytes(limit)} once unpacked.")
                file.write(portion)
    except (OSError, EOFError, zlib.error) as error:
        target.unlink(missing_ok=True)
        raise Refused(f"{name} could not be read to its end: {error}.") from error
    except Refused:
        target.unlink(missing_ok=True)
        raise
    return Spooled(target, name, written)


def _as_text(source: BinaryIO, name: str) -> Iterator[bytes]:
    """The text of a file, unpacked where it is compressed with gzip."""
    head = source.read(HEAD)
    for start, what in _NOT_TEXT.items():
        if head.startswith(start):
            raise Refused(f"{name} is {what}, no log in text.")
    if head.startswith(_GZIP):
        source.seek(0)
        with gzip.open(source) as unpacked:
            yield from _checked(iter(lambda: unpacked.read(PORTION), b""), name)
        return
    yield from _checked(_portions(head, source), name)


def _portions(head: bytes, source: BinaryIO) -> Iterator[bytes]:
    yield head
    yield from iter(lambda: source.read(PORTION), b"")


def _checked(portions: Iterable[bytes], name: str) -> Iterator[bytes]:
    for number, portion in enumerate(portions):
        start = portion[:HEAD]
        if number == 0 and not start.startswith(_UTF16) and is_binary(start):
            raise Refused(f"{name} is no text.")
        yield portion


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
