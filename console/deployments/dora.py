"""The DORA figures of a service, from its own deployments. Pure.

Definitions: dora.dev, "DORA's software delivery performance metrics" (2025): deployment frequency,
change lead time, change fail rate, failed deployment recovery time (until 2023 "time to restore
service"). The report's clusters ("elite" ...) are drawn anew each year from a survey, so no label
is given here, only the figures with what they are of. A rollback mends a change and is none itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from console.deployments.model import REACHED, Record, Verdict
from console.deployments.statistics import wilson
from console.platforms.model import DeploymentState, StageName, Trigger

DAY = 86400.0
NEEDED = 3  # of anything, before a median is told


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure; `value` is `None` where there is too little to tell."""

    value: float | None
    of: int  # deployments that it is of
    low: float | None = None  # 95 % interval
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Dora:
    """The four figures of a stretch of time."""

    since: float
    until: float
    frequency: Figure  # changes that came to production, per day
    lead_time: Figure  # seconds from commit to live, the median
    fail_rate: Figure  # share of changes that had to be mended
    recovery: Figure  # seconds from a failed change to the next good one, the median
    unmended: int = 0  # failed changes that nothing good has followed yet
    unverified: int = 0  # changes of which nobody knows whether they were well: they count as good
    untimed: int = 0  # changes whose commit's time is not told: not part of the lead time
    unseen: float = 0.0  # seconds of the window asked for of which no deployment is known


def dora(records: Sequence[Record], since: float, until: float, known_since: float) -> Dora:
    """The figures from `since` to `until`; the console has known the service from `known_since` on.

    A young history is not stretched: frequency is per day that was seen, of at least one day.
    """
    begin = max(since, known_since)
    inside = [one for one in records if begin <= one.deployment.created_at <= until]
    changes = [
        one
        for one in inside
        if one.deployment.state in REACHED and one.deployment.trigger is not Trigger.ROLLBACK
    ]
    rolled_out = [one for one in changes if one.live_at is not None]
    failed = [one for one in changes if _failed(one, records)]
    leads = [lead for one in changes if (lead := _lead(one)) is not None]
    recoveries = [_recovery(one, records) for one in failed]
    mended = [one for one in recoveries if one is not None]
    days = max(1.0, (until - begin) / DAY)
    low, high = wilson(len(failed), len(changes))
    return Dora(
        begin,
        until,
        Figure(len(rolled_out) / days if until > begin else None, len(rolled_out)),
        Figure(median(leads) if len(leads) >= NEEDED else None, len(leads)),
        Figure(len(failed) / len(changes), len(changes), low, high)
        if len(changes) >= NEEDED
        else Figure(None, len(changes)),
        Figure(median(mended) if mended else None, len(mended)),
        len(recoveries) - len(mended),
        sum(_unknown(one) for one in changes if one not in failed),
        sum(_lead(one) is None for one in rolled_out),
        max(0.0, begin - since),
    )


def _lead(record: Record) -> float | None:
    committed = record.deployment.stage(StageName.PUSH).started_at
    if record.deployment.state is DeploymentState.ROLLED_BACK or committed is None:
        return None
    live = record.live_at
    return live - committed if live is not None and live >= committed else None


def _unknown(record: Record) -> bool:
    found = record.verification
    return found is None or found.verdict in (Verdict.WATCHING, Verdict.NOT_KNOWN)


def _failed(record: Record, records: Sequence[Record]) -> bool:
    """Rolled back by its platform, found failed, or rolled back by somebody afterwards."""
    if record.deployment.state is DeploymentState.ROLLED_BACK:
        return True
    if record.verification and record.verification.verdict is Verdict.FAILED:
        return True
    after = _next(record, records)
    return after is not None and after.deployment.trigger is Trigger.ROLLBACK


def _recovery(record: Record, records: Sequence[Record]) -> float | None:
    """Seconds until the service was well again; `None` while it is not."""
    deployment = record.deployment
    if deployment.state is DeploymentState.ROLLED_BACK:
        begun = deployment.stage(StageName.DEPLOY).started_at
        ended = deployment.ended_at
        return ended - begun if begun is not None and ended is not None else None
    begun = record.live_at
    for one in _later(record, records):
        # a mend that was found failed, or taken back itself, mended nothing
        if one.live_at is not None and begun is not None and not _failed(one, records):
            return max(0.0, one.live_at - begun)
    return None


def _later(record: Record, records: Sequence[Record]) -> list[Record]:
    created = record.deployment.created_at
    later = [one for one in records if one.deployment.created_at > created]
    return sorted(later, key=lambda one: one.deployment.created_at)


def _next(record: Record, records: Sequence[Record]) -> Record | None:
    return next((one for one in _later(record, records) if one.live_at is not None), None)
