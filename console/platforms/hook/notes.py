"""What others than a platform tell of deployments, note by note, and what that makes. Pure.

GitHub, read or by its web hook, and any CI that calls the console's hook: each tells single facts,
in any order and more than once. A note is one fact; deployments are made of all of them anew, so
that a late one, or one that comes twice, does no harm. Times are Unix seconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from console.platforms.hook.stages import Note, build_of, deploy_of, ordered, push_and_detect
from console.platforms.model import (
    Deployment,
    DeploymentState,
    Stage,
    StageName,
    StageState,
    Trigger,
)

SHORT = 12  # characters of a commit in the id of a deployment whose teller gives none
_ENDS = (StageState.DONE, StageState.FAILED, StageState.SKIPPED)
_WENT = (DeploymentState.LIVE, DeploymentState.REPLACED)
_AGAIN = (Trigger.REDEPLOY, Trigger.ROLLBACK, Trigger.SETTINGS)


@dataclass(frozen=True, slots=True)
class _Group:
    """The notes of one deployment."""

    id: str
    commit: str
    builds: Sequence[Note]
    rolls: Sequence[Note]
    own_build: bool = False  # made for this one, not once for all of its commit

    @property
    def created_at(self) -> float:
        told = self.rolls or self.builds
        return min(note.at for note in told)


def deployments_of(notes: Iterable[Note]) -> list[Deployment]:
    """The deployments that the notes tell of, the newest first."""
    by_commit: dict[str, list[Note]] = defaultdict(list)
    for note in ordered(notes):
        by_commit[note.commit].append(note)
    found: list[Deployment] = []
    for told in by_commit.values():
        groups = sorted(_groups(told), key=lambda one: one.created_at)
        found += [_deployment(one, told, again=place > 0) for place, one in enumerate(groups)]
    found.sort(key=lambda one: (one.created_at, one.id), reverse=True)
    return _in_turn(found)


def enriched(deployments: Sequence[Deployment], notes: Iterable[Note]) -> list[Deployment]:
    """A platform's own deployments with what the notes tell of their commits.

    The platform is believed in what it tells; notes fill in when the commit was pushed, who made
    it, and the build where the platform knows of none.
    """
    by_commit: dict[str, list[Note]] = defaultdict(list)
    for note in ordered(notes):
        by_commit[note.commit].append(note)
    first: dict[str, float] = {}
    for one in deployments:
        first[one.commit] = min(one.created_at, first.get(one.commit, one.created_at))
    return [
        _enriched(one, told, again=one.trigger in _AGAIN or first[one.commit] < one.created_at)
        if (told := by_commit.get(one.commit))
        else one
        for one in deployments
    ]


def _groups(notes: Sequence[Note]) -> list[_Group]:
    """One group for each roll-out of a commit; `notes` are those of the commit, in order."""
    commit = notes[0].commit
    builds = [one for one in notes if one.stage is StageName.BUILD and not one.opens]
    named: dict[str, list[Note]] = defaultdict(list)
    runs: list[list[Note]] = []
    for note in notes:
        if note.deployment:
            named[note.deployment].append(note)
        elif note.opens:
            if not runs or (_is_over(runs[-1]) and note.state not in _ENDS):
                runs.append([])
            runs[-1].append(note)
    found = [_of_run(name, commit, told, builds) for name, told in named.items()]
    found += [
        _of_run(f"{commit[:SHORT]}-{place}", commit, told, builds)
        for place, told in enumerate(runs, start=1)
    ]
    failed = build_of(builds, None).state is StageState.FAILED
    if not found and failed and any(one.production for one in builds):
        found.append(_Group(f"{commit[:SHORT]}-1", commit, builds, ()))
    return found


def _of_run(name: str, commit: str, told: Sequence[Note], others: Sequence[Note]) -> _Group:
    builds = [one for one in told if one.stage is StageName.BUILD]
    rolls = [one for one in told if one.stage is StageName.DEPLOY]
    return _Group(name, commit, builds or others, rolls, own_build=bool(builds))


def _is_over(run: Sequence[Note]) -> bool:
    last = run[-1]
    built = last.stage is StageName.BUILD and last.state is StageState.DONE
    return last.state in _ENDS and not built


def _deployment(group: _Group, told: Sequence[Note], *, again: bool) -> Deployment:
    """`told` is everything of the commit; `again`: it was deployed before."""
    deploy = deploy_of(group.rolls)
    begun = deploy.started_at or deploy.ended_at
    build = build_of(group.builds, begun)
    if again and not group.own_build:
        build = Stage(StageName.BUILD, StageState.SKIPPED, detail="It was built before.")
    noticed = min((one.at for one in [*group.builds, *group.rolls]), default=group.created_at)
    push, detect = push_and_detect(told, noticed, again=again)
    if build.state in (StageState.FAILED, StageState.SKIPPED) and not group.rolls:
        deploy = Stage(StageName.DEPLOY, StageState.SKIPPED)
    last = (group.rolls or group.builds)[-1]
    state = _state(build, deploy, replaced=_was_replaced(group.rolls))
    pushed = push.state is StageState.DONE and push.ended_at is not None
    running = state is DeploymentState.RUNNING
    return Deployment(
        group.id,
        group.commit,
        state,
        group.created_at,
        None if running else deploy.ended_at or build.ended_at,
        message=_first([one.message for one in told]),
        author=_first([one.author for one in told]),
        branch=_first([one.branch for one in [*group.rolls, *group.builds, *told]]),
        trigger=Trigger.REDEPLOY if again else Trigger.PUSH if pushed else Trigger.OTHER,
        stages=(push, detect, build, deploy, Stage(StageName.VERIFY)),
        reason=last.detail if state is DeploymentState.FAILED else "",
        url=_first([one.url for one in reversed([*group.builds, *group.rolls])]),
        raw_state=last.word,
    )


def _state(build: Stage, deploy: Stage, *, replaced: bool) -> DeploymentState:
    if deploy.state is StageState.DONE:
        return DeploymentState.REPLACED if replaced else DeploymentState.LIVE
    if StageState.FAILED in (deploy.state, build.state):
        return DeploymentState.FAILED
    if deploy.state is StageState.SKIPPED:
        return DeploymentState.SUPERSEDED
    unknown = deploy.state is StageState.UNKNOWN
    return DeploymentState.UNKNOWN if unknown else DeploymentState.RUNNING


def _was_replaced(rolls: Sequence[Note]) -> bool:
    return bool(rolls) and rolls[-1].state is StageState.SKIPPED


def _in_turn(deployments: Sequence[Deployment]) -> list[Deployment]:
    """Only the newest one that went live is live: not everybody tells that one was replaced. And
    what brings back an earlier commit after another one was live is a rollback."""
    found: list[Deployment] = []
    taken = False
    for place, one in enumerate(deployments):
        if one.state is DeploymentState.LIVE:
            one = replace(one, state=DeploymentState.REPLACED) if taken else one
            taken = True
        before = next((old.commit for old in deployments[place + 1 :] if old.state in _WENT), "")
        if one.trigger is Trigger.REDEPLOY and before not in ("", one.commit):
            one = replace(one, trigger=Trigger.ROLLBACK)
        found.append(one)
    return found


def _enriched(one: Deployment, notes: Sequence[Note], *, again: bool) -> Deployment:
    own = one.stage(StageName.BUILD)
    builds = [note for note in notes if note.stage is StageName.BUILD]
    noticed = one.created_at
    if own.state is StageState.UNKNOWN and builds and not again:
        begun = one.stage(StageName.DEPLOY).started_at or one.created_at
        one = one.with_stage(build_of(builds, begun))
        noticed = min(noticed, *(note.at for note in builds))
    push, detect = push_and_detect(notes, noticed, again=again)
    before = one.stage(StageName.PUSH)
    if push.started_at is None and push.state is not StageState.SKIPPED:
        push = replace(push, started_at=before.started_at)
    return replace(
        one.with_stage(push).with_stage(detect),
        message=one.message or _first([note.message for note in notes]),
        author=one.author or _first([note.author for note in notes]),
        branch=one.branch or _first([note.branch for note in notes]),
    )


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")
