"""What the console remembers of a deployment beside what its platform says. Pure.

The platform says live; whether it is well is the console's own verdict, with its evidence. Times
are Unix seconds, durations seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median, quantiles

from console.deployments.clock import earlier
from console.health.model import Status
from console.platforms.model import (
    Deployment,
    DeploymentState,
    Stage,
    StageName,
    StageState,
)
from console.words import duration

USUAL_OF = 20  # deployments before that say what is usual
USUAL_NEEDS = 5  # of them at least, else nothing is called slow
NOBODY_WAITS = 2.0  # seconds more or less than usual that are not worth a word
FENCE = 1.5  # interquartile ranges beyond a quartile that are unusual (Tukey 1977)
WORTH_TELLING = 0.2  # share of the usual that a difference must have, else nobody cares


class Verdict(StrEnum):
    """What the console found of a deployment that is live."""

    WATCHING = "watching"  # the window is not over
    VERIFIED = "verified"
    DEGRADED = "degraded"  # it works, and something is worse than before
    FAILED = "failed"
    NOT_KNOWN = "not known"  # the window is over, and too little was seen


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was looked at."""

    name: str
    status: Status
    sentence: str
    required: bool = True  # without it nothing is verified
    pending: bool = False  # what it rests on is not read to the end of the watch yet


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict and what it rests on."""

    verdict: Verdict
    sentence: str
    since: float
    until: float  # when the window ends, or ended
    evidence: tuple[Evidence, ...] = ()
    judged_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Record:
    """A deployment with the console's verdict."""

    deployment: Deployment
    verification: Verification | None = None
    checks_before: dict[str, Status] = field(default_factory=dict[str, Status])
    log: str = ""  # the end of the log of the stage that failed, masked
    seen_live_at: float | None = None  # by the console's clock, where its platform's is wrong
    commits: tuple[str, ...] | None = None  # since the version before; None: not asked for yet
    instances: int | None = None  # that ran it when it was last the live one

    @property
    def live_at(self) -> float | None:
        """When its platform called it live; `None` where it never did."""
        if self.deployment.state not in REACHED:
            return None
        return self.seen_live_at if self.seen_live_at is not None else self._told_live_at

    @property
    def _told_live_at(self) -> float | None:
        stage = self.deployment.stage(StageName.DEPLOY)
        return stage.ended_at if stage.ended_at is not None else self.deployment.ended_at

    @property
    def clock_ahead(self) -> float:
        """Seconds that its platform's clock is ahead; negative where it is behind or told late."""
        told = self._told_live_at
        return 0.0 if self.seen_live_at is None or told is None else told - self.seen_live_at

    @property
    def begun(self) -> float:
        """When instances began to be replaced."""
        told = self.deployment.stage(StageName.DEPLOY).started_at or self.deployment.created_at
        return told - max(0.0, self.clock_ahead)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The five stages, the last one from the console's own verdict, all by its clock."""
        told = earlier(self.deployment, max(0.0, self.clock_ahead))
        return with_verdict(told, self.verification).stages


@dataclass(frozen=True, slots=True)
class Automatic:
    """A rollback that the console made by itself."""

    deployment: str  # that failed its watch
    to: str  # that was brought back
    at: float  # Unix seconds
    sentence: str  # what was sent, why, and what the platform answered
    done: bool = True  # whether the platform took it


# What came to production, if only in part.
REACHED = frozenset((DeploymentState.LIVE, DeploymentState.REPLACED, DeploymentState.ROLLED_BACK))

_STATE_OF = {
    Verdict.WATCHING: StageState.RUNNING,
    Verdict.VERIFIED: StageState.DONE,
    Verdict.DEGRADED: StageState.FAILED,
    Verdict.FAILED: StageState.FAILED,
    Verdict.NOT_KNOWN: StageState.UNKNOWN,
}


def with_verdict(deployment: Deployment, verification: Verification | None) -> Deployment:
    """The deployment with its verify stage as the console found it."""
    if verification is None:
        return deployment
    watching = verification.verdict is Verdict.WATCHING
    return deployment.with_stage(
        Stage(
            StageName.VERIFY,
            _STATE_OF[verification.verdict],
            verification.since,
            None if watching else verification.until,
            verification.sentence,
        )
    )


class Pace(StrEnum):
    """How long something took, beside what is usual."""

    USUAL = "as usual"
    SLOWER = "slower than usual"
    FASTER = "faster than usual"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Compared:
    """One duration beside those before it."""

    seconds: float | None
    pace: Pace
    usual: float | None = None  # seconds, the median
    of: int = 0  # deployments that say what is usual

    @property
    def sentence(self) -> str:
        """`41 s, slower than usual (20 s, of 12 deployments)`."""
        if self.seconds is None:
            return "Not told by the platform."
        told = duration(self.seconds)
        if self.usual is None:
            return f"{told}; {self.of} of {USUAL_NEEDS} deployments that would say what is usual."
        return f"{told}, {self.pace} ({duration(self.usual)}, of {self.of} deployments)"


def compared(seconds: float | None, before: Sequence[float]) -> Compared:
    """A duration beside the earlier ones; slow or fast only beyond Tukey's fences."""
    if seconds is None or len(before) < USUAL_NEEDS:
        return Compared(seconds, Pace.NOT_KNOWN, None, len(before))
    usual = median(before)
    low, _, high = quantiles(before, n=4, method="inclusive")
    reach = FENCE * (high - low)
    apart = abs(seconds - usual) > max(WORTH_TELLING * usual, NOBODY_WAITS)
    if apart and seconds > high + reach:
        pace = Pace.SLOWER
    elif apart and seconds < low - reach:
        pace = Pace.FASTER
    else:
        pace = Pace.USUAL
    return Compared(seconds, pace, usual, len(before))


def stage_compared(
    stage: StageName, record: Record, history: Sequence[Record], now: float
) -> Compared:
    """How long a stage took, beside the same stage of the deployments before that went live.

    `history` is newest first and may hold the record itself and newer ones.
    """
    before: list[float] = []
    for one in history:
        older = one.deployment.created_at < record.deployment.created_at
        if older and one.deployment.state in REACHED and len(before) < USUAL_OF:
            found = one.deployment.stage(stage)
            seconds = found.seconds(now)
            if seconds is not None and found.state is StageState.DONE:
                before.append(seconds)
    return compared(record.deployment.stage(stage).seconds(now), before)


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from the deployment that was live before."""

    before: Deployment | None
    commit: bool  # another commit
    settings: tuple[str, ...] = ()  # names of variables whose fingerprint differs
    instances: tuple[int, int] | None = None  # before and after, where they differ


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a deployment ran with. Fingerprints by name, never values."""

    fingerprints: dict[str, str] = field(default_factory=dict[str, str])
    instances: int | None = None


def changes(
    record: Record, history: Sequence[Record], before: Surroundings, after: Surroundings
) -> Change:
    """The difference to the version that ran before; `history` is newest first."""
    earlier = live_before(record, history)
    names = {*before.fingerprints, *after.fingerprints}
    differing = sorted(
        name for name in names if before.fingerprints.get(name) != after.fingerprints.get(name)
    )
    counts = None
    if before.instances is not None and after.instances not in (None, before.instances):
        counts = (before.instances, after.instances or 0)
    other = earlier is None or earlier.commit != record.deployment.commit
    return Change(earlier, other, tuple(differing), counts)


def live_before(record: Record, history: Sequence[Record]) -> Deployment | None:
    """The deployment that ran until this one; `None` where the history does not reach so far."""
    for one in history:
        if one.live_at is not None and one.deployment.created_at < record.deployment.created_at:
            if one.deployment.state is DeploymentState.ROLLED_BACK:
                continue
            return one.deployment
    return None
