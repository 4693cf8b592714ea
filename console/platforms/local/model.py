"""What the local platform decides: which copy to start, drain or end next. Pure.

A copy is one instance of one release, a release is one deployment. Roll-out, rollback, scaling and
mending are one thing: steps toward `wanted` copies of one release. So a controller that was killed
has nothing to remember but what is there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

FIRST_PAUSE, LAST_PAUSE = 0.5, 30.0  # seconds before a copy that died is started again, doubling
STEADY_AFTER = 60.0  # seconds a copy must live for the next pause to be short again


class Phase(StrEnum):
    """Where in its life a copy is."""

    STARTING = "starting"  # gets no requests until its health check passed
    SERVING = "serving"
    DRAINING = "draining"  # gets no new requests and answers those it has
    ENDING = "ending"  # was told to end


@dataclass(frozen=True, slots=True)
class LocalService:
    """How a service is built and run from a git repository on this machine. Times are seconds."""

    name: str
    repository: str  # a path: a checkout, or a bare repository that is pushed to
    start: tuple[str, ...]  # the command; it listens on 127.0.0.1 at the variable PORT
    branch: str = "main"
    build: tuple[str, ...] = ()  # a command that must succeed, in the directory of the build
    health_path: str = "/health"
    port: int = 0  # of the service; 0: a free one, that stays
    instances: int = 1  # at the beginning
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    poll: float = 1.0  # between two looks at the branch
    build_timeout: float = 900.0
    health_timeout: float = 60.0  # from its start until a copy must answer its health check
    drain_timeout: float = 30.0  # for the requests that a copy still has (Render's default)
    grace: float = 10.0  # between SIGTERM and SIGKILL
    redis: bool = False  # it is given a Redis of its own on this machine, as REDIS_URL


@dataclass(frozen=True, slots=True)
class Copy:
    """One process of a release."""

    name: str
    release: str
    port: int
    phase: Phase
    since: float  # of the phase, Unix seconds
    pid: int | None = None  # None: about to be started
    started: str = ""  # with the pid, the identity of the process


@dataclass(frozen=True, slots=True)
class State:
    """All that the controller remembers beside its deployments."""

    wanted: int
    port: int = 0  # of the service; 0: not chosen yet
    number: int = 0  # of the last deployment
    seen: str = ""  # the newest commit of the branch that was looked at
    running: str = ""  # the release that is live
    current: str = ""  # the deployment in progress
    target: str = ""  # the release that copies are brought to; empty: none
    served: bool = False  # whether a copy of the deployment in progress ever served
    failure: str = ""  # why the deployment in progress is not to be trusted
    copies: tuple[Copy, ...] = ()
    copy_number: int = 0
    deaths: int = 0  # in a row
    pause_until: float = 0.0  # no copy is started before
    variables: str = ""  # the deployment whose variables are in force; see variables.py
    orders: tuple[str, ...] = ()  # the last ones that were carried out
    problem: str = ""  # why the branch cannot be looked at


@dataclass(frozen=True, slots=True)
class Start:
    """Start one copy of the target."""


@dataclass(frozen=True, slots=True)
class Drain:
    """Give a copy no more requests."""

    copy: Copy


@dataclass(frozen=True, slots=True)
class End:
    """End a copy that has no requests."""

    copy: Copy


@dataclass(frozen=True, slots=True)
class Wait:
    """For what is under way."""


@dataclass(frozen=True, slots=True)
class Done:
    """All is as wanted."""


Move = Start | Drain | End | Wait | Done


def next_move(copies: Sequence[Copy], target: str, wanted: int) -> Move:
    """The one next step toward `wanted` copies of `target`, and none of any other release.

    Never fewer than `wanted` copies serve than before: a new one serves before an old one is
    drained, and at most one copy more than wanted serves.
    """
    wanted = wanted if target else 0
    serving = [one for one in copies if one.phase is Phase.SERVING]
    fresh = [one for one in serving if one.release == target]
    old = [one for one in serving if one.release != target]
    starting = [one for one in copies if one.phase is Phase.STARTING]
    for one in starting:
        if one.release != target or len(fresh) >= wanted:
            return End(one)
    if old and len(serving) > wanted:
        return Drain(old[0])
    if len(fresh) > wanted:
        return Drain(fresh[-1])
    if len(fresh) < wanted and not starting:
        return Start()
    return Done() if len(copies) == len(fresh) and len(fresh) == wanted else Wait()


def pause(deaths: int) -> float:
    """Seconds to wait before a copy is started again, after so many deaths in a row."""
    return min(FIRST_PAUSE * 2.0 ** max(0, deaths - 1), LAST_PAUSE)
