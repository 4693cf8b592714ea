"""JSON lines as columns: many at once, read by Arrow.

What is no JSON, or of other types from line to line, is told apart, and is left to parsing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from console.logs.arrow import pa, pj
from console.logs.columns import Columns, plain_type
from console.logs.fields import MOST_DEPTH, MOST_FIELDS, NAME_LIMIT, WRAPPERS

SMALLEST = 64  # lines; fewer are not worth a further attempt
MOST_ATTEMPTS = 24  # to read parts of lines that cannot be read as a whole
_TYPED = frozenset(("stringValue", "intValue", "doubleValue", "boolValue"))  # OpenTelemetry's


class _Irregular(Exception):
    """Lines that are not columns."""


@dataclass(slots=True)
class Reader:
    """Reads JSON lines as columns, block after block, and learns what Arrow takes for times."""

    strings: set[str] = field(default_factory=set[str])  # names at the top
    attempts: int = 0

    def read(self, data: bytes, count: int) -> Iterator[tuple[int, Columns | None]]:
        """Parts of the lines in their order, each with how many they are; None: not readable."""
        self.attempts = 0
        yield from self._parts(data, count)

    def _parts(self, data: bytes, count: int) -> Iterator[tuple[int, Columns | None]]:
        self.attempts += 1
        try:
            yield count, self._columns(data, count)
            return
        except (pa.ArrowException, _Irregular):
            if count < SMALLEST or self.attempts >= MOST_ATTEMPTS:
                yield count, None
                return
        middle = data.index(b"\n", len(data) // 2) + 1
        first = data.count(b"\n", 0, middle)
        if first >= count:  # one long line at the end
            yield count, None
            return
        yield from self._parts(data[:middle], first)
        yield from self._parts(data[middle:], count - first)

    def _columns(self, data: bytes, count: int) -> Columns:
        table = self._table(data)
        timed = [one.name for one in table.schema if pa.types.is_timestamp(one.type)]
        if timed:
            self.strings |= set(timed)
            table = self._table(data)
        if table.num_rows != count:
            raise _Irregular
        names = set(table.column_names)
        if "resourceLogs" in names or {"log", "stream"} <= names:  # lines inside of lines
            raise _Irregular
        arrays: list[tuple[str, Any]] = []
        typed: set[str] = set()
        for name in table.column_names:
            _flat("", name, table.column(name).combine_chunks(), 0, arrays, typed)
        keys = [key for key, _ in arrays]
        if len(keys) > MOST_FIELDS or len(set(keys)) < len(keys):
            raise _Irregular
        return Columns(count, tuple(arrays), frozenset(typed))

    def _table(self, data: bytes) -> Any:
        schema = pa.schema([(name, pa.string()) for name in sorted(self.strings)])
        return pj.read_json(
            pa.BufferReader(data),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
            parse_options=pj.ParseOptions(explicit_schema=schema if self.strings else None),
        )


def _flat(
    prefix: str,
    name: str,
    array: Any,
    depth: int,
    arrays: list[tuple[str, Any]],
    typed: set[str],
) -> None:
    """Nested objects as dotted names, as `fields.flatten` makes them. Raises _Irregular."""
    key = WRAPPERS.sub("", f"{prefix}{name}")
    kind = array.type
    if pa.types.is_list(kind) and not plain_type(kind.value_type):  # may be keys with values
        raise _Irregular
    if not pa.types.is_struct(kind):
        if len(key) > NAME_LIMIT:
            raise _Irregular
        if pa.types.is_timestamp(kind):
            typed.add(key)
        arrays.append((key, array))
        return
    names = [kind.field(place).name for place in range(kind.num_fields)]
    if depth + 1 >= MOST_DEPTH or _TYPED & set(names):
        raise _Irregular
    for inner, part in zip(names, array.flatten(), strict=True):
        _flat(f"{key}.", inner, part, depth + 1, arrays, typed)
