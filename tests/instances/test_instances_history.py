import numpy as np
import pytest

from console.instances.history import EXACT_MOST, code_of_count, count_of_code, past
from console.instances.model import Phase
from console.store.cells import Cells, empty


def cells(*found: tuple[int, int, int], resolution: int = 60) -> Cells:
    """Periods, numbers of instances, samples."""
    return Cells(
        resolution,
        np.array([period for period, _, _ in found], np.int64),
        np.array([code_of_count(count) for _, count, _ in found], np.uint16),
        np.array([samples for _, _, samples in found], np.uint32),
    )


@pytest.mark.parametrize("count", range(EXACT_MOST + 1))
def test_small_numbers_are_exact(count: int):
    assert count_of_code(code_of_count(count)) == count


@pytest.mark.parametrize("count", [60, 100, 333, 1000, 2000])
def test_large_numbers_are_within_one_percent(count: int):
    assert count_of_code(code_of_count(count)) == pytest.approx(count, rel=0.0101)


def test_least_most_and_phases_of_a_window():
    found = past(cells((0, 1, 12), (60, 2, 6), (60, 4, 6), (120, 4, 12)))
    assert found is not None
    assert (found.least, found.most, found.known) == (1, 4, 180)
    assert found.shares == {
        Phase.QUIET: pytest.approx(1 / 3),
        Phase.NORMAL: pytest.approx(1 / 6),
        Phase.BUSY: pytest.approx(1 / 2),
    }
    assert [(p.least, p.most, p.mean) for p in found.points] == [(1, 1, 1), (2, 4, 3), (4, 4, 4)]


def test_no_history_is_none():
    assert past(empty(60)) is None
