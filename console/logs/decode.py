"""Bytes of any origin as lines of text. Pure, and bounded: no line is held that is too long.

The encoding is told line by line, because log files are put together from several programs: UTF-8,
else Shift JIS where the line then has kana, else Windows-1252, in which every byte is something.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from console.logs.model import Flaw

LINE_LIMIT = 65_536  # bytes of a line that are kept
BINARY_SHARE = 0.1  # of control characters, from which a line is not text
_KANA = re.compile("[\u3041-\u30ff]")
_CONTROL = bytes(set(range(32)) - {9, 10, 13, 27}) + b"\x7f"
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Text:
    """One line. `length` is what it had, in bytes."""

    number: int  # from 1
    text: str
    length: int
    flaws: frozenset[Flaw] = frozenset()


def lines(chunks: Iterable[bytes]) -> Iterator[Text]:
    """Lines of a byte stream, without their ends. Empty lines are counted and left out."""
    for number, (data, length) in enumerate(_split(as_utf8(chunks)), 1):
        if data.strip():
            yield decode(data, length, number)


def decode(data: bytes, length: int, number: int = 1) -> Text:
    """One line of bytes as text."""
    flaws = {Flaw.CUT} if length > len(data) else set[Flaw]()
    if is_binary(data):
        flaws.add(Flaw.BINARY)
        return Text(number, f"(binary data, {length:,} bytes)", length, frozenset(flaws))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A cut may go through a character.
        if Flaw.CUT in flaws and error.start >= len(data) - 3:
            text = data[: error.start].decode("utf-8")
        else:
            flaws.add(Flaw.ENCODING)
            text = _other(data)
    return Text(number, text, length, frozenset(flaws))


def is_binary(data: bytes) -> bool:
    """Whether bytes are something else than text."""
    return len(data) - len(data.translate(None, _CONTROL)) > BINARY_SHARE * len(data)


def _other(data: bytes) -> str:
    try:
        text = data.decode("cp932")
    except UnicodeDecodeError:
        text = ""
    return text if _KANA.search(text) else data.decode("cp1252", "replace")


def as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes without a byte order mark; UTF-16 with one becomes UTF-8."""
    source = iter(chunks)
    head = b""
    while len(head) < 3 and (more := next(source, b"")):
        head += more
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            head = head[len(mark) :]
            if encoding != "utf-8":
                yield from _recoded(head, source, encoding)
                return
            break
    yield head
    yield from source


def _recoded(head: bytes, source: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    rest = head
    for chunk in source:
        whole = len(rest) // 2 * 2
        yield rest[:whole].decode(encoding, "replace").encode()
        rest = rest[whole:] + chunk
    yield rest.decode(encoding, "replace").encode()


def _split(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """Lines with their whole lengths, cut at the limit."""
    kept, length = b"", 0
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            whole = length + len(part)
            line = (kept + part[: LINE_LIMIT - len(kept)]).rstrip(b"\r")
            yield line, whole if whole > LINE_LIMIT else len(line)
            kept, length = b"", 0
        kept += rest[: LINE_LIMIT - len(kept)]
        length += len(rest)
    if length:
        yield kept, length
