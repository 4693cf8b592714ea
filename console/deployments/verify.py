"""Whether a deployment that its platform calls live is well: the console's own verdict. Pure.

For a window after live everything that can tell is looked at, beside the same before. The verdict
follows from the evidence by three rules: what is required and not known verifies nothing; a
required failure fails; anything else that is worse degrades. While the window is open only a clear
failure is told, by a stricter test, because a test that is repeated each minute finds something
sooner or later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

from console.deployments.model import Evidence, Verdict, Verification
from console.deployments.statistics import more_often, quantile_code, slower, wilson
from console.health.check import VERIFY_WINDOW
from console.health.model import Status
from console.store.histogram import value_of
from console.words import counted, duration, listed, response_time

WINDOW = VERIFY_WINDOW  # seconds to watch after live, where the service does not say
ALPHA = 0.01  # chance that one test finds a difference where there is none, at the window's end
LOOKS = 10  # times that an open window is judged, at most: of ten minutes, one a minute
EARLY_ALPHA = ALPHA / LOOKS  # Bonferroni: all early looks together err as often as the last one

QUANTILE = 0.95
SLOWER_BY = 0.1  # a p95 that is worse by less than this share is not worth a word
WORSE_BY = 0.005  # and so an error share that rose by less than half a percentage point
FAILS_AT = 0.05  # an error share that rose by this much is a failure, not a degradation
BROKEN_AT, BROKEN_OF = 0.5, 20  # half of so many failing needs no comparison to be a failure
# Error shares that are no success whatever was before. One in twenty: where a ramp of a new version
# is to stop (the lower end of the Wilson interval above 5 %). One in a hundred spends the whole
# error budget of a 99 % objective.
FAILS_ALONE, WORSE_ALONE = 0.05, 0.01
# So many on each side: with none bad among 300, the true share is under 1 % (the rule of three),
# and 15 lie above the 95th percentile, so that twice as many would be seen as a difference.
NEEDED = 300
# What is not required: a service may have no log, no settings class and no single-item run.
LOG, SETTINGS, RUN = "new errors in the log", "settings", "run"
OTHERS = {
    LOG: "No log is read.",
    SETTINGS: "The settings are not known.",
    RUN: "The run of a single item is not known.",
}
PATIENCE = 120.0  # seconds after the window, at most, in which what is not read to its end is
PATIENT = 0.5  # waited for; and at most so much of the window
FLUKES = 2  # failed probes since live that are no chance any more, if they are WORSE_ALONE of all
COMMIT_LENGTH = 7  # characters of a hash that tell commits apart (git's own short form)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests of one stretch of time."""

    durations: Mapping[int, int] = field(default_factory=dict[int, int])  # by histogram code
    requests: int = 0
    bad: int = 0  # of them failed


@dataclass(frozen=True, slots=True)
class CheckSeen:
    """One check, before and since the deployment."""

    title: str
    now: Status
    before: Status = Status.UNKNOWN
    probes: int = 0  # since live, among the results that are kept
    failed: int = 0  # of them


@dataclass(frozen=True, slots=True)
class Watch:
    """All that was seen of one deployment. `None`: that source is not there at all."""

    commit: str
    live_at: float
    window: float = WINDOW
    instances: Mapping[str, str] | None = None  # the commit that each living instance tells
    expected: int | None = None  # instances that should run
    checks: Sequence[CheckSeen] | None = None
    before: Traffic | None = None
    after: Traffic | None = None
    source: str = "the service's own traffic"
    probes: int = 0  # of the console, in the window
    told: Sequence[Evidence] = ()  # what other rooms say of it: log, settings, run (evidence.py)
    ended_at: float | None = None  # when another deployment took its place
    skipped: Sequence[str] = ()  # names of versions just before that `before` leaves out: as bad


def verify(watch: Watch, now: float) -> Verification:
    """The verdict at `now`. One that is not `watching` is final: whoever records it keeps it."""
    ends = watch.live_at + watch.window
    over = now >= ends
    evidence = (
        _instances(watch, over),
        _checks(watch, over),
        _errors(watch, over),
        _times(watch, over),
        *(_told(watch, name, nothing) for name, nothing in OTHERS.items()),
    )
    cut_short = watch.ended_at is not None and watch.ended_at < ends
    verdict = _verdict(evidence, over=over or cut_short)
    waits = now < ends + min(PATIENCE, PATIENT * watch.window)
    if waits and verdict is not Verdict.FAILED and any(one.pending for one in evidence):
        verdict = Verdict.WATCHING
    if cut_short and verdict is Verdict.VERIFIED:
        verdict = Verdict.NOT_KNOWN
    until = min(ends, watch.ended_at) if watch.ended_at is not None else ends
    if verdict is Verdict.FAILED and not over:
        until = min(now, until)
    sentence = _sentence(verdict, evidence, watch, now, cut_short=cut_short)
    return Verification(verdict, sentence, watch.live_at, until, evidence)


def _verdict(evidence: Sequence[Evidence], *, over: bool) -> Verdict:
    if any(one.status is Status.FAIL for one in evidence if one.required):
        return Verdict.FAILED
    if not over:
        return Verdict.WATCHING
    if any(one.status in (Status.FAIL, Status.WARN) for one in evidence):
        return Verdict.DEGRADED
    if any(one.status is Status.UNKNOWN for one in evidence if one.required):
        return Verdict.NOT_KNOWN
    return Verdict.VERIFIED


def _sentence(
    verdict: Verdict, evidence: Sequence[Evidence], watch: Watch, now: float, *, cut_short: bool
) -> str:
    if verdict is Verdict.WATCHING:
        told = "Being watched"  # for how long yet, a page says: it ticks there
        if now >= watch.live_at + watch.window:
            told = f"Watched; judged as soon as it is read: {_pending(evidence)}"
        worse = [one.name for one in evidence if one.status is Status.WARN]
        so_far = f"worse so far: {listed(worse)}" if worse else "nothing failed so far"
        return f"{told}; {so_far}."
    if verdict is Verdict.VERIFIED:
        unseen = [one.name for one in evidence if one.status is Status.UNKNOWN]
        rest = f" Not looked at: {listed(unseen)}." if unseen else ""
        return f"Verified over {duration(watch.window)}.{rest}"
    if cut_short and verdict is Verdict.NOT_KNOWN:
        return "Another deployment took its place before the watch was over."
    order = {Status.FAIL: 0, Status.WARN: 1, Status.UNKNOWN: 2, Status.PASS: 3}
    telling = [one for one in evidence if one.required or one.status is not Status.UNKNOWN]
    return min(telling, key=lambda one: order[one.status]).sentence


def _pending(evidence: Sequence[Evidence]) -> str:
    return listed([one.name for one in evidence if one.pending])


def _instances(watch: Watch, over: bool) -> Evidence:
    name = "instances"
    told = {who: commit for who, commit in (watch.instances or {}).items() if commit}
    if not watch.commit:
        return Evidence(name, Status.UNKNOWN, "The platform does not tell the commit.")
    if not told:
        return Evidence(name, Status.UNKNOWN, "No instance tells which commit it runs.")
    others = sorted(who for who, commit in told.items() if not same_commit(commit, watch.commit))
    silent = len(watch.instances or {}) - len(told)
    short = watch.commit[:COMMIT_LENGTH]
    if others:
        # during the window an old one may still be ending
        status = Status.FAIL if over else Status.UNKNOWN
        said = f"{len(others)} of {counted(len(told), 'instance')} do not run {short}"
        return Evidence(name, status, f"{said}: {listed(others)}.")
    if silent:
        verb = "tells" if silent == 1 else "tell"
        said = f"{counted(silent, 'instance')} {verb} no commit; the others run {short}."
        return Evidence(name, Status.UNKNOWN, said)
    if watch.expected is not None and len(told) < watch.expected:
        said = f"{len(told)} of {watch.expected} instances are heard of, all on {short}."
        return Evidence(name, Status.WARN if over else Status.UNKNOWN, said)
    verb = "runs" if len(told) == 1 else "run"
    return Evidence(name, Status.PASS, f"{counted(len(told), 'instance')} {verb} {short}.")


def same_commit(one: str, other: str) -> bool:
    """Whether two hashes, of which either may be shortened, name the same commit."""
    if one and one.lower() == other.lower():
        return True
    length = min(len(one), len(other))
    return length >= COMMIT_LENGTH and one[:length].lower() == other[:length].lower()


def other_commit(one: str, other: str) -> bool:
    """Whether two hashes are known to name different commits."""
    return bool(one and other) and not same_commit(one, other)


def _checks(watch: Watch, over: bool) -> Evidence:
    name = "checks"
    if not watch.checks:
        return Evidence(name, Status.UNKNOWN, "There are no checks.")
    failing = [one for one in watch.checks if one.now is Status.FAIL]
    fresh = [one.title for one in failing if one.before is not Status.FAIL]
    if fresh:
        return Evidence(name, Status.FAIL, f"Failing since the deployment: {listed(fresh)}.")
    if failing:
        titles = listed([one.title for one in failing])
        said = f"Failing, as before the deployment: {titles}."
        return Evidence(name, Status.WARN if over else Status.UNKNOWN, said)
    unknown = [one.title for one in watch.checks if one.now is Status.UNKNOWN]
    if unknown:
        return Evidence(name, Status.UNKNOWN, f"No result of {listed(unknown)}.")
    worse = [
        one.title for one in watch.checks if (one.now, one.before) == (Status.WARN, Status.PASS)
    ]
    if worse:
        return Evidence(name, Status.WARN, f"Warning since the deployment: {listed(worse)}.")
    probes, failed = (
        sum(one.probes for one in watch.checks),
        sum(one.failed for one in watch.checks),
    )
    if not failed:
        said = f"{counted(len(watch.checks), 'check')} did not fail."
        return Evidence(name, Status.PASS, said)
    worst = [one.title for one in watch.checks if one.failed]
    said = f"No check's status is failing, but {failed} of {counted(probes, 'probe')} failed"
    status = Status.WARN if failed >= FLUKES and failed / probes >= WORSE_ALONE else Status.PASS
    return Evidence(name, status, f"{said}: {listed(worst)}.")


def _errors(watch: Watch, over: bool) -> Evidence:
    name = "errors"
    before, after = watch.before, watch.after
    if before is None or after is None:
        return Evidence(name, Status.UNKNOWN, _no_traffic(watch))
    chance = more_often(before.bad, before.requests, after.bad, after.requests)
    then, since = _share(before.bad, before.requests), _share(after.bad, after.requests)
    clear = chance < (ALPHA if over else EARLY_ALPHA)
    told = f"{_percent(since)} of {after.requests} requests failed, before {_percent(then)}"
    told = f"{told} of {before.requests}{_skipped(watch)}"
    if clear and since - then >= WORSE_BY:
        status = Status.FAIL if since - then >= FAILS_AT else Status.WARN
        return Evidence(name, status, f"{told}: more than chance (p {_p(chance)}).")
    few = min(before.requests, after.requests) < NEEDED
    if few and after.requests >= BROKEN_OF and since >= BROKEN_AT and then < BROKEN_AT:
        return Evidence(name, Status.FAIL, f"{told}: broken.")
    alone = _alone(before, after, over)
    if alone is not None:
        status, said = alone
        return Evidence(name, status, f"{told}: {said}.")
    if few:
        return Evidence(name, Status.UNKNOWN, _too_few(watch, before.requests, after.requests))
    return Evidence(name, Status.PASS, f"{told}.")


def _alone(before: Traffic, after: Traffic, over: bool) -> tuple[Status, str] | None:
    """What the error share says by itself, beyond chance; `None` where it is low enough.

    One that was as high in the version before is no failure of this one (to take it back would not
    help), and it is no success.
    """
    z = NormalDist().inv_cdf(1 - (ALPHA if over else EARLY_ALPHA))
    least, least_before = (wilson(one.bad, one.requests, z)[0] for one in (after, before))
    if least >= FAILS_ALONE:
        if least_before >= FAILS_ALONE:
            return Status.WARN, f"as high before, and {_percent(FAILS_ALONE)} is no success"
        if before.requests < NEEDED:
            return Status.FAIL, f"{_percent(FAILS_ALONE)} is a failure whatever was before"
        return Status.WARN, f"above {_percent(FAILS_ALONE)}"
    if before.requests < NEEDED and least >= WORSE_ALONE:
        return Status.WARN, f"above {_percent(WORSE_ALONE)}, with too little to compare it with"
    return None


def _skipped(watch: Watch) -> str:
    if not watch.skipped:
        return ""
    verb = "is" if len(watch.skipped) == 1 else "are"
    return f" ({listed(watch.skipped)}, found worse, {verb} left out)"


def _times(watch: Watch, over: bool) -> Evidence:
    name = "response times"
    before, after = watch.before, watch.after
    if before is None or after is None:
        return Evidence(name, Status.UNKNOWN, _no_traffic(watch))
    counts = sum(before.durations.values()), sum(after.durations.values())
    then = quantile_code(before.durations, QUANTILE)
    since = quantile_code(after.durations, QUANTILE)
    if min(counts) < NEEDED or then is None or since is None:
        return Evidence(name, Status.UNKNOWN, _too_few(watch, *counts))
    chance = slower(before.durations, after.durations, QUANTILE)
    ratio = value_of(since) / value_of(then) - 1
    told = f"p95 {response_time(value_of(since))} of {counts[1]} requests, before "
    told += f"{response_time(value_of(then))} of {counts[0]}{_skipped(watch)}"
    if chance < (ALPHA if over else EARLY_ALPHA) and ratio >= SLOWER_BY:
        said = f"{told}: {ratio * 100:.0f} % slower, more than chance (p {_p(chance)})."
        return Evidence(name, Status.WARN, said)
    return Evidence(name, Status.PASS, f"{told}.")


def _told(watch: Watch, name: str, nothing: str) -> Evidence:
    unknown = Evidence(name, Status.UNKNOWN, nothing, required=False)
    return next((one for one in watch.told if one.name == name), unknown)


def _no_traffic(watch: Watch) -> str:
    said = f"Nothing is known of {watch.source}"
    if not watch.probes:
        return f"{said}."
    told = f"{counted(watch.probes, 'probe')} in {duration(watch.window)}"
    enough = f", {NEEDED} are needed" if watch.probes < NEEDED else ": they are no users"
    return f"{said}, and the console's own probes are too few to tell ({told}{enough})."


def _too_few(watch: Watch, before: int, after: int) -> str:
    said = (
        f"Too few requests to tell: {after} since and {before} before{_skipped(watch)}, "
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
