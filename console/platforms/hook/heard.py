"""The roll-out of a commit as the instances themselves tell it, where nobody else does. Pure.

A CI that tells pushes and builds need not tell the roll-out: the instances say in their heartbeats
which commit they run, and since when. What they told before is in the deployments that were made
of it, so nothing else has to be remembered.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from console.platforms.hook.stages import Note
from console.platforms.model import Deployment, StageName, StageState

HEARD = "told by its instances"


@dataclass(frozen=True, slots=True)
class Heard:
    """What is heard of a service now, and its deployments as they were made at the last reading."""

    alive: Sequence[tuple[str, float]] = ()  # commit and start of each instance; 0: not told
    known: Sequence[Deployment] = ()


def heard_notes(heard: Heard, notes: Sequence[Note], now: float) -> list[Note]:
    """What instances told of commits whose roll-out nobody else tells, and tell now."""
    told = {one.commit for one in notes if one.stage is not StageName.DEPLOY}
    told -= {one.commit for one in notes if one.stage is StageName.DEPLOY}
    found = [note for one in heard.known if one.raw_state == HEARD for note in _again(one)]
    done = [one for one in found if one.state is StageState.DONE]
    live = max(done, key=lambda one: one.at, default=None)
    since = live.at if live else 0.0
    starts: dict[str, list[float]] = {}
    for commit, at in heard.alive:
        starts.setdefault(commit, []).append(min(at, now) if at else now)
    fresh = {
        commit: times
        for commit, times in starts.items()
        if commit in told and (live is None or (commit != live.commit and min(times) > since))
    }
    if not fresh:
        return found
    commit, times = max(fresh.items(), key=lambda one: max(one[1]))
    begun = [one for one in found if one.commit == commit and one.at > since]
    if not begun:
        begun = [_note(commit, StageState.RUNNING, min(times))]
        found += begun
    if len(starts) == 1:
        found.append(_note(commit, StageState.DONE, max(*times, begun[0].at)))
    return found


def _again(one: Deployment) -> list[Note]:
    """The notes that a deployment was made of."""
    stage = one.stage(StageName.DEPLOY)
    begun = stage.started_at
    found = [] if begun is None else [_note(one.commit, StageState.RUNNING, begun)]
    if stage.state is StageState.DONE and stage.ended_at is not None:
        found.append(_note(one.commit, StageState.DONE, stage.ended_at))
    return found


def _note(commit: str, state: StageState, at: float) -> Note:
    return Note(commit, StageName.DEPLOY, state, at, opens=True, word=HEARD)
