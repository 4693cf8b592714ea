import zlib
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.store.cells import (
    DAY,
    HOUR,
    MINUTE,
    Cells,
    CellsError,
    between,
    empty,
    merge,
    pack,
    parse_open,
    to_hours,
    unpack,
)

START = 1_795_492_800  # the beginning of an hour
Counts = Counter[tuple[int, int]]  # (place of the period, code) -> count


def counts_up_to(most: int) -> st.SearchStrategy[Counts]:
    pairs = st.tuples(st.integers(0, 59), st.integers(0, 0xFFFF))
    return st.dictionaries(pairs, st.integers(1, most), max_size=200).map(Counter)


COUNTS = counts_up_to(2**20)


def cells_of(counts: Counts, resolution: int = MINUTE, start: int = START) -> Cells:
    keys = sorted(counts)
    return Cells(
        resolution,
        np.array([start + place * resolution for place, _ in keys], np.int64),
        np.array([code for _, code in keys], np.uint16),
        np.array([counts[key] for key in keys], np.uint32),
    )


def counts_of(cells: Cells, start: int = START) -> Counts:
    rows = zip(cells.periods.tolist(), cells.codes.tolist(), cells.counts.tolist(), strict=True)
    return Counter({((period - start) // cells.resolution, code): n for period, code, n in rows})


@given(counts_up_to(2**32 - 1))
def test_a_packed_hour_comes_back_as_it_was(counts: Counts) -> None:
    cells = cells_of(counts)
    again = unpack([(START, pack(cells, START))], MINUTE)
    assert counts_of(again) == counts
    assert again.periods.tolist() == cells.periods.tolist()
    assert (again.codes.dtype, again.counts.dtype) == (np.uint16, np.uint32)


@given(COUNTS, COUNTS)
def test_several_packed_hours_come_back_in_order(first: Counts, second: Counts) -> None:
    blobs = [
        (START, pack(cells_of(first), START)),
        (START + HOUR, pack(cells_of(second, start=START + HOUR), START + HOUR)),
    ]
    both = unpack(blobs, MINUTE)
    moved = Counter({(place + 60, code): n for (place, code), n in second.items()})
    assert counts_of(both) == first + moved


@given(st.lists(COUNTS, max_size=4))
def test_merging_adds_up_and_keeps_each_pair_once(parts: list[Counts]) -> None:
    merged = merge([cells_of(part) for part in parts])
    assert counts_of(merged) == sum(parts, Counter())
    assert len(merged) == len(sum(parts, Counter()))
    assert np.all(np.diff(merged.periods) >= 0)


@given(COUNTS)
def test_hours_have_the_same_counts_as_their_minutes(counts: Counts) -> None:
    expected: Counts = Counter()
    for (_, code), count in counts.items():
        expected[0, code] += count
    assert counts_of(to_hours(cells_of(counts))) == expected


def test_a_count_that_outgrows_its_column_stays_at_the_limit() -> None:
    one = cells_of(Counter({(0, 7): 2**32 - 1}))
    assert merge([one, one]).counts.tolist() == [2**32 - 1]


def test_open_minutes_of_several_collectors_add_up() -> None:
    fields = {b"29924880.3": b"812:2,61442:1", b"29924880.4": b"812:1", b"29924881.4": b"5:1"}
    cells = parse_open(fields)
    assert cells.periods.tolist() == [START, START, START + 60]
    assert cells.codes.tolist() == [812, 61442, 5]
    assert cells.counts.tolist() == [3, 1, 1]


@pytest.mark.parametrize("text", [b"", b"812", b"a:b", b"1:1,"])
def test_an_open_minute_that_cannot_be_read_hides_no_other(text: bytes) -> None:
    assert len(parse_open({b"29924880.3": text, b"29924881.3": b"5:1"})) == 1


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\x02" + zlib.compress(b"\0\0\0\0"),
        b"\x01not zlib",
        b"\x01" + zlib.compress(b""),
        b"\x01" + zlib.compress(b"\x05\0\0\0abc"),
    ],
    ids=["nothing", "another version", "not packed", "empty", "short"],
)
def test_a_damaged_blob_is_a_typed_error(blob: bytes) -> None:
    with pytest.raises(CellsError):
        unpack([(START, blob)], MINUTE)


def test_cells_of_different_resolutions_are_not_added_up() -> None:
    with pytest.raises(ValueError, match="resolution"):
        merge([cells_of(Counter({(0, 1): 1})), cells_of(Counter({(0, 1): 1}), HOUR)])


def test_a_window_has_the_periods_that_overlap_it() -> None:
    cells = cells_of(Counter({(0, 1): 1, (1, 1): 1, (2, 1): 1}))
    assert counts_of(between(cells, START + 60, START + 120)) == {(1, 1): 1}
    assert counts_of(between(cells, START + 59, START + 61)) == {(0, 1): 1, (1, 1): 1}
    assert len(between(cells, START + DAY, START + 2 * DAY)) == 0
    assert len(between(empty(MINUTE), START, START + DAY)) == 0
