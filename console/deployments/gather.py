"""Reads a platform and, while a deployment is watched, what tells whether it is well."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from console.deployments.history import (
    ASKED,
    TEXT,
    Snapshot,
    merged,
    not_measures,
    ran,
    replaced_at,
    watched,
    with_records,
)
from console.deployments.instances import MISSING, SOURCE, TITLE, told_by
from console.deployments.model import Evidence, Record, live_before
from console.deployments.traffic import Stretch, spans, traffic_before, traffic_since
from console.deployments.verdict import name_of
from console.deployments.verify import (
    LOOKS,
    WINDOW,
    CheckSeen,
    Watch,
    other_commit,
    same_commit,
    verify,
)
from console.errors import PlatformAway, PlatformError, PlatformLimited, PlatformRefused
from console.health.model import Sample, Status
from console.instances.gather import read_instances, read_span
from console.instances.model import Life, commit_of, judge, started
from console.instances.model import Snapshot as Instances
from console.masking import mask
from console.platforms.extras import TellsCommits
from console.platforms.model import (
    Capability,
    DeploymentState,
    InstanceRange,
    Platform,
    StageState,
)
from console.service_redis import ServiceRedis, ServiceRedisError
from console.words import sentence

BEFORE = 1800.0  # seconds of traffic before a deployment that it is compared with
LOG_ASKED = 600.0  # seconds after a failure within which its log is asked for, until there is one
LOG_LIMIT = 4000  # characters of a failed stage's log that are kept
COMMITS_KEPT = 50  # since the version before; a page names the first few
CLOSELY = 3  # deployments of one reading for which the service and other rooms are asked
LATE = 300.0  # seconds after a watch in which the checks still tell of it
CLOCK_SLACK = 5.0  # seconds that the clocks of platform and instances may differ


Span = tuple[float, float]  # Unix seconds


@dataclass(frozen=True, slots=True)
class Around:
    """What the collector knows anyway."""

    checks: Mapping[str, tuple[str, Status]]  # by name: title and status
    redis: ServiceRedis | None  # of the service
    window: float = WINDOW  # seconds that a deployment is watched
    probes: int = 0  # of the console itself within that window
    token_env: str = ""  # the variable that holds the platform's token
    # Log, settings and run; told when versions ran that were found worse.
    others: Callable[[Record, Sequence[Span]], Awaitable[Sequence[Evidence]]] | None = None
    # The exact last results of each check, oldest first.
    samples: Mapping[str, Sequence[Sample]] = field(default_factory=dict[str, Sequence[Sample]])

    @property
    def judge_every(self) -> float:
        """Seconds between two looks at a deployment that is watched."""
        return self.window / LOOKS


async def read(
    platform: Platform, service: str, before: Snapshot, around: Around, now: float
) -> Snapshot:
    """The snapshot at `now`. Never raises PlatformError: a failure is in its `problem`."""
    before = _of_source(before, "platform")
    capabilities = platform.capabilities
    missing = {one.value: capabilities.reason(one) for one in capabilities.missing}
    before = replace(before, platform=capabilities.platform, missing=missing)
    if not before.known_since:
        before = replace(before, known_since=now)
    statuses = {name: status for name, (_, status) in around.checks.items()}
    try:
        found = merged(before, await platform.deployments(ASKED), statuses, now)
    except PlatformError as error:
        found = replace(before, problem=_problem(error, around.token_env))
    else:
        found = await _with_instances(platform, found, before.at)
    found = with_records(found, [await _with_log(platform, one) for one in _failed(found, now)])
    found = with_records(found, await with_difference(platform, found))
    return await _with_verdicts(found, service, around, now)


async def _with_instances(platform: Platform, found: Snapshot, known_at: float) -> Snapshot:
    """The snapshot with the number of instances; where it cannot be read now, with the reason."""
    if not any(map(platform.capabilities.offers, (Capability.INSTANCES, Capability.RANGE))):
        return found
    try:
        return replace(found, instances=await platform.instances())
    except (PlatformAway, PlatformLimited) as error:
        return replace(found, at=known_at, problem=str(error))
    except PlatformError as error:  # a token that may not read this may read the rest
        missing = {**found.missing, Capability.INSTANCES.value: str(error)}
        return replace(found, instances=None, missing=missing)


async def observe(
    heard: Instances, service: str, before: Snapshot, around: Around, now: float
) -> Snapshot:
    """The snapshot at `now` of a service without a platform: by what its instances tell.

    It is as old as what was heard of them.
    """
    before = _of_source(before, SOURCE)
    before = replace(before, platform=TITLE, missing=MISSING, problem=heard.problem)
    if heard.problem:
        return before
    alive = sum(judge(one, heard).life is Life.ALIVE for one in heard.heard)
    before = replace(before, instances=InstanceRange(alive))
    if not before.known_since:
        before = replace(before, known_since=now)
    if heard.at > before.at:
        statuses = {name: status for name, (_, status) in around.checks.items()}
        told = told_by(heard, before.records, before.at, heard.at)
        before = merged(before, told, statuses, heard.at)
    return await _with_verdicts(before, service, around, now)


def _of_source(before: Snapshot, source: str) -> Snapshot:
    """What one source tells is not the history of another: ids and stages are others."""
    return before if before.source == source else Snapshot(0.0, source=source)


async def _with_verdicts(found: Snapshot, service: str, around: Around, now: float) -> Snapshot:
    due = _due(found, around, now)
    # Only the newest few are looked at closely: in a storm of deployments nothing is to be seen of
    # one that ran for seconds, and each look is some dozens of commands.
    blind = replace(around, redis=None, others=None)
    return with_records(
        found,
        [
            await _judged(one, found, service, around if place < CLOSELY else blind, now)
            for place, one in enumerate(due)
        ],
    )


async def with_difference(platform: Platform, snapshot: Snapshot) -> list[Record]:
    """The newest record and the live one, with what tells them from the version before."""
    changed: list[Record] = []
    for one in snapshot.records[:1]:
        before = live_before(one, snapshot.records)
        if one.commits is None and before and isinstance(platform, TellsCommits):
            with suppress(PlatformError):  # the next reading asks again
                told = await platform.commits(before.commit, one.deployment.commit)
                one = replace(one, commits=tuple(mask(text)[:TEXT] for text in told[:COMMITS_KEPT]))
        changed.append(one)
    running = snapshot.instances.running if snapshot.instances else None
    if running is None:
        return changed
    live = [one for one in snapshot.records if one.deployment.state is DeploymentState.LIVE][:1]
    newest = {one.deployment.id: one for one in changed}
    live = [newest.get(one.deployment.id, one) for one in live]
    # as many as ran when it went live: a later scaling is no difference of the deployment
    return [*changed, *(replace(one, instances=running) for one in live if one.instances is None)]


def _problem(error: PlatformError, token_env: str) -> str:
    if isinstance(error, PlatformRefused) and token_env:
        said = f"The token is the one in {token_env}: set one that is valid there."
        return f"{sentence(str(error))} {said}"
    return str(error)


def _failed(snapshot: Snapshot, now: float) -> list[Record]:
    """The newest one, where it failed just now and its log was not fetched."""
    return [
        one
        for one in snapshot.records[:1]
        if one.deployment.state in (DeploymentState.FAILED, DeploymentState.ROLLED_BACK)
        and not one.log
        and now - (one.deployment.ended_at or now) < LOG_ASKED
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


def _due(snapshot: Snapshot, around: Around, now: float) -> list[Record]:
    """Those to be judged now: in their first moment, then LOOKS times until the window is over."""
    due: list[Record] = []
    for one in watched(snapshot):
        live = one.live_at or now
        judged = one.verification
        last = -1 if judged is None else int((judged.judged_at - live) // around.judge_every)
        if int((now - live) // around.judge_every) > last or replaced_at(one, snapshot) is not None:
            due.append(one)
    return due


def probed(samples: Sequence[Sample], live: float, until: float) -> tuple[int, int]:
    """Of the kept results of a check: those of the watch, and how many of them failed."""
    since = [one.status for one in samples if live <= one.at <= until]
    return sum(one is not Status.UNKNOWN for one in since), since.count(Status.FAIL)


async def _judged(
    record: Record, snapshot: Snapshot, service: str, around: Around, now: float
) -> Record:
    deployment, live = record.deployment, record.live_at or now
    worse = not_measures(record, snapshot)
    apart = [ran(one, snapshot) for one in worse]
    # where nobody looked until long after, the checks tell of now and not of the deployment
    late = now > live + around.window + LATE
    watch = Watch(
        deployment.commit,
        live,
        around.window,
        checks=[
            CheckSeen(
                title,
                Status.UNKNOWN if late else status,
                record.checks_before.get(name, Status.UNKNOWN),
                *probed(around.samples.get(name, ()), live, live + around.window),
            )
            for name, (title, status) in around.checks.items()
        ],
        expected=snapshot.instances.desired if snapshot.instances else None,
        probes=around.probes,
        told=await around.others(record, apart) if around.others else (),
        ended_at=replaced_at(record, snapshot),
        skipped=[
            name_of(one.deployment)
            for one, (_, end) in zip(worse, apart, strict=True)
            if end > record.begun - BEFORE
        ],
    )
    if around.redis is not None:
        watch = await _with_service(watch, around.redis, service, record.begun, apart, now)
    return replace(record, verification=replace(verify(watch, now), judged_at=now))


async def _with_service(
    watch: Watch,
    redis: ServiceRedis,
    service: str,
    begun: float,
    apart: Sequence[Span],
    now: float,
) -> Watch:
    """The watch with what the service itself tells; a Redis that is away tells nothing."""
    heard = await read_instances(redis, service, now, ())
    if heard.problem:
        return watch
    told = [one for one in heard.heard if one.beat is not None]
    alive = [one for one in told if judge(one, heard).life is Life.ALIVE]
    watch = replace(watch, instances={one.instance: commit_of(one) for one in alive})
    stretch = Stretch(
        begun,
        watch.live_at,
        watch.live_at + watch.window,
        {
            one.instance
            for one in alive
            if same_commit(commit_of(one), watch.commit) and started(one) >= begun - CLOCK_SLACK
        },
        {one.instance for one in told if other_commit(commit_of(one), watch.commit)},
        apart,
    )
    try:
        past, since = [
            await read_span(redis, service, span) for span in spans(stretch, now, BEFORE)
        ]
    except ServiceRedisError:
        return watch
    return replace(watch, before=traffic_before(past, stretch), after=traffic_since(since, stretch))
