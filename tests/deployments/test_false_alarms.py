"""How often a watch errs where nothing changed, and how surely it sees what did: measured over
hundreds of simulated deployments, as the page would judge them."""

from collections import Counter
from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from console.deployments.comparison import ALPHA, EARLY_ALPHA
from console.deployments.model import Evidence, Verdict
from console.deployments.verify import verify
from console.deployments.watch import LOOKS, OTHERS, WINDOW, CheckSeen, Traffic, Watch
from console.health.model import Status
from console.store.histogram import code_of

LIVE = 1_000_000.0
COMMIT = "a" * 40
DEPLOYMENTS = 200
WELL = Watch(
    COMMIT,
    LIVE,
    instances={"i1": COMMIT},
    checks=(CheckSeen("Door", Status.PASS, Status.PASS),),
    told=tuple(Evidence(name, Status.PASS, "", required=False) for name in OTHERS),
)
Random = np.random.Generator


def traffic(random: Random, requests: int, slower: float = 1.0, bad: float = 0.0) -> Traffic:
    """Log-normal durations around 100 ms with the long tail that web services have."""
    seconds = random.lognormal(np.log(0.1 * slower), 0.6, requests)
    codes = Counter(code_of(float(one)) for one in seconds)
    return Traffic(codes, requests, int(random.binomial(requests, bad)))


def added(one: Traffic, other: Traffic) -> Traffic:
    durations = dict(Counter(one.durations) + Counter(other.durations))
    return Traffic(durations, one.requests + other.requests, one.bad + other.bad)


def at_most(chance: float, of: int) -> float:
    """Beyond the mean by four standard deviations: one in thirty thousand fixed seeds."""
    return of * chance + 4 * sqrt(of * chance * (1 - chance)) + 1


@pytest.mark.parametrize(("requests", "bad"), [(300, 0.0), (1000, 0.02)])
def test_where_nothing_changed_the_last_look_hardly_ever_finds_anything(requests: int, bad: float):
    random = np.random.default_rng(20261124)
    verdicts = Counter(
        verify(
            replace(
                WELL,
                before=traffic(random, 3 * requests, bad=bad),
                after=traffic(random, requests, bad=bad),
            ),
            LIVE + WINDOW,
        ).verdict
        for _ in range(DEPLOYMENTS)
    )
    assert verdicts[Verdict.VERIFIED] + verdicts[Verdict.DEGRADED] == DEPLOYMENTS
    # two tests: of the errors, and of the times
    assert verdicts[Verdict.DEGRADED] <= at_most(2 * ALPHA, DEPLOYMENTS)


def test_looking_ten_times_errs_no_more_often_than_it_says():
    """A failure ends a watch at once, so that every look is a chance to err."""
    random = np.random.default_rng(20261125)
    failed = 0
    for _ in range(DEPLOYMENTS // 4):
        before, after = traffic(random, 2000, bad=0.05), Traffic()
        for look in range(1, LOOKS + 1):
            after = added(after, traffic(random, 60, bad=0.05))
            watch = replace(WELL, before=before, after=after)
            if verify(watch, LIVE + look * WINDOW / LOOKS).verdict is Verdict.FAILED:
                failed += 1
                break
    assert failed <= at_most(LOOKS * EARLY_ALPHA + ALPHA, DEPLOYMENTS // 4)


@pytest.mark.parametrize(
    ("slower", "bad", "found"),
    [
        (2.0, 0.0, Verdict.DEGRADED),  # twice as slow, with just as many requests as are needed
        (1.0, 0.10, Verdict.FAILED),  # one of ten fails
    ],
)
def test_what_got_twice_as_slow_or_fails_is_all_but_always_seen(
    slower: float, bad: float, found: Verdict
):
    random = np.random.default_rng(20261126)
    verdicts = Counter(
        verify(
            replace(WELL, before=traffic(random, 900), after=traffic(random, 300, slower, bad)),
            LIVE + WINDOW,
        ).verdict
        for _ in range(DEPLOYMENTS)
    )
    assert verdicts[found] >= 0.98 * DEPLOYMENTS, verdicts


def test_a_version_that_is_twice_as_fast_is_never_held_against_it():
    random = np.random.default_rng(20261127)
    for _ in range(DEPLOYMENTS // 4):
        watch = replace(WELL, before=traffic(random, 900), after=traffic(random, 300, 0.5))
        assert verify(watch, LIVE + WINDOW).verdict is Verdict.VERIFIED


def test_a_drift_of_a_tenth_with_the_hour_of_the_day_is_not_held_against_it():
    """The middle of what was before lies twenty minutes before that of the watch."""
    random = np.random.default_rng(20261128)
    trials = DEPLOYMENTS // 5
    verdicts = Counter(
        verify(
            replace(WELL, before=traffic(random, 3000), after=traffic(random, 1000, slower=1.1)),
            LIVE + WINDOW,
        ).verdict
        for _ in range(trials)
    )
    assert verdicts[Verdict.DEGRADED] <= at_most(ALPHA, trials), verdicts


@pytest.mark.parametrize("requests", [20, 100])
def test_with_little_traffic_whose_failures_come_in_bursts_hardly_anything_is_called_failed(
    requests: int,
):
    """One in a hundred fails, before and since, three at a time."""
    random = np.random.default_rng(20261129)

    def some(of: int) -> Traffic:
        bursts = random.poisson(of * 0.01 / 3)
        return Traffic({}, of, min(of, int(random.geometric(1 / 3, bursts).sum())))

    found: Counter[Verdict] = Counter()
    for _ in range(DEPLOYMENTS):
        before, after, last = some(3 * requests), Traffic(), Verdict.WATCHING
        for look in range(1, LOOKS + 1):
            after = added(after, some(requests // LOOKS))
            watch = replace(WELL, before=before, after=after)
            last = verify(watch, LIVE + look * WINDOW / LOOKS).verdict
            if last is not Verdict.WATCHING:
                break
        found[last] += 1
    assert found[Verdict.FAILED] <= at_most(ALPHA, DEPLOYMENTS), found
    assert found[Verdict.VERIFIED] == 0  # with so little, nothing is
