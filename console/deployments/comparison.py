"""What the real traffic says of a deployment that is watched, beside the same before. Pure."""

import math

from console.deployments.model import Evidence
from console.deployments.statistics import beyond, more_often, quantile_code, slower
from console.deployments.watch import LOOKS, Traffic, Watch
from console.health.model import Status
from console.store.histogram import GAMMA, value_of
from console.words import counted, duration, listed, response_time

ALPHA = 0.01  # chance that one test finds a difference where there is none, at the window's end
EARLY_ALPHA = ALPHA / LOOKS  # Bonferroni: all early looks together err as often as the last one

QUANTILE = 0.95
# A p95 that is worse by less than this share is not worth a word; and so much it may drift with the
# hour of the day within twenty minutes, from the middle of what was before to that of the watch.
SLOWER_BY = 0.1
DRIFT_CODES = math.ceil(math.log(1 + SLOWER_BY) / math.log(GAMMA))  # the same in the histogram
WORSE_BY = 0.005  # and so an error share that rose by less than half a percentage point
FAILS_AT = 0.05  # an error share that rose by this much is a failure, not a degradation
# Failed requests seldom come alone: a client tries again, a dependency is away for a second. So
# many are counted as one in every test; simulated with bursts of three (tests/deployments).
TOGETHER = 2
FEWEST_BAD = 5  # with fewer failed requests nothing is a failure: they may all be of one client
BROKEN_AT, BROKEN_OF = 0.5, 20  # half of so many failing needs no comparison to be a failure
# Error shares that are no success whatever was before, once they are beyond chance. One in twenty:
# where a ramp of a new version is to stop. One in a hundred spends the whole error budget of a 99 %
# objective.
FAILS_ALONE, WORSE_ALONE = 0.05, 0.01
# So many on each side: with none bad among 300, the true share is under 1 % (the rule of three),
# and 15 lie above the 95th percentile, so that twice as many would be seen as a difference.
NEEDED = 300


def of_errors(watch: Watch, over: bool) -> Evidence:
    """Whether more requests fail than before, or too many by any measure."""
    name = "errors"
    before, after = watch.before, watch.after
    if before is None or after is None:
        return Evidence(name, Status.UNKNOWN, _no_traffic(watch))
    chance = more_often(*_apart(before), *_apart(after))
    then, since = _share(before.bad, before.requests), _share(after.bad, after.requests)
    clear = chance < (ALPHA if over else EARLY_ALPHA)
    told = f"{_percent(since)} of {after.requests:,} requests failed, before {_percent(then)}"
    told = f"{told} of {before.requests:,}{_skipped(watch)}"
    if clear and since - then >= WORSE_BY:
        many = since - then >= FAILS_AT and after.bad >= FEWEST_BAD
        status = Status.FAIL if many else Status.WARN
        return Evidence(name, status, f"{told}: more than chance (p {_p(chance)}).")
    few = min(before.requests, after.requests) < NEEDED
    if few and after.requests >= BROKEN_OF and since >= BROKEN_AT and then < BROKEN_AT:
        return Evidence(name, Status.FAIL, f"{told}: broken.")
    alone = _alone(before, after, over)
    if alone is not None:
        status, said = alone
        return Evidence(name, status, f"{told}: {said}.")
    if few:
        said = _too_few(watch, before.requests, after.requests)
        return Evidence(name, Status.UNKNOWN, f"{told}. {said}" if after.bad else said)
    return Evidence(name, Status.PASS, f"{told}.")


def _alone(before: Traffic, after: Traffic, over: bool) -> tuple[Status, str] | None:
    """What the error share says by itself, beyond chance; `None` where it is low enough.

    One that was as high in the version before is no failure of this one (to take it back would not
    help), and it is no success.
    """
    alpha = ALPHA if over else EARLY_ALPHA
    if beyond(*_apart(after), FAILS_ALONE) < alpha:
        if beyond(*_apart(before), FAILS_ALONE) < alpha:
            return Status.WARN, f"as high before, and {_percent(FAILS_ALONE)} is no success"
        if before.requests < NEEDED and after.bad >= FEWEST_BAD:
            return Status.FAIL, f"{_percent(FAILS_ALONE)} is a failure whatever was before"
        return Status.WARN, f"above {_percent(FAILS_ALONE)}"
    if before.requests < NEEDED and beyond(*_apart(after), WORSE_ALONE) < alpha:
        return Status.WARN, f"above {_percent(WORSE_ALONE)}, with too little to compare it with"
    return None


def _apart(of: Traffic) -> tuple[int, int]:
    """Failed ones and all, as if so many had come together that each tells of itself only."""
    return of.bad // TOGETHER, of.requests // TOGETHER


def _skipped(watch: Watch) -> str:
    if not watch.skipped:
        return ""
    verb = "is" if len(watch.skipped) == 1 else "are"
    return f" ({listed(watch.skipped)}, found worse, {verb} left out)"


def of_times(watch: Watch, over: bool) -> Evidence:
    """Whether requests take longer than before."""
    name = "response times"
    before, after = watch.before, watch.after
    if before is None or after is None:
        return Evidence(name, Status.UNKNOWN, _no_traffic(watch))
    counts = sum(before.durations.values()), sum(after.durations.values())
    then = quantile_code(before.durations, QUANTILE)
    since = quantile_code(after.durations, QUANTILE)
    if min(counts) < NEEDED or then is None or since is None:
        return Evidence(name, Status.UNKNOWN, _too_few(watch, *counts))
    drifted = {code + DRIFT_CODES: count for code, count in before.durations.items()}
    chance = slower(drifted, after.durations, QUANTILE)
    ratio = value_of(since) / value_of(then) - 1
    told = f"p95 {response_time(value_of(since))} of {counts[1]:,} requests, before "
    told += f"{response_time(value_of(then))} of {counts[0]:,}{_skipped(watch)}"
    if chance < (ALPHA if over else EARLY_ALPHA) and ratio >= SLOWER_BY:
        said = f"{told}: {ratio * 100:.0f} % slower, more than chance (p {_p(chance)})."
        return Evidence(name, Status.WARN, said)
    return Evidence(name, Status.PASS, f"{told}.")


def _no_traffic(watch: Watch) -> str:
    said = f"Nothing is known of {watch.source}"
    if not watch.probes:
        return f"{said}."
    told = f"{counted(watch.probes, 'probe')} in {duration(watch.window)}"
    enough = f", {NEEDED} are needed" if watch.probes < NEEDED else ": they are no users"
    return f"{said}, and the console's own probes are too few to tell ({told}{enough})."


def _too_few(watch: Watch, before: int, after: int) -> str:
    said = (
        f"Too few requests to tell: {after:,} since and {before:,} before{_skipped(watch)}, "
        f"from {watch.source}; {NEEDED} on each side are needed."
    )
    if after < NEEDED:
        return f"{said} Let it have more requests, or watch longer (verify_window)."
    return f"{said} Let it run on: the next deployment can be compared with this one."


def _share(bad: int, total: int) -> float:
    return bad / total if total else 0.0


def _percent(share: float) -> str:
    return f"{share * 100:.2g} %" if 0 < share < 0.1 else f"{share * 100:.0f} %"


def _p(chance: float) -> str:
    return "under 0.0001" if chance < 0.0001 else f"{chance:.4f}"
