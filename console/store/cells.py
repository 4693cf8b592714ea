"""Cells in bulk: packing closed periods, reading them back, adding them up. Needs numpy only.

A packed period is one version byte, then zlib of: u32 n, and three little-endian columns: period
offset u16[n] (the minute in its hour, or the hour in its day), code u16[n], count u32[n].
"""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from console.errors import StoreError

MINUTE = 60
HOUR = 3600
DAY = 86400

BLOB_VERSION = 1
COMPRESSION = 6  # zlib's own default; 9 gains less than 1 % on these columns
_COUNT_LIMIT = 2**32 - 1
_LENGTH = struct.Struct("<I")


class CellsError(StoreError):
    """Packed history cannot be read: another version wrote it, or it is damaged."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Counts by period and code, in order of period and code, each pair once."""

    resolution: int  # seconds, MINUTE or HOUR
    periods: NDArray[np.int64]  # Unix seconds of each cell's period start
    codes: NDArray[np.uint16]
    counts: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.periods)


def empty(resolution: int) -> Cells:
    """No cells."""
    return Cells(
        resolution,
        np.empty(0, np.int64),
        np.empty(0, np.uint16),
        np.empty(0, np.uint32),
    )


def pack(cells: Cells, start: int) -> bytes:
    """The blob of the period (an hour of minutes, a day of hours) that begins at `start`."""
    offsets = (cells.periods - start) // cells.resolution
    raw = b"".join(
        (
            _LENGTH.pack(len(cells)),
            offsets.astype("<u2").tobytes(),
            cells.codes.astype("<u2", copy=False).tobytes(),
            cells.counts.astype("<u4", copy=False).tobytes(),
        )
    )
    return bytes((BLOB_VERSION,)) + zlib.compress(raw, COMPRESSION)


def unpack(blobs: Iterable[tuple[int, bytes]], resolution: int) -> Cells:
    """The cells of several blobs, each with the start of its period, in order of time.

    Raises CellsError.
    """
    starts: list[int] = []
    lengths: list[int] = []
    offsets: list[bytes] = []
    codes: list[bytes] = []
    counts: list[bytes] = []
    for start, blob in blobs:
        raw = _inflate(blob)
        (n,) = _LENGTH.unpack_from(raw)
        if len(raw) != 4 + 8 * n:
            raise CellsError("A packed period is shorter or longer than it says.")
        starts.append(start)
        lengths.append(n)
        offsets.append(raw[4 : 4 + 2 * n])
        codes.append(raw[4 + 2 * n : 4 + 4 * n])
        counts.append(raw[4 + 4 * n :])
    if not starts:
        return empty(resolution)
    periods = np.repeat(np.array(starts, np.int64), lengths)
    periods += np.frombuffer(b"".join(offsets), "<u2").astype(np.int64) * resolution
    return Cells(
        resolution,
        periods,
        np.frombuffer(b"".join(codes), "<u2").astype(np.uint16, copy=False),
        np.frombuffer(b"".join(counts), "<u4").astype(np.uint32, copy=False),
    )


def parse_open(fields: Mapping[bytes, bytes]) -> Cells:
    """The minute cells of an open hash. What cannot be read is left out."""
    periods: list[int] = []
    codes: list[int] = []
    counts: list[int] = []
    for field, text in fields.items():
        try:
            start = int(field.split(b".", 1)[0]) * MINUTE
            pairs = [pair.split(b":") for pair in text.split(b",")]
            field_codes = [int(code) for code, _ in pairs]
            field_counts = [int(count) for _, count in pairs]
        except ValueError:
            continue
        codes += field_codes
        counts += field_counts
        periods += [start] * len(pairs)
    return _summed(
        MINUTE,
        np.array(periods, np.int64),
        np.array(codes, np.uint16),
        np.array(counts, np.int64),
    )


def merge(parts: Sequence[Cells]) -> Cells:
    """All cells of several parts with the same resolution, added up."""
    full = [part for part in parts if len(part)]
    if not full:
        return empty(parts[0].resolution if parts else MINUTE)
    if len({part.resolution for part in full}) > 1:
        raise ValueError("cells of different resolutions do not add up; use to_hours first")
    if all(one.periods[-1] < next_.periods[0] for one, next_ in pairwise(full)):
        return Cells(
            full[0].resolution,
            np.concatenate([part.periods for part in full]),
            np.concatenate([part.codes for part in full]),
            np.concatenate([part.counts for part in full]),
        )
    return _summed(
        full[0].resolution,
        np.concatenate([part.periods for part in full]),
        np.concatenate([part.codes for part in full]),
        np.concatenate([part.counts for part in full]).astype(np.int64),
    )


def to_hours(cells: Cells) -> Cells:
    """The same counts by hour. Percentiles of whole hours stay exactly what they were."""
    if cells.resolution == HOUR:
        return cells
    return _summed(HOUR, cells.periods // HOUR * HOUR, cells.codes, cells.counts.astype(np.int64))


def between(cells: Cells, since: float, until: float) -> Cells:
    """The cells whose period overlaps the time from `since` to `until`."""
    first = int(np.searchsorted(cells.periods, since - cells.resolution, side="right"))
    last = int(np.searchsorted(cells.periods, until, side="left"))
    if first == 0 and last == len(cells):
        return cells
    return Cells(
        cells.resolution,
        cells.periods[first:last],
        cells.codes[first:last],
        cells.counts[first:last],
    )


def _summed(
    resolution: int,
    periods: NDArray[np.int64],
    codes: NDArray[np.uint16],
    counts: NDArray[np.int64],
) -> Cells:
    """Sort by period and code, and add up what belongs together."""
    if not len(periods):
        return empty(resolution)
    order = np.lexsort((codes, periods))
    periods, codes, counts = periods[order], codes[order], counts[order]
    first = np.empty(len(periods), np.bool_)
    first[0] = True
    np.logical_or(periods[1:] != periods[:-1], codes[1:] != codes[:-1], out=first[1:])
    starts = np.flatnonzero(first)
    totals = np.minimum(np.add.reduceat(counts, starts), _COUNT_LIMIT)
    return Cells(resolution, periods[starts], codes[starts], totals.astype(np.uint32))


def _inflate(blob: bytes) -> bytes:
    if not blob or blob[0] != BLOB_VERSION:
        raise CellsError("Packed history has a version that this console does not know.")
    try:
        raw = zlib.decompress(memoryview(blob)[1:])
    except zlib.error:
        raise CellsError("Packed history is damaged.") from None
    if len(raw) < _LENGTH.size:
        raise CellsError("A packed period is empty.")
    return raw
