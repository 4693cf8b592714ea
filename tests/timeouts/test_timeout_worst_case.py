"""The account of the worst case: published figures, and that nothing ever takes longer."""

import random

import pytest

from console.timeouts.model import Plan, resolve
from console.timeouts.worst_case import pages_within, worst_case

ROUNDS = 400


def simulated_call(plan: Plan, chance: random.Random) -> float:
    """Seconds of one call whose attempts fail at random times, up to their limits."""
    limit = plan.time("API_TIMEOUT_SECONDS") or 0.0
    connect = plan.time("API_CONNECT_TIMEOUT_SECONDS") or limit
    base, jitter = plan.time("RETRY_BASE_MS") or 0.0, plan.time("RETRY_JITTER_MS") or 0.0
    cap = plan.time("RETRY_CAP_MS")
    asked_most = plan.time("RETRY_AFTER_MAX_SECONDS") or 0.0
    inner = plan.count("HTTP_CLIENT_RETRIES") + 1
    total = 0.0
    for place in range(plan.count("API_MAX_RETRIES") + 1):
        if place:
            wait = base * 2 ** (place - 1)
            wait = wait if cap is None else min(wait, cap)
            total += max(wait + chance.uniform(0, jitter), chance.uniform(0, asked_most))
        for _ in range(chance.randint(1, inner)):
            if plan.word("API_TIMEOUT_SCOPE") == "phase":
                total += chance.uniform(0, connect)
                total += sum(chance.choice([limit, chance.uniform(0, limit)]) for _ in range(3))
            else:
                total += chance.choice([limit, chance.uniform(0, limit)])
        if chance.random() < 0.1:
            break  # answered
    return total


def simulated_run(plan: Plan, chance: random.Random) -> float:
    left, total = plan.count("BATCH_ITEMS"), 0.0
    while left > 0:
        total += simulated_call(plan, chance)
        left -= plan.count("API_PAGE_SIZE")
        if left > 0:
            total += plan.time("API_PAGE_WAIT_MS") or 0.0
    return total


def any_plan(chance: random.Random) -> Plan:
    texts = {
        "API_TIMEOUT_SECONDS": str(chance.randint(1, 60)),
        "API_CONNECT_TIMEOUT_SECONDS": str(chance.randint(1, 60)),
        "API_TIMEOUT_SCOPE": chance.choice(["total", "phase"]),
        "API_MAX_RETRIES": str(chance.randint(0, 6)),
        "HTTP_CLIENT_RETRIES": str(chance.randint(0, 2)),
        "RETRY_BASE_MS": str(chance.randint(0, 3000)),
        "RETRY_JITTER_MS": str(chance.randint(0, 3000)),
        "API_PAGE_WAIT_MS": str(chance.randint(0, 5000)),
        "API_PAGE_SIZE": str(chance.randint(1, 100)),
        "BATCH_ITEMS": str(chance.randint(0, 300)),
    }
    if chance.random() < 0.5:
        texts["RETRY_CAP_MS"] = str(chance.randint(1, 5000))
    if chance.random() < 0.5:
        texts["RETRY_AFTER_MAX_SECONDS"] = str(chance.randint(1, 60))
    return resolve(texts)


@pytest.mark.parametrize("seed", range(20))
def test_no_simulated_schedule_takes_longer_than_the_worst_case(seed: int):
    chance = random.Random(seed)
    for _ in range(ROUNDS // 20):
        plan = any_plan(chance)
        worst = worst_case(plan)
        assert worst.call is not None
        assert worst.run is not None
        for _ in range(10):
            assert simulated_call(plan, chance) <= worst.call + 1e-9
        assert simulated_run(plan, chance) <= worst.run + 1e-6


def test_the_worst_case_is_reached_when_everything_takes_its_limit():
    """The bound is tight: attempts at their limit and full jitter take exactly as long."""
    plan = resolve({})
    exact = 4 * 30.0 + (0.3 + 0.2) + (0.6 + 0.2) + (1.2 + 0.2)
    assert worst_case(plan).call == pytest.approx(exact)


def test_the_published_figures_come_out():
    worst = worst_case(resolve({}))
    assert worst.call == pytest.approx(122.7, abs=0.01)
    assert worst.run == pytest.approx(621.5, abs=0.01)
    single = worst_case(resolve({"API_MAX_RETRIES": "0"}))
    assert single.run == pytest.approx(158.0)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("API_TIMEOUT_SECONDS", ["1", "10", "30", "none"]),
        ("API_MAX_RETRIES", ["0", "1", "3", "9"]),
        ("RETRY_BASE_MS", ["0", "300", "3000"]),
        ("RETRY_JITTER_MS", ["0", "200", "3000"]),
        ("RETRY_AFTER_MAX_SECONDS", ["1", "30", "none"]),
        ("API_PAGE_WAIT_MS", ["0", "2000", "5000"]),
        ("BATCH_ITEMS", ["0", "100", "101", "5000"]),
    ],
)
def test_more_of_anything_never_makes_the_worst_case_shorter(name: str, texts: list[str]):
    runs = [worst_case(resolve({name: text})).run for text in texts]
    ends = [float("inf") if run is None else run for run in runs]
    assert ends == sorted(ends)


def test_a_part_without_a_limit_makes_all_of_it_endless():
    assert worst_case(resolve({"API_TIMEOUT_SECONDS": "none"})).run is None
    assert worst_case(resolve({"RETRY_AFTER_MAX_SECONDS": "none"})).call is None
    assert worst_case(resolve({"RETRY_AFTER_MAX_SECONDS": "none", "API_MAX_RETRIES": "0"})).call


def test_the_lines_add_up_to_their_totals():
    worst = worst_case(resolve({"RETRY_AFTER_MAX_SECONDS": "20"}))
    open_sum = 0.0
    for line in worst.lines[1:]:
        assert line.seconds is not None
        if line.total:
            assert line.seconds == pytest.approx(open_sum)
            open_sum = 0.0
        else:
            open_sum += line.seconds


def test_pages_that_fit_are_counted_with_their_waits():
    plan = resolve({})
    assert pages_within(plan, 300.0) == 2
    assert pages_within(plan, 122.7 * 3 + 4.0 + 1e-6) == 3
    assert pages_within(plan, 100.0) == 0
