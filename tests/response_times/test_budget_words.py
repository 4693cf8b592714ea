import pytest

from console.health.check import Check
from console.health.model import Outcome, Status
from console.response_times.account import Tally
from console.response_times.budget_words import (
    bad_in_words,
    budget_sentence,
    burn_word,
    events_needed,
    left,
    means,
    objective,
    percent,
    rate,
    rates,
    rule_name,
)
from console.response_times.slo import RULES, Burn, Slo
from tests.response_times.made_analysis import API, analysed, even

LOOSE = API.model_copy(update={"objective": 0.95})


def judged(results: list[tuple[float, float | None, Outcome]], check: object = LOOSE) -> Slo:
    slo = analysed(results, check=check).slo
    assert slo is not None
    return slo


def test_the_objective_is_told_with_its_limit() -> None:
    assert objective(judged([], API)) == "99.9 % of probes answered ok within 500 ms"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.999, "99.9 %"), (0.9995, "99.95 %"), (0.5, "50 %"), (0.99999, "99.999 %")],
)
def test_an_objective_keeps_all_its_nines(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("share", "needs"), [(0.999, 1000), (0.99, 100), (0.95, 20), (0.9995, 2000)]
)
def test_a_budget_needs_so_many_probes_that_one_may_be_bad(share: float, needs: int) -> None:
    assert events_needed(share) == needs


def test_without_probes_there_is_no_budget() -> None:
    slo = judged([])
    assert budget_sentence(slo) == "There is no probe yet to judge the objective by."
    assert left(slo.budget) == "–"


def test_few_probes_say_how_many_are_needed() -> None:
    assert budget_sentence(judged(even(0.1, 12, every=60))) == (
        "12 probes in 12 minutes, 0 bad: too few for an error budget. From 20 probes on the "
        "objective allows a bad one."
    )


def test_an_untouched_budget_is_left_in_full() -> None:
    slo = judged(even(0.1, 120))
    assert left(slo.budget) == "100 %"
    assert budget_sentence(slo) == (
        "120 probes in 1 hour allow 6 bad ones; there were 0, so 100 % of the error budget is left."
    )


def test_what_is_left_is_rounded_down_and_lasts_at_the_present_pace() -> None:
    slo = judged(even(0.1, 119) + even(0.9, 1, every=15))
    assert left(slo.budget) == "83 %"
    assert budget_sentence(slo).endswith(
        "there were 1, so 83 % of the error budget is left; "
        "at the pace of the last 3 days it lasts 150 days."
    )


def test_a_spent_budget_says_how_often() -> None:
    slo = judged(even(0.1, 108) + even(0.9, 12, every=15))
    assert left(slo.budget) == "spent"
    assert budget_sentence(slo).endswith("there were 12, 2.0 times the error budget.")


def test_bad_probes_are_told_by_what_they_were() -> None:
    assert bad_in_words(judged(even(0.1, 20))) == "no bad probe"
    results = even(0.1, 20) + even(0.9, 2) + even(0, 3, outcome=Outcome.CONNECT)
    results += even(10.0, 1, outcome=Outcome.TIMEOUT)
    assert bad_in_words(judged(results)) == "2 slow, 1 timed out, 3 failed otherwise"


def test_rules_are_told_as_the_workbook_has_them() -> None:
    assert [rule_name(rule) for rule in RULES] == [
        "14.4 × over 1 h and 5 min",
        "6 × over 6 h and 30 min",
        "1 × over 3 d and 6 h",
    ]
    assert [means(rule) for rule in RULES] == [
        "2 % of the budget in 1 h; all of it in 2 d 2 h",
        "5 % of the budget in 6 h; all of it in 5 d",
        "10 % of the budget in 3 d; all of it in 30 d",
    ]


def test_a_rate_has_the_digits_that_matter() -> None:
    assert [rate(one) for one in (None, 0.0, 0.44, 14.21, 339.4)] == [
        "–",
        "0",
        "0.4",
        "14.2",
        "339",
    ]


def test_rates_are_told_with_the_probes_they_are_made_of() -> None:
    burn = Burn(RULES[0], 0.95, 300.0, Tally(good=108, bad=12), Tally(good=5, bad=5))
    assert rates(burn) == ("1 h: 2.0 (12 of 120)", "5 min: 10.0 (5 of 10)")


def test_the_rate_of_few_probes_is_a_lower_limit() -> None:
    burn = Burn(RULES[0], 0.95, 300.0, Tally(good=10, bad=2), Tally())
    assert rates(burn) == ("1 h: at least 0.9 (2 of 12)", "5 min: no probes")


def test_a_rule_without_probes_or_fine_history_is_unknown_and_says_why() -> None:
    assert burn_word(Burn(RULES[0], 0.95, 300.0)) == "no probes"
    coarse = Burn(RULES[0], 0.95, 300.0, kept=False)
    assert (coarse.status, burn_word(coarse)) == (Status.UNKNOWN, "only kept by the hour")


def test_a_rule_that_fires_is_too_fast() -> None:
    burn = Burn(RULES[0], 0.999, 300.0, Tally(good=50, bad=60), Tally(bad=10))
    assert (burn.status, burn_word(burn)) == (Status.FAIL, "too fast")
    calm = Burn(RULES[0], 0.999, 300.0, Tally(good=120), Tally(good=10))
    assert burn_word(calm) == "fine"


def test_a_job_that_reports_by_itself_has_no_limit_in_its_objective() -> None:
    nightly = Check(name="api", type="push", interval=3600)
    assert objective(judged([], nightly)) == "99.9 % of its reports in time and ok"
