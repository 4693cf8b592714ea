"""What the keys of a cache are made of: types, prefixes, times to live, the biggest. Pure.

Memory stays bounded however many keys there are: sums by group, and the biggest keys in a heap.
"""

import heapq
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

TOP = 15  # prefixes, keys
MOST_PREFIXES = 20_000  # told apart; what comes later is summed up as OTHER
OTHER = "(other prefixes)"
NAME_LIMIT = 120  # characters of a key's name that are shown
SAMPLES = 5  # elements of a collection that MEMORY USAGE looks at: its own default
DEPTH = 4  # parts of a name that make a prefix, at most

# Groups of times to live, as RedisInsight has them: label and upper bound in seconds.
TTL_GROUPS: tuple[tuple[str, float], ...] = (
    ("under 1 h", 3600),
    ("1 to 4 h", 4 * 3600),
    ("4 to 12 h", 12 * 3600),
    ("12 to 24 h", 86_400),
    ("1 to 7 d", 7 * 86_400),
    ("7 to 30 d", 30 * 86_400),
    ("over 30 d", float("inf")),
)
NO_EXPIRY = "no expiry"
NO_PREFIX = "(none)"

# As the script counts them: no expiry is below 0; limits are in ms.
_TTL_NAMES = (NO_EXPIRY, *(label for label, _ in TTL_GROUPS))
_TTL_LIMITS = (0, *(int(1000 * most) for _, most in TTL_GROUPS[:-1]))
_SHAPE = bytes.maketrans(b"123456789", b"000000000")

# What one key of its type should not exceed; RedisInsight's thresholds.
BIG_STRING = 100_000  # bytes


@dataclass(frozen=True, slots=True)
class Sum:
    """Keys of one group and their bytes."""

    name: str
    keys: int
    size: int


@dataclass(frozen=True, slots=True)
class BigKey:
    """One of the biggest keys."""

    name: str  # as text; bytes that are none are shown as \\x..
    type: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Analysis:
    """The result."""

    at: float  # when it began, Unix seconds
    seconds: float  # that it took
    scanned: int
    total: int  # keys that the server told of when it began
    sized: bool  # whether the server told the size of keys
    scripted: bool
    commands: int  # that it sent
    types: tuple[Sum, ...] = ()
    prefixes: tuple[Sum, ...] = ()  # by memory
    ttls: tuple[Sum, ...] = ()  # in the order of TTL_GROUPS, those without an expiry first
    biggest: tuple[BigKey, ...] = ()
    prefixes_in_all: int = 0
    database: str = "db0"
    broken_off: str = ""  # why it ended before its time, one sentence; empty where it did not

    @property
    def share(self) -> float:
        """The share of the keys that was looked at, 1.0 for all."""
        return min(1.0, self.scanned / self.total) if self.total else 1.0

    @property
    def size(self) -> int:
        """Bytes of all keys that were looked at."""
        return sum(one.size for one in self.types)


@dataclass(frozen=True, slots=True)
class Change:
    """How one group changed from one analysis to the next."""

    name: str
    before: int  # bytes
    after: int
    keys_before: int
    keys_after: int


@dataclass(slots=True)
class Accumulator:
    """Takes keys and keeps sums."""

    scanned: int = 0
    _types: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    _prefixes: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    _ttls: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    _heap: list[tuple[int, bytes, str]] = field(default_factory=list[tuple[int, bytes, str]])

    @property
    def threshold(self) -> int:
        """Bytes that a key must exceed to be one of the biggest."""
        return self._heap[0][0] if len(self._heap) >= TOP else 0

    def group(self, kind: str, ttl: str, prefix: str, keys: int, size: int) -> None:
        """Take several keys that are alike in type, time to live and prefix."""
        self.scanned += keys
        if prefix not in self._prefixes and len(self._prefixes) >= MOST_PREFIXES:
            prefix = OTHER
        for sums, name in ((self._types, kind), (self._ttls, ttl), (self._prefixes, prefix)):
            found = sums.setdefault(name, [0, 0])
            found[0] += keys
            found[1] += size

    def big(self, name: bytes, kind: str, size: int) -> None:
        """Take one key that may be one of the biggest."""
        entry = (size, name, kind)
        if len(self._heap) < TOP:
            heapq.heappush(self._heap, entry)
        elif size > self._heap[0][0]:
            heapq.heapreplace(self._heap, entry)

    def keys(
        self,
        names: Sequence[bytes],
        kinds: Sequence[bytes],
        ttls: Sequence[int],
        sizes: Sequence[int],
    ) -> None:
        """Take a batch of keys: name, type, time to live in ms, bytes of each."""
        sums: dict[tuple[bytes, int, bytes], list[int]] = {}
        for name, kind, ttl, size in zip(names, kinds, ttls, sizes, strict=True):
            # Names of one shape have one prefix: it is worked out once for all of them.
            shape = name.rpartition(b":")[0].translate(_SHAPE)
            found = sums.get((kind, bisect_right(_TTL_LIMITS, ttl), shape))
            if found is None:
                sums[kind, bisect_right(_TTL_LIMITS, ttl), shape] = [1, size]
            else:
                found[0] += 1
                found[1] += size
            if size > self.threshold:
                self.big(name, kind.decode(), size)
        for (kind, group, shape), (count, size) in sums.items():
            prefix = prefix_of(shape + b":") if shape else NO_PREFIX
            self.group(kind.decode(), _TTL_NAMES[group], prefix, count, size)

    def result(
        self, *, at: float, seconds: float, total: int, sized: bool, scripted: bool, commands: int
    ) -> Analysis:
        """The analysis of what was taken."""
        order = [NO_EXPIRY, *(label for label, _ in TTL_GROUPS)]
        prefixes = _sums(self._prefixes)
        return Analysis(
            at=at,
            seconds=seconds,
            scanned=self.scanned,
            total=total,
            sized=sized,
            scripted=scripted,
            commands=commands,
            types=tuple(_sums(self._types)),
            prefixes=tuple(prefixes[:TOP]),
            ttls=tuple(Sum(one, *self._ttls[one]) for one in order if one in self._ttls),
            biggest=tuple(
                BigKey(printable(name), kind, size)
                for size, name, kind in sorted(self._heap, reverse=True)
            ),
            prefixes_in_all=len(prefixes),
        )


def prefix_of(name: bytes) -> str:
    """The part of a name before its last colon, at most DEPTH parts, numbers made equal.

    `user:123:cart` is `user:#`; a name without a colon has the prefix `(none)`.
    """
    parts = name.split(b":", DEPTH)[:-1]
    if not parts:
        return NO_PREFIX
    return printable(re.sub(rb"\d+", b"#", b":".join(parts)))


def ttl_group(ttl_ms: int) -> str:
    """The group of a time to live in ms; negative is no expiry."""
    if ttl_ms < 0:
        return NO_EXPIRY
    return next(label for label, most in TTL_GROUPS if ttl_ms / 1000 < most)


def printable(name: bytes) -> str:
    """A name as text: what is no UTF-8 as \\x.., what does not print as well, cut."""
    text = name[: 4 * NAME_LIMIT].decode("utf-8", "backslashreplace")
    text = "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)
    return text if len(text) <= NAME_LIMIT else f"{text[:NAME_LIMIT]}…"


def cost(keys: int, batch: int, scripted: bool) -> int:
    """About how many commands an analysis of so many keys sends."""
    batches = -(-keys // batch) if keys else 1
    return batches if scripted else batches + 3 * keys


def compare(before: Iterable[Sum], after: Iterable[Sum]) -> tuple[Change, ...]:
    """How groups changed, the greatest change first. A group that is not there counts as empty.

    Of two analyses that looked at all keys; parts of a keyspace do not compare.
    """
    old, new = {one.name: one for one in before}, {one.name: one for one in after}
    found: list[Change] = []
    for name in {**old, **new}:
        was, is_now = old.get(name, Sum(name, 0, 0)), new.get(name, Sum(name, 0, 0))
        found.append(Change(name, was.size, is_now.size, was.keys, is_now.keys))
    return tuple(sorted(found, key=lambda one: (-abs(one.after - one.before), one.name)))


def _sums(sums: dict[str, list[int]]) -> list[Sum]:
    found = [Sum(name, keys, size) for name, (keys, size) in sums.items()]
    return sorted(found, key=lambda one: (-one.size, -one.keys, one.name))
