"""Lines in logfmt as columns, where many have the same names in the same order.

They tell what `parse_text.logfmt` tells of each line. A column in which numbers and words, or what
is quoted and what is not, take turns is left to parsing.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from console.logs.arrow import flags, pa, pc
from console.logs.columns import Columns, is_asked
from console.logs.parse_text import PAIR, logfmt
from console.logs.rows import Groups, Rows

FEW = 100  # lines that are parsed sooner
MOST_ORDERS = 4  # of names that are looked for
_VALUE = r'"[^"]*"|[^\s"]*'
_INTEGER = r"^(?:0|[1-9]\d{0,14})$"
_NUMBER = r"^-?\d{1,15}(?:\.\d{1,15})?$"
_QUOTED = r'^"(.*)"$'


def pairs(rows: Rows, chosen: Groups, asked: frozenset[str]) -> Iterator[tuple[Groups, Columns]]:
    """Those of the groups, each of one clear line, that have the names of one of the first lines
    in its order, with the fields that are asked for: each that is taken out costs time."""
    lines = rows.first_lines(chosen)
    for _ in range(MOST_ORDERS):
        if len(chosen) <= FEW:
            return
        names = _names(lines[0].as_py())
        wanted = {name: f"v{at}" for at, name in enumerate(names) if is_asked(name, asked)}
        parts = (
            f"{re.escape(n)}=({f'?P<{wanted[n]}>' if n in wanted else '?:'}{_VALUE})" for n in names
        )
        form = r"^" + r"\s+".join(parts) + r"\s*$"
        told = pc.extract_regex(lines, form) if wanted else None
        fits = flags(pc.match_substring_regex(lines, form) if told is None else told.is_valid())
        if not names or not fits.any():
            return
        values: list[Any] = told.filter(pa.array(fits)).flatten() if told is not None else []
        typed = [_typed(one.cast(pa.string())) for one in values]
        arrays = tuple((name, one.values) for name, one in zip(wanted, typed, strict=True))
        mixed = frozenset(n for n, one in zip(wanted, typed, strict=True) if not one.sure)
        yield chosen[fits], Columns(int(np.count_nonzero(fits)), arrays, mixed)
        chosen, lines = chosen[~fits], lines.filter(pa.array(~fits))


def _names(line: bytes) -> list[str]:
    """The names of a line in logfmt; nothing for any other, and where one comes twice."""
    text = line.decode("utf-8", "replace").strip()
    if logfmt(text) is None:
        return []
    names = [match["name"] for match in PAIR.finditer(text)]
    return names if len(set(names)) == len(names) else []


class _Typed(NamedTuple):
    values: Any
    sure: bool  # whether the type is the same for all of them


def _typed(values: Any) -> _Typed:
    """Values as logfmt's reader types them."""
    quoted = flags(pc.starts_with(values, '"'))
    if quoted.all():
        return _Typed(pc.replace_substring_regex(values, _QUOTED, r"\1"), True)
    if quoted.any():
        return _Typed(values, False)
    numbers = flags(pc.match_substring_regex(values, _NUMBER))
    if not numbers.all():
        return _Typed(values, not numbers.any())
    integers = flags(pc.match_substring_regex(values, _INTEGER)).all()
    return _Typed(values.cast(pa.int64() if integers else pa.float64()), True)
