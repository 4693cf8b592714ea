import time

import numpy as np
import pytest

from console.health.check import Check, Maintenance
from console.health.model import Outcome, Status
from console.response_times.account import Tally, account
from console.response_times.slo import BUDGET_DAYS, FEW_EVENTS, RULES, Slo, slo, wilson_lower
from console.store.cells import DAY, HOUR, MINUTE, Cells, empty, merge
from console.store.histogram import code_of
from tests.response_times.made_cells import NOON, Result, counted

CHECK = Check.model_validate({"name": "api", "url": "http://api.test/"})  # 99.9 %, 1 s, 30 s


def check(**changes: object) -> Check:
    return Check.model_validate({"name": "api", "url": "http://api.test/", **changes})


def steady(length: int, every: int = 30, until: int = NOON) -> Cells:
    """Good answers of 100 ms."""
    at = np.arange(until - length, until, every)
    periods, counts = np.unique(at // MINUTE * MINUTE, return_counts=True)
    codes = np.full(len(periods), code_of(0.1), np.uint16)
    return Cells(MINUTE, periods.astype(np.int64), codes, counts.astype(np.uint32))


def bad(number: int, last: float = NOON - 30, every: float = 30.0) -> list[Result]:
    return [(last - every * n, None, Outcome.CONNECT) for n in range(number)]


def tally(results: list[Result], one: Check = CHECK) -> Tally:
    return account(counted(results), one).between(0, 2 * NOON)


def judged(*parts: Cells, one: Check = CHECK) -> Slo:
    return slo(one, merge(parts), NOON)


# What counts as good


def test_good_is_answered_ok_within_slow_after():
    found = tally([(NOON, 0.2, Outcome.OK), (NOON, 0.99, Outcome.OK), (NOON, 1.2, Outcome.OK)])
    assert (found.good, found.bad, found.slow) == (2, 1, 1)


def test_timeouts_and_errors_are_bad():
    found = tally([(NOON, 10.0, Outcome.TIMEOUT), (NOON, None, Outcome.CONNECT)])
    assert (found.good, found.bad, found.timeouts, found.errors) == (0, 2, 1, 1)


def test_a_timeout_within_slow_after_is_still_bad():
    quick = check(timeout="500ms", connect_timeout="500ms")
    found = tally([(NOON, 0.5, Outcome.TIMEOUT), (NOON, 0.1, Outcome.OK)], quick)
    assert (found.good, found.bad, found.timeouts, found.slow) == (1, 1, 1, 0)


def test_a_fast_answer_that_failed_a_condition_is_bad():
    found = tally([(NOON, 0.01, Outcome.CONDITION), (NOON, 0.1, Outcome.OK)])
    assert (found.good, found.bad, found.errors, found.unsure) == (1, 1, 1, 0)


def test_a_slow_answer_that_failed_a_condition_is_bad_once():
    found = tally([(NOON, 3.0, Outcome.CONDITION)])
    assert (found.events, found.bad, found.slow, found.errors) == (1, 1, 1, 1)


def test_where_it_cannot_be_told_which_answer_failed_it_counts_as_bad_and_says_so():
    found = tally([(NOON, 3.0, Outcome.CONDITION), (NOON, 0.1, Outcome.OK)])
    assert (found.good, found.bad, found.unsure) == (0, 2, 1)


def test_the_consoles_own_trouble_counts_as_neither():
    found = tally([(NOON, None, Outcome.OFFLINE), (NOON, None, Outcome.INTERNAL)])
    assert found.events == 0
    assert found.bad_share is None


def test_a_beat_without_a_duration_is_good_and_a_missed_one_bad():
    found = tally([(NOON, None, Outcome.OK), (NOON + 60, None, Outcome.MISSED)])
    assert (found.good, found.bad) == (1, 1)


def test_planned_maintenance_counts_as_neither():
    planned = Maintenance(title="move", start=NOON - 600, end=NOON)
    cells = merge([steady(HOUR), counted(bad(20))])
    all_of_it = slo(CHECK, cells, NOON)
    without = slo(CHECK, cells, NOON, [planned])
    assert all_of_it.budget.tally.bad == 20
    assert without.budget.tally.bad == 0
    assert without.budget.tally.good == 100


def test_maintenance_of_another_check_does_not_matter():
    planned = Maintenance(title="move", start=NOON - 600, end=NOON, checks=("other",))
    assert slo(CHECK, counted(bad(20)), NOON, [planned]).budget.tally.bad == 20


# The budget


def test_the_budget_is_what_the_objective_allows_in_thirty_days():
    budget = judged(steady(BUDGET_DAYS * DAY)).budget
    assert budget.tally.events == BUDGET_DAYS * 2880
    assert budget.allowed == pytest.approx(86.4)
    assert budget.left == 1
    assert budget.days == BUDGET_DAYS


def test_bad_probes_spend_it():
    budget = judged(steady(BUDGET_DAYS * DAY), counted(bad(43, NOON - 10 * DAY))).budget
    assert budget.left == pytest.approx(0.5, abs=0.01)


def test_it_can_be_overspent():
    found = judged(steady(BUDGET_DAYS * DAY), counted(bad(130, NOON - 10 * DAY)))
    assert found.budget.left is not None
    assert found.budget.left < -0.4
    assert found.status is Status.WARN
    assert found.lasts is None


def test_what_is_older_than_thirty_days_is_over():
    budget = judged(steady(31 * DAY), counted(bad(100, NOON - BUDGET_DAYS * DAY - 60))).budget
    assert budget.tally.bad == 0


def test_it_cannot_be_judged_while_the_objective_allows_not_even_one_bad_probe():
    budget = judged(steady(8 * HOUR)).budget
    assert budget.tally.events == 960
    assert budget.left is None
    assert budget.days == pytest.approx(1 / 3)


def test_without_any_probe_nothing_is_known():
    found = judged(empty(MINUTE))
    assert found.status is Status.UNKNOWN
    assert (found.budget.left, found.budget.days) == (None, 0.0)


def test_it_tells_how_long_the_budget_lasts_at_the_present_pace():
    # Twice too fast for three days: 5 % of the budget a day more than it should be.
    found = judged(steady(BUDGET_DAYS * DAY), counted(bad(18, NOON - HOUR, 3600.0)))
    assert found.lasts == pytest.approx((86.4 - 18) / 18 * 3 * DAY, rel=0.01)


# Burn rates


def test_the_rules_are_those_of_the_workbook():
    assert [(rule.factor, rule.long / HOUR, rule.short / MINUTE) for rule in RULES] == [
        (14.4, 1, 5),
        (6, 6, 30),
        (1, 72, 360),
    ]


def test_all_is_well_without_bad_probes():
    found = judged(steady(BUDGET_DAYS * DAY))
    assert [burn.rate for burn in found.burns] == [0, 0, 0]
    assert found.status is Status.PASS


def test_an_outage_of_now_fails_by_the_fast_rule():
    found = judged(steady(BUDGET_DAYS * DAY), counted(bad(10)))
    fast = found.burns[0]
    assert not fast.few
    assert fast.rate == pytest.approx(10 / 130 / 0.001)
    assert fast.status is Status.FAIL
    assert found.status is Status.FAIL


def test_an_outage_that_is_over_does_not_fire_any_more():
    fast = judged(steady(BUDGET_DAYS * DAY), counted(bad(10, NOON - 20 * MINUTE))).burns[0]
    assert fast.rate is not None
    assert fast.rate > fast.rule.factor
    assert fast.short_rate == 0
    assert fast.status is Status.PASS


def test_a_slow_leak_warns():
    leak = counted(bad(18, NOON - 60, 4 * HOUR))
    found = judged(steady(BUDGET_DAYS * DAY), leak)
    assert [burn.status for burn in found.burns] == [Status.PASS, Status.PASS, Status.WARN]
    assert found.status is Status.WARN


def test_with_few_probes_one_bad_one_is_an_accident():
    rare = check(interval="60s")
    found = judged(steady(DAY, every=60), counted(bad(1, NOON - 60)), one=rare)
    assert found.burns[0].long.events < FEW_EVENTS
    assert found.burns[0].status is Status.PASS


def test_with_few_probes_the_lower_bound_of_the_share_decides():
    rare = check(interval="60s")
    fast = judged(steady(DAY, every=60), counted(bad(4, NOON - 60, 60)), one=rare).burns[0]
    assert fast.few
    assert fast.rate == pytest.approx(wilson_lower(4, 64) / 0.001)
    assert fast.rate < 4 / 64 / 0.001
    assert fast.status is Status.FAIL


def test_the_short_window_holds_at_least_three_probes():
    hourly = check(interval="10m")
    fast, middle, _ = judged(steady(DAY, every=600), one=hourly).burns
    assert (fast.short_window, middle.short_window) == (30 * MINUTE, 30 * MINUTE)
    assert fast.short.events == 3


def test_silence_in_the_short_window_is_unknown_not_well():
    found = judged(steady(3 * DAY, until=NOON - 10 * MINUTE))
    assert found.burns[0].status is Status.UNKNOWN
    assert found.burns[1].status is Status.PASS
    assert found.status is Status.UNKNOWN


def test_a_burning_budget_outweighs_an_unknown_window():
    found = judged(steady(3 * DAY, until=NOON - 6 * MINUTE), counted(bad(40, NOON - 6 * MINUTE)))
    assert [burn.status for burn in found.burns[:2]] == [Status.UNKNOWN, Status.FAIL]
    assert found.status is Status.FAIL


def test_hours_are_too_coarse_for_the_short_windows():
    hours = Cells(
        HOUR,
        np.arange(NOON - 30 * DAY, NOON, HOUR, dtype=np.int64),
        np.full(720, code_of(0.1), np.uint16),
        np.full(720, 120, np.uint32),
    )
    found = slo(CHECK, hours, NOON)
    assert [burn.kept for burn in found.burns] == [False, False, True]
    assert found.burns[0].status is Status.UNKNOWN
    assert found.budget.left == 1


@pytest.mark.parametrize(
    ("bad_ones", "events", "bound"),
    [(0, 50, 0.0), (1, 10, 0.0179), (5, 50, 0.0435), (50, 50, 0.9287), (0, 0, 0.0)],
)
def test_the_lower_bound_is_that_of_wilson(bad_ones: int, events: int, bound: float):
    assert wilson_lower(bad_ones, events) == pytest.approx(bound, abs=0.0002)


def test_a_month_of_minutes_is_judged_in_50_ms():
    rng = np.random.default_rng(2)
    at = np.arange(NOON - 30 * DAY, NOON, 15) // MINUTE * MINUTE
    codes = rng.integers(560, 660, len(at))
    key, counts = np.unique(at * 4096 + codes, return_counts=True)
    cells = Cells(MINUTE, key // 4096, (key % 4096).astype(np.uint16), counts.astype(np.uint32))
    began = time.process_time()
    slo(CHECK, cells, NOON)
    assert time.process_time() - began < 0.05
