"""Looks at what tells whether a deployment is well, while it is watched, and judges it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from console.deployments.history import (
    Snapshot,
    never_live,
    newer_commits,
    not_measures,
    ran,
    replaced_at,
    watched,
    with_records,
)
from console.deployments.model import Evidence, Record
from console.deployments.signs import other_commit, same_commit
from console.deployments.traffic import Stretch, spans, traffic_before, traffic_since
from console.deployments.verdict import name_of
from console.deployments.verify import verify
from console.deployments.watch import LOOKS, WINDOW, CheckSeen, Watch
from console.health.model import Sample, Status
from console.instances.gather import read_instances, read_span
from console.instances.model import Life, commit_of, judge, started
from console.service_redis import ServiceRedis, ServiceRedisError

BEFORE = 1800.0  # seconds of traffic before a deployment that it is compared with
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


async def with_verdicts(found: Snapshot, service: str, around: Around, now: float) -> Snapshot:
    """The snapshot with those judged that are due."""
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


def _due(snapshot: Snapshot, around: Around, now: float) -> list[Record]:
    """Those to be judged now: in their first moment, then LOOKS times until the window is over, and
    then in every reading."""
    due: list[Record] = []
    for one in watched(snapshot):
        live = one.live_at or now
        judged = one.verification
        last = -1 if judged is None else int((judged.judged_at - live) // around.judge_every)
        over = now >= live + around.window or replaced_at(one, snapshot) is not None
        if over or int((now - live) // around.judge_every) > last:
            due.append(one)
    return due


def probed(samples: Sequence[Sample] | None, live: float, until: float) -> tuple[int | None, int]:
    """Of the kept results of a check: those of the watch, and how many of them failed. None where
    there are only later ones: they tell how the check stands, and count for nothing."""
    since = [one for one in samples or () if one.at >= live]
    within = [one.status for one in since if one.at <= until]
    if samples is None or (since and not within):
        return None, 0
    return sum(one is not Status.UNKNOWN for one in within), within.count(Status.FAIL)


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
                *probed(around.samples.get(name), live, live + around.window),
            )
            for name, (title, status) in around.checks.items()
        ],
        expected=snapshot.instances.desired if snapshot.instances else None,
        probes=around.probes,
        told=await around.others(record, apart) if around.others else (),
        ended_at=replaced_at(record, snapshot),
        skipped=list(
            dict.fromkeys(  # a commit that was deployed again is named once
                name_of(one.deployment)
                for one, (_, end) in zip(worse, apart, strict=True)
                if end > record.begun - BEFORE
            )
        ),
    )
    if around.redis is not None:
        times = (apart, never_live(record, snapshot))
        newer = newer_commits(record, snapshot)
        watch = await _with_service(watch, around.redis, service, record.begun, times, newer, now)
    return replace(record, verification=replace(verify(watch, now), judged_at=now))


async def _with_service(
    watch: Watch,
    redis: ServiceRedis,
    service: str,
    begun: float,
    times: tuple[Sequence[Span], Sequence[Span]],  # of a stretch: apart and tried
    newer: Sequence[str],
    now: float,
) -> Watch:
    """The watch with what the service itself tells; a Redis that is away tells nothing."""
    heard = await read_instances(redis, service, now, ())
    if heard.problem:
        return watch
    told = [one for one in heard.heard if one.beat is not None]
    alive = [one for one in told if judge(one, heard).life is Life.ALIVE]
    # an instance of the next deployment, which began during the watch, is none of this one
    own = [one for one in alive if not any(same_commit(commit_of(one), new) for new in newer)]
    watch = replace(
        watch,
        instances={one.instance: commit_of(one) for one in own},
        expected=watch.expected if len(own) == len(alive) else None,
    )
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
        *times,
    )
    try:
        past, since = [
            await read_span(redis, service, span) for span in spans(stretch, now, BEFORE)
        ]
    except ServiceRedisError:
        return watch
    before = traffic_before([*past, *since], stretch)
    return replace(watch, before=before, after=traffic_since(since, stretch))
