import numpy as np
import pytest

from console.health.model import Outcome
from console.response_times.outcomes import BARS, WORDS, outcome_bars, outcome_counts
from console.store.cells import DAY, HOUR, MINUTE, Cells, empty
from tests.response_times.made_cells import NOON, counted


def results(outcome: Outcome, number: int, seconds: float | None = None, start: float = NOON):
    return [(start + 20.0 * n, seconds, outcome) for n in range(number)]


def test_results_are_the_durations_and_the_outcomes_that_have_none():
    cells = counted(
        results(Outcome.OK, 90, 0.1)
        + results(Outcome.TIMEOUT, 5, 10.0)
        + results(Outcome.CONDITION, 3, 0.2)
        + results(Outcome.CONNECT, 2)
    )
    counts = outcome_counts(cells)
    assert counts.results == 100
    assert counts.samples == 98
    assert counts.bad == 10
    assert counts.bad_share == pytest.approx(0.1)


def test_outcomes_that_happened_most_come_first():
    cells = counted(results(Outcome.TLS, 1) + results(Outcome.TIMEOUT, 3, 10.0))
    assert list(outcome_counts(cells).not_ok) == [Outcome.TIMEOUT, Outcome.TLS]


def test_the_consoles_own_trouble_says_nothing_about_the_service():
    cells = counted(
        results(Outcome.OK, 10, 0.1) + results(Outcome.OFFLINE, 4) + results(Outcome.INTERNAL, 1)
    )
    counts = outcome_counts(cells)
    assert (counts.results, counts.bad, counts.left_out) == (10, 0, 5)
    assert counts.bad_share == 0


def test_beats_without_a_duration_count_as_results():
    cells = counted(results(Outcome.OK, 8) + results(Outcome.MISSED, 2))
    counts = outcome_counts(cells)
    assert (counts.results, counts.samples, counts.bad) == (10, 0, 2)


def test_failed_beats_without_a_duration_count_as_results():
    cells = counted(results(Outcome.OK, 8) + results(Outcome.CONDITION, 2))
    assert outcome_counts(cells).results == 10


def test_without_results_there_is_no_share():
    counts = outcome_counts(empty(MINUTE))
    assert (counts.results, counts.bad_share) == (0, None)


def test_an_outcome_of_a_later_version_counts_as_the_consoles_own_trouble():
    later = Cells(60, np.array([NOON]), np.array([0xF0FF], np.uint16), np.array([3], np.uint32))
    assert outcome_counts(later).left_out == 3


def test_every_outcome_has_words():
    assert set(WORDS) == set(Outcome)


def test_bars_add_up_to_the_counts():
    cells = counted(
        results(Outcome.OK, 170, 0.1, NOON - HOUR)
        + results(Outcome.TIMEOUT, 9, 10.0, NOON - 600)
        + results(Outcome.RESOLVE, 5, None, NOON - 1200)
    )
    bars = outcome_bars(cells, NOON - HOUR, NOON)
    counts = outcome_counts(cells)
    assert int(bars.results.sum()) == counts.results
    assert {key: int(one.sum()) for key, one in bars.not_ok.items()} == counts.not_ok


@pytest.mark.parametrize("length", [HOUR, DAY, 35 * DAY])
def test_there_are_never_too_many_bars(length: int):
    bars = outcome_bars(empty(MINUTE), NOON - length, NOON)
    assert len(bars.at) <= BARS
    assert len(bars.results) == len(bars.at)
