"""Reads a platform, or what instances tell, and has judged what is watched."""

from contextlib import suppress
from dataclasses import replace

from console.deployments.history import ASKED, TEXT, Snapshot, merged, with_records
from console.deployments.instances import MISSING, SOURCE, TITLE, told_by
from console.deployments.judging import Around, with_verdicts
from console.deployments.model import Record, live_before
from console.errors import PlatformAway, PlatformError, PlatformLimited, PlatformRefused
from console.instances.model import Life, judge
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
from console.words import sentence

LOG_ASKED = 600.0  # seconds after a failure within which its log is asked for, until there is one
LOG_LIMIT = 4000  # characters of a failed stage's log that are kept
COMMITS_KEPT = 50  # since the version before; a page names the first few


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
    return await with_verdicts(found, service, around, now)


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
    return await with_verdicts(before, service, around, now)


def _of_source(before: Snapshot, source: str) -> Snapshot:
    """What one source tells is not the history of another: ids and stages are others."""
    return before if before.source == source else Snapshot(0.0, source=source)


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
