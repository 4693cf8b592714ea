"""Whether a deployment that its platform calls live is well: the console's own verdict. Pure.

For a window after live everything that can tell is looked at, beside the same before. The verdict
follows from the evidence by three rules: what is required and not known verifies nothing; a
required failure fails; anything else that is worse degrades. While the window is open only a clear
failure is told, by a stricter test, because a test that is repeated each minute finds something
sooner or later.
"""

from collections.abc import Sequence

from console.deployments.comparison import of_errors, of_times
from console.deployments.model import Evidence, Verdict, Verification
from console.deployments.signs import of_checks, of_instances
from console.deployments.watch import OTHERS, Watch
from console.health.model import Status
from console.words import duration, listed

# Seconds after the window, at most, in which what is not read to its end is waited for, and at most
# so much of the window. The log is read on demand then; what happens after the window never counts.
PATIENCE = 60.0
PATIENT = 0.5


def verify(watch: Watch, now: float) -> Verification:
    """The verdict at `now`. One that is not `watching` is final: whoever records it keeps it."""
    ends = watch.live_at + watch.window
    over = now >= ends
    evidence = (
        of_instances(watch, over),
        of_checks(watch, over),
        of_errors(watch, over),
        of_times(watch, over),
        *(_told(watch, name, nothing) for name, nothing in OTHERS.items()),
    )
    cut_short = watch.ended_at is not None and watch.ended_at < ends
    verdict = _verdict(evidence, over=over or cut_short)
    waits = now < ends + _patience(watch)
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
        left = watch.live_at + watch.window - now
        told = "Being watched"  # for how long yet, a page says: it ticks there
        if left <= 0:
            told = f"Watched for {duration(watch.window)}; judged as soon as it is read, in "
            told += f"{duration(left + _patience(watch))} at the latest: {_pending(evidence)}"
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


def _patience(watch: Watch) -> float:
    return min(PATIENCE, PATIENT * watch.window)


def _pending(evidence: Sequence[Evidence]) -> str:
    return listed([one.name for one in evidence if one.pending])


def _told(watch: Watch, name: str, nothing: str) -> Evidence:
    unknown = Evidence(name, Status.UNKNOWN, nothing, required=False)
    return next((one for one in watch.told if one.name == name), unknown)
