"""Reads a platform and, while a deployment is watched, what tells whether it is well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from console.deployments.history import (
    ASKED,
    Snapshot,
    merged,
    replaced_at,
    watched,
    with_records,
)
from console.deployments.model import Record
from console.deployments.verify import WINDOW, CheckSeen, Traffic, Watch, verify
from console.errors import PlatformError
from console.health.model import Outcome, Status
from console.instances.gather import Minute, read_instances, read_minutes
from console.masking import mask
from console.platforms.model import Capability, DeploymentState, Platform, StageName, StageState
from console.service_redis import ServiceRedis, ServiceRedisError
from console.store.histogram import MAX_CODE, OUTCOME_BASE, TIMED, outcome_of

BEFORE = 1800.0  # seconds of traffic before a deployment that it is compared with
JUDGE_EVERY = 60.0  # seconds between two looks at a deployment that is watched
LOG_LIMIT = 4000  # characters of a failed stage's log that are kept
_ROUTES = "route:"


@dataclass(frozen=True, slots=True)
class Around:
    """What the collector knows anyway."""

    checks: Mapping[str, tuple[str, Status]]  # by name: title and status
    redis: ServiceRedis | None  # of the service


async def read(
    platform: Platform, service: str, before: Snapshot, around: Around, now: float
) -> Snapshot:
    """The snapshot at `now`. Never raises PlatformError: a failure is in its `problem`."""
    capabilities = platform.capabilities
    missing = {one.value: capabilities.reason(one) for one in capabilities.missing}
    before = replace(before, platform=capabilities.platform, missing=missing)
    if not before.known_since:
        before = replace(before, known_since=now)
    statuses = {name: status for name, (_, status) in around.checks.items()}
    try:
        found = merged(before, await platform.deployments(ASKED), statuses, now)
        if any(map(capabilities.offers, (Capability.INSTANCES, Capability.RANGE))):
            found = replace(found, instances=await platform.instances())
    except PlatformError as error:
        found = replace(before, problem=str(error))
    found = with_records(found, [await _with_log(platform, one) for one in _failed(found)])
    return with_records(
        found, [await _judged(one, found, service, around, now) for one in _due(found, now)]
    )


def _failed(snapshot: Snapshot) -> list[Record]:
    """The newest one, where it failed and its log was not fetched."""
    return [
        one
        for one in snapshot.records[:1]
        if one.deployment.state in (DeploymentState.FAILED, DeploymentState.ROLLED_BACK)
        and not one.log
    ]


async def _with_log(platform: Platform, record: Record) -> Record:
    stages = [one.name for one in record.deployment.stages if one.state is StageState.FAILED]
    if not stages or not platform.capabilities.offers(Capability.LOGS):
        return record
    try:
        text = await platform.log(record.deployment.id, stages[0])
    except PlatformError:
        return record  # the next reading asks again
    return replace(record, log=mask(text)[-LOG_LIMIT:])


def _due(snapshot: Snapshot, now: float) -> list[Record]:
    """Those to be judged now: in their first moment, each minute, and when the window is over."""
    due: list[Record] = []
    for one in watched(snapshot):
        live = one.live_at or now
        judged = one.verification
        last = -1 if judged is None else int((judged.judged_at - live) // JUDGE_EVERY)
        if int((now - live) // JUDGE_EVERY) > last or replaced_at(one, snapshot) is not None:
            due.append(one)
    return due


async def _judged(
    record: Record, snapshot: Snapshot, service: str, around: Around, now: float
) -> Record:
    deployment, live = record.deployment, record.live_at or now
    begun = deployment.stage(StageName.DEPLOY).started_at or deployment.created_at
    watch = Watch(
        deployment.commit,
        live,
        checks=[
            CheckSeen(title, status, record.checks_before.get(name, Status.UNKNOWN))
            for name, (title, status) in around.checks.items()
        ],
        expected=snapshot.instances.desired if snapshot.instances else None,
        ended_at=replaced_at(record, snapshot),
    )
    if around.redis is not None:
        watch = await _with_service(watch, around.redis, service, begun, now)
    return replace(record, verification=replace(verify(watch, now), judged_at=now))


async def _with_service(
    watch: Watch, redis: ServiceRedis, service: str, begun: float, now: float
) -> Watch:
    """The watch with what the service itself tells; a Redis that is away tells nothing."""
    heard = await read_instances(redis, service, now, ())
    if heard.problem:
        return watch
    beats = [one.beat for one in heard.heard if one.beat is not None and not one.beat.draining]
    try:
        minutes = await read_minutes(redis, service, int((begun - BEFORE) // 60) - 1, now)
    except ServiceRedisError:
        minutes = None
    watch = replace(watch, instances={beat.instance: beat.commit for beat in beats})
    if minutes is None:
        return watch
    until = watch.live_at + WINDOW
    return replace(
        watch,
        before=traffic([one for one in minutes if (one.minute + 1) * 60 <= begun]),
        after=traffic([one for one in minutes if watch.live_at <= one.minute * 60 < until]),
    )


def traffic(minutes: Sequence[Minute]) -> Traffic:
    """The requests to all routes in these minutes."""
    durations: dict[int, int] = {}
    untimed = bad = 0
    for minute in minutes:
        for name, counts in minute.series.items():
            if not name.startswith(_ROUTES):
                continue
            for code, count in counts.items():
                if code <= MAX_CODE:
                    durations[code] = durations.get(code, 0) + count
                elif code >= OUTCOME_BASE and (outcome := _outcome(code)) is not None:
                    bad += 0 if outcome is Outcome.OK else count
                    # `ok` has a code only where there was no duration
                    untimed += 0 if outcome in TIMED - {Outcome.OK} else count
    return Traffic(durations, sum(durations.values()) + untimed, bad)


def _outcome(code: int) -> Outcome | None:
    try:
        return outcome_of(code)
    except ValueError:
        return None
