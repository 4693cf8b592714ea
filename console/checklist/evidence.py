"""What the questions are answered from: one moment of everything the store knows. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property

from console.cache.model import Snapshot as CacheSnapshot
from console.checklist.model import Answer, Finding, Release
from console.checklist.record import Word
from console.checklist.usual import Compared
from console.controls.model import living
from console.controls.rules import NOT_COMPARABLE
from console.controls.runs import Run, fingerprint_of
from console.deployments.history import Snapshot as DeploymentsSnapshot
from console.health.model import Outcome
from console.health.summary import Presented, Standing
from console.instances.model import SNAPSHOT_OLD, Instance, Snapshot
from console.logs.model import LogsReading
from console.month_end.calendar import Closing
from console.settings.model import Finding as SettingFinding
from console.settings.model import Spec
from console.settings.reports import Snapshot as SettingsSnapshot
from console.words import listed

READING_OLD = SNAPSHOT_OLD  # seconds; readings come every 5 s, or every 60 s from a billed server
BILLED_OLD = 2000.0  # seconds; what costs many commands is read there four times an hour
ANSWERED = (Outcome.OK, Outcome.CONDITION, Outcome.MISSED)  # MISSED: a job that reports by itself
FROM_STANDING = {
    Standing.PASS: Answer.PASS,
    Standing.WARN: Answer.WARN,
    Standing.FAIL: Answer.FAIL,
    Standing.UNKNOWN: Answer.UNKNOWN,
    Standing.MAINTENANCE: Answer.UNKNOWN,  # planned, and still nobody knows
    Standing.SLEEPING: Answer.UNKNOWN,
}
NO_REDIS = (
    "The console does not know this service's Redis. Set REDIS_URL beside SERVICE_URL, or add a "
    "check of type redis."
)
NO_KIT = (
    "No instance reports to the service's Redis. Install the kit (console/kit), or follow "
    "console/kit/CONTRACT.md."
)

DRY_LIMITS = (
    "A dry run makes no writes: whether the other side would take them is not tested. Run one item "
    "live for that."
)


@dataclass(frozen=True, slots=True)
class Times:
    """The comparison of response times, and the hour it was made for."""

    at: float
    compared: tuple[Compared, ...]
    hour: str  # `Tuesday 14:00 to 15:00, 4 business days before month-end`
    left_out: int = 0


@dataclass(frozen=True)  # no slots: what all questions ask for is found once
class Evidence:
    """Everything at `now`, Unix seconds. None is what was never read."""

    now: float
    zone: tzinfo
    checks: tuple[Presented, ...] = ()
    has_redis: bool = False
    can_run: bool = False  # whether the console knows how to run an item
    instances: Snapshot | None = None
    settings: SettingsSnapshot | None = None
    spec: Spec | None = None
    spec_name: str = ""
    spec_problems: tuple[SettingFinding, ...] = ()
    cache: CacheSnapshot | None = None
    logs: LogsReading | None = None
    runs: Sequence[Run] = ()  # the newest first
    times: Times | None = None
    closing: Closing | None = None  # whose window ends next
    closing_until: float = 0.0  # the end of that window
    deployments: DeploymentsSnapshot | None = None
    words: Sequence[Word] = ()
    flush_seconds: float = 60.0  # that a result may wait before it is in the store

    @cached_property
    def alive(self) -> Sequence[Instance]:
        """The instances that are heard of."""
        return living(self.instances) if self.instances else ()

    @cached_property
    def release(self) -> Release:
        """What runs now; nothing where what was read is old."""
        found = self.instances
        if found is None or found.problem or self.now - found.at > READING_OLD:
            return Release()
        alive = self.alive
        commits = {one.beat.commit for one in alive}
        prints = {one.beat.settings for one in alive}
        known = {one for one in prints if one not in ("", NOT_COMPARABLE)}
        commit = next(iter(commits)) if len(commits) == 1 else ""
        fingerprint = next(iter(known)) if len(prints) == 1 and known else ""
        return Release(commit, fingerprint, len(alive), len(commits), len(prints))

    @cached_property
    def failing(self) -> tuple[str, ...]:
        """The checks that fail now."""
        return tuple(one.check.label for one in self.checks if one.standing is Standing.FAIL)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The checks that fail because nobody answers in time."""
        return tuple(
            one.check.label
            for one in self.checks
            if one.standing is Standing.FAIL
            and one.state.last is not None
            and one.state.last.outcome not in ANSWERED
        )

    @property
    def known(self) -> int:
        """How many checks are known to stand in some way."""
        return sum(one.standing is not Standing.UNKNOWN for one in self.checks)

    def failed_live(self, passed: Run) -> Run | None:
        """A live run of the same item that failed: at any time, where only a dry run passed, which
        makes no writes; else since it passed. None where a live run passed after it."""
        live = [
            run
            for run in self.runs
            if run.item == passed.item and not run.dry and run.state == "ended"
        ]
        last = max(live, key=lambda run: run.at, default=None)
        if last is None or last.passed:
            return None
        return last if passed.dry or last.at > passed.at else None

    def run_is_of_now(self, run: Run) -> bool | None:
        """Whether a run was made with the commit and the settings that run now; None: not known.

        Without comparable fingerprints it was, where every instance is older than the run.
        """
        alive = self.alive
        if not alive:
            return None
        commits = {one.beat.commit for one in alive}
        if run.commit and commits != {run.commit}:
            return False
        prints = fingerprint_of({one.beat.settings for one in alive})
        untold = ("", NOT_COMPARABLE)
        comparable = prints not in untold and run.fingerprint not in untold
        if comparable and prints != run.fingerprint:
            return False
        started = [one.beat.started_at for one in alive]
        if all(at is not None and at <= run.at for at in started):
            return True
        return True if comparable and run.commit else None


def not_known(text: str, page: str = "", evidence: Sequence[str] = ()) -> Finding:
    """Nothing can be said, and why."""
    return Finding(Answer.UNKNOWN, text, page=page, evidence=tuple(evidence))


def worst(answers: Sequence[Answer]) -> Answer:
    """The worst of several; unknown for none."""
    order = list(Answer)
    return min(answers, key=order.index, default=Answer.UNKNOWN)


def named(release: Release) -> str:
    """`commit 3f2a1b9, settings 0123abcd`, for evidence."""
    parts = [f"commit {release.commit[:12]}"] if release.commit else []
    if release.fingerprint:
        parts.append(f"settings {release.fingerprint[:8]}")
    return listed(parts) if parts else "an unknown commit and settings"
