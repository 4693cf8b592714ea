"""One fact of a deployment, and the stages that several of them make. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.platforms.model import Stage, StageName, StageState

SLACK = 5.0  # seconds by which a push may seem to come after what it began: two clocks


@dataclass(frozen=True, slots=True)
class Note:
    """One fact. Of a push, `running` is when the commit was made and `done` when it arrived."""

    commit: str  # full hash
    stage: StageName  # push, build or deploy
    state: StageState
    at: float
    deployment: str = ""  # its id, where the teller has one
    part: str = ""  # which of several builds
    opens: bool = False  # tells of a deployment by itself, without an id
    production: bool = False  # of a build: on the branch that is deployed
    message: str = ""
    author: str = ""
    branch: str = ""
    url: str = ""
    detail: str = ""  # one sentence
    word: str = ""  # the teller's own for the state


_RANK = {StageState.WAITING: 0, StageState.RUNNING: 1, StageState.UNKNOWN: 2, StageState.SKIPPED: 4}
_BEGUN = (StageState.WAITING, StageState.RUNNING)


def ordered(notes: Iterable[Note]) -> list[Note]:
    """In the order in which it happened; of one second, an end comes last. Each only once."""
    return sorted(set(notes), key=lambda one: (one.at, _RANK.get(one.state, 3), repr(one)))


def push_and_detect(notes: Sequence[Note], noticed: float, *, again: bool) -> tuple[Stage, Stage]:
    """The first two stages of a commit that was first noticed at that time.

    A commit may be pushed more than once, to several branches: the last push before counts.
    """
    if again:
        detail = "The commit was there already."
        return (
            Stage(StageName.PUSH, StageState.SKIPPED, detail=detail),
            Stage(StageName.DETECT, StageState.SKIPPED, detail=detail),
        )
    pushes = [one for one in notes if one.stage is StageName.PUSH]
    made = min((one.at for one in pushes if one.state is StageState.RUNNING), default=None)
    arrived = [one.at for one in pushes if one.state is StageState.DONE]
    before = [at for at in arrived if at <= noticed + SLACK]
    pushed = max(before) if before else min(arrived, default=None)
    if pushed is None:
        detail = "" if made is None else "It is told when it was committed, not when it was pushed."
        state = StageState.UNKNOWN if made is None else StageState.DONE
        return (
            Stage(StageName.PUSH, state, made, None, detail),
            Stage(StageName.DETECT, StageState.DONE, None, noticed),
        )
    detail = "The clocks of the two tellers differ." if noticed < pushed else ""
    return (
        Stage(StageName.PUSH, StageState.DONE, made, pushed),
        Stage(StageName.DETECT, StageState.DONE, pushed, noticed, detail),
    )


def build_of(notes: Sequence[Note], begun: float | None) -> Stage:
    """The build, of several parts perhaps; `begun` is when the roll-out began.

    A workflow that also deploys ends after the roll-out: the build in it ended where that began.
    """
    if not notes:
        return Stage(StageName.BUILD, StageState.UNKNOWN if begun else StageState.WAITING)
    last = {one.part: one for one in notes}
    states = {one.state for one in last.values()}
    starts = [one.at for one in notes if one.state is StageState.RUNNING]
    ends = [one.at for one in last.values() if one.state not in _BEGUN]
    state = next((one for one in _WORST if one in states), StageState.DONE)
    started = min(starts, default=None)
    ended = max(ends, default=None) if state not in _BEGUN else None
    detail = next((one.detail for one in last.values() if one.state is state), "")
    if begun is None:
        return Stage(StageName.BUILD, state, started, ended, detail)
    bad = (StageState.FAILED, StageState.SKIPPED, StageState.UNKNOWN)
    if ended is not None and ended <= begun and state in bad:
        detail = "Not all of it went well; it was rolled out all the same."
    elif state is not StageState.DONE:
        detail = ""
    ended = begun if ended is None else min(ended, begun)
    return Stage(StageName.BUILD, StageState.DONE, started, ended, detail)


_WORST = (
    StageState.RUNNING,
    StageState.FAILED,
    StageState.UNKNOWN,
    StageState.WAITING,
    StageState.SKIPPED,
)


def deploy_of(notes: Sequence[Note]) -> Stage:
    """The roll-out, of notes in order. `skipped` after it was live is that another replaced it."""
    if not notes:
        return Stage(StageName.DEPLOY)
    last = notes[-1]
    done = [one.at for one in notes if one.state is StageState.DONE]
    running = [one.at for one in notes if one.state is StageState.RUNNING]
    waiting = [one.at for one in notes if one.state is StageState.WAITING]
    started = min(running or waiting, default=None)
    if last.state in (StageState.DONE, StageState.SKIPPED) and done:
        return Stage(StageName.DEPLOY, StageState.DONE, started, min(done))
    if last.state is StageState.WAITING:
        return Stage(StageName.DEPLOY, StageState.WAITING, detail=last.detail)
    ended = None if last.state is StageState.RUNNING else last.at
    return Stage(StageName.DEPLOY, last.state, started, ended, last.detail)
