import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.health.model import Outcome
from console.store.histogram import (
    MAX_CODE,
    OUTCOME_BASE,
    RELATIVE_ERROR,
    SMALLEST,
    code_of,
    outcome_code,
    outcome_of,
    value_of,
)

IN_RANGE = st.floats(min_value=SMALLEST * 1.0001, max_value=20_000)


@given(IN_RANGE)
def test_the_value_of_a_bucket_is_within_one_percent(seconds: float) -> None:
    assert abs(value_of(code_of(seconds)) - seconds) <= RELATIVE_ERROR * seconds * (1 + 1e-9)


def test_the_error_bound_is_what_the_readme_promises() -> None:
    assert RELATIVE_ERROR < 0.01


@given(IN_RANGE, IN_RANGE)
def test_a_longer_duration_never_gets_a_lower_bucket(one: float, other: float) -> None:
    assert (one <= other) <= (code_of(one) <= code_of(other))


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(0.0, 0), (-1.0, 0), (1e-9, 0), (math.nan, 0), (1e9, MAX_CODE), (math.inf, MAX_CODE)],
)
def test_what_no_clock_can_measure_falls_into_the_outer_buckets(seconds: float, code: int) -> None:
    assert code_of(seconds) == code


def test_buckets_and_outcomes_do_not_overlap() -> None:
    assert MAX_CODE < OUTCOME_BASE


def test_every_outcome_has_a_code_and_comes_back_from_it() -> None:
    codes = {outcome: outcome_code(outcome) for outcome in Outcome}
    assert len(set(codes.values())) == len(Outcome)
    assert {outcome_of(code) for code in codes.values()} == set(Outcome)


def test_the_codes_in_stored_history_never_change() -> None:
    assert [outcome_code(Outcome(name)) - OUTCOME_BASE for name in (
        "ok", "condition", "timeout", "resolve", "connect", "tls", "protocol", "redirect",
        "missed", "offline", "internal",
    )] == list(range(11))  # fmt: skip


def test_a_code_that_counts_no_outcome_is_said() -> None:
    with pytest.raises(ValueError, match="61695"):
        outcome_of(OUTCOME_BASE + 255)
