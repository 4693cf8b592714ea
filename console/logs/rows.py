"""The lines of a block as rows that whole arrays are computed for at once.

Lines that may belong together form one group: a group is parsed as a whole, or not at all. A group
of one line without anything that parsing would take out or decode is *clear*: what stands in its
bytes stands in its text.
"""

import re
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console.logs import stacks
from console.logs.arrow import Flags, flags, pa, pc
from console.logs.safe import HINTS

Groups = NDArray[np.int64]  # their numbers

CLEAR_LIMIT = 8000  # bytes: the shortest that anything of a line is cut to (parse.py, fields.py)
_LINE_FEED = 10
# What parsing decodes or takes out, or what lower case is another number of letters for: escapes,
# controls, letters that hide or turn text (console/masking.py), the Kelvin sign, the dotted I.
_UNCLEAR = (
    rb"\\|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r[^\n]|\xc2[\x80-\x9f]|\xd8\x9c"
    rb"|\xe2\x80[\x8b\x8e\x8f\xa8-\xae]|\xe2\x81[\xa0-\xa9]|\xef\xbb\xbf|\xe2\x84\xaa|\xc4\xb0"
)
_CONTROLS = bytes(set(range(32)) - {9, 10, 13}) + b"\x7f\\"
_SECRETS = "|".join(re.escape(hint) for hint in (*HINTS, "://")).encode()
_CONTINUES = rf"(?m)^(?:{stacks.CONTINUES}|\)\r$|[\r\n])".encode()
_CONTINUING_LETTERS = np.isin(
    np.arange(256), np.frombuffer(b" \t\r\nTCSD.gp]})-cdeijknou", np.uint8)
)
_NOT_ASCII = rb"[\x80-\xff]"


class Rows:
    """The lines of one block, and the groups that they form."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _LINE_FEED) + 1
        if not data.endswith(b"\n"):
            ends = np.append(ends, len(data))
        self.starts: NDArray[np.int64] = np.append(0, ends[:-1])
        self.ends: NDArray[np.int64] = ends
        continues = self._continuing()
        begins = ~continues
        begins[1:] &= ~continues[:-1]
        begins[0] = True
        self.heads: NDArray[np.int64] = np.flatnonzero(begins)  # the first line of each group

    def _continuing(self) -> Flags:
        """Lines that may continue the one before; most lines begin with another letter."""
        first = np.frombuffer(self.data, np.uint8)[self.starts]
        found = _CONTINUING_LETTERS[first]
        doubtful = np.flatnonzero(found)
        if len(doubtful):
            lines = self._lines(self.data).take(pa.array(doubtful))
            found[doubtful] = self.lines_with(_CONTINUES, lines)
        return found

    def __len__(self) -> int:
        return len(self.heads)

    def span(self, group: int) -> tuple[int, int]:
        """Where a group begins and ends."""
        last = self.heads[group + 1] if group + 1 < len(self.heads) else len(self.starts)
        return int(self.starts[self.heads[group]]), int(self.ends[last - 1])

    def any_line(self, lines: Flags) -> Flags:
        """For each group, whether one of its lines is so."""
        if len(self.heads) == len(lines):
            return lines
        return np.logical_or.reduceat(lines, self.heads)

    def holding(self, text: bytes) -> Flags:
        """Lines that hold a text, given in lower case."""
        return flags(pc.match_substring(self._low, text))

    def matching(self, pattern: bytes) -> Flags:
        """Lines in which a pattern is found in lower case. In it a line feed at the beginning is
        the beginning of the line."""
        return self.lines_with(pattern.replace(b"\n", b"^"), self._low)

    @staticmethod
    def lines_with(pattern: bytes, lines: Any) -> Flags:
        """Lines in which a pattern is found; RE2, in linear time."""
        return flags(pc.match_substring_regex(lines, pattern))

    @cached_property
    def clear(self) -> Flags:
        """Groups of one line, in which nothing is changed by parsing it."""
        single = np.diff(np.append(self.heads, len(self.starts))) == 1
        short = self.ends - self.starts <= CLEAR_LIMIT
        return single & (short & ~self._unclear_lines)[self.heads]

    @cached_property
    def open(self) -> Flags:
        """Groups in which nothing can be masked."""
        return self.any_line(~self.lines_with(_SECRETS, self._low))

    @cached_property
    def _unclear_lines(self) -> Flags:
        data = self.data
        if data.isascii():
            if len(data.translate(None, _CONTROLS)) == len(data):
                return np.zeros(len(self.starts), np.bool_)
            return self.lines_with(_UNCLEAR, self._low)
        unclear = self.lines_with(_UNCLEAR, self._low)
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return unclear | self.lines_with(_NOT_ASCII, self._low)
        return unclear

    @cached_property
    def _low(self) -> Any:
        return self._lines(self.data.lower())

    def _lines(self, data: bytes) -> Any:
        offsets = np.append(self.starts, len(data)).astype(np.int32)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.binary(), len(self.starts), buffers)

    def first_lines(self, groups: Groups) -> Any:
        """The first line of these groups, an Arrow array of bytes."""
        lines = self._lines(self.data)
        if len(groups) == len(self.starts):
            return lines
        return lines.take(pa.array(self.heads[groups]))

    def joined(self, groups: Groups) -> bytes:
        """The bytes of these groups, one after another."""
        if len(groups) == len(self.heads):
            return self.data
        first = self.heads[groups]
        after = np.append(self.heads[1:], len(self.starts))[groups]
        view = memoryview(self.data)
        starts, ends = self.starts[first].tolist(), self.ends[after - 1].tolist()
        return b"".join([bytes(view[start:end]) for start, end in zip(starts, ends, strict=True)])
