import numpy as np
import pytest

from console.health.model import Outcome
from console.response_times.heatmap import COLUMNS, ROWS, heatmap, lower_edge
from console.store.cells import DAY, HOUR, MINUTE, empty
from console.store.histogram import GAMMA, MAX_CODE, code_of
from tests.response_times.made_cells import NOON, answers, counted, pile


def test_every_sample_is_in_exactly_one_cell():
    seconds = np.random.default_rng(5).lognormal(-2.5, 1.0, 700)
    found = heatmap(answers(list(seconds), NOON - 6 * HOUR), NOON - 6 * HOUR, NOON)
    assert found is not None
    assert found.samples == 700


@pytest.mark.parametrize("length", [HOUR, 6 * HOUR, DAY, 7 * DAY, 35 * DAY])
def test_it_is_never_larger_than_its_limits(length: int):
    cells = pile([1e-6, 1e-3, 0.1, 20_000], NOON - MINUTE)
    found = heatmap(cells, NOON - length, NOON)
    assert found is not None
    rows, columns = found.counts.shape
    assert rows <= ROWS
    assert columns <= COLUMNS
    assert (len(found.durations), len(found.at)) == (rows + 1, columns + 1)
    assert found.at[-1] == NOON


def test_a_sample_lies_between_the_edges_of_its_row_and_column():
    cells = answers([0.05, 0.2, 3.0], NOON - HOUR, every=1000)
    found = heatmap(cells, NOON - HOUR, NOON)
    assert found is not None
    for number, seconds in enumerate((0.05, 0.2, 3.0)):
        column = int((NOON - HOUR + number * 1000 - found.at[0]) // found.step)
        (row,) = np.flatnonzero(found.counts[:, column])
        assert found.durations[row] < seconds <= found.durations[row + 1]


def test_rows_are_equally_high_on_a_logarithmic_axis():
    found = heatmap(pile([0.01, 10.0]), NOON, NOON + HOUR)
    assert found is not None
    ratios = found.durations[1:] / found.durations[:-1]
    assert ratios == pytest.approx(ratios[0])


def test_equal_durations_are_one_row_among_empty_ones():
    found = heatmap(answers([0.1] * 100, NOON - HOUR), NOON - HOUR, NOON)
    assert found is not None
    assert np.count_nonzero(found.counts.sum(axis=1)) == 1
    assert len(found.counts) >= 8


def test_timeouts_are_in_it_at_their_limit_and_errors_are_not():
    results = [(NOON - 60.0, 10.0, Outcome.TIMEOUT), (NOON - 60.0, None, Outcome.CONNECT)]
    found = heatmap(counted(results), NOON - HOUR, NOON)
    assert found is not None
    assert found.samples == 1
    assert found.durations[0] < 10.0 < found.durations[-1]


def test_without_durations_there_is_none():
    assert heatmap(empty(MINUTE), NOON - HOUR, NOON) is None
    assert heatmap(counted([(NOON - 60.0, None, Outcome.TLS)]), NOON - HOUR, NOON) is None


@pytest.mark.parametrize("code", [0, 1, 17, 600, MAX_CODE])
def test_the_edge_of_a_bucket_is_where_the_next_lower_one_ends(code: int):
    edge = lower_edge(code)
    if code:
        assert code_of(edge * 1.0001) == code
        assert code_of(edge * 0.9999) == code - 1
    assert lower_edge(code + 1) / edge == pytest.approx(GAMMA)
