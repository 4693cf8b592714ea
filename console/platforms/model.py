"""What the console knows of any platform: deployments in five stages, instances, capabilities.

An adapter turns a platform's own words into these. What a platform does not offer is declared,
with its reason, and never answered by a zero or an empty list. Times are Unix seconds; `None` is a
time that the platform does not tell. Text from outside (messages, names, logs) is only ever shown
as text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol, Self

from console.platforms.capabilities import Capabilities, Capability


class StageName(StrEnum):
    """The five stages that every deployment goes through, in this order."""

    PUSH = "push"  # from the commit being made to its arrival at the repository
    DETECT = "detect"  # from its arrival to the platform noticing it
    BUILD = "build"
    DEPLOY = "deploy"  # instances are replaced, until the platform calls it live
    VERIFY = "verify"  # the console's own work, from live on


class StageState(StrEnum):
    """How a stage stands."""

    WAITING = "waiting"  # not begun
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"  # will not happen: an earlier stage failed, or there was nothing to do
    UNKNOWN = "unknown"  # the platform does not tell


class DeploymentState(StrEnum):
    """How a deployment stands, as its platform says."""

    RUNNING = "running"
    LIVE = "live"
    FAILED = "failed"  # did not go live, and nothing had been replaced
    ROLLED_BACK = "rolled back"  # instances were replaced, then the version before came back
    SUPERSEDED = "superseded"  # given up for a newer one, or cancelled
    REPLACED = "replaced"  # was live until a newer one took its place
    UNKNOWN = "unknown"  # a word that this version of the console does not know


class Trigger(StrEnum):
    """Why there is a deployment."""

    PUSH = "push"
    REDEPLOY = "redeploy"
    ROLLBACK = "rollback"
    SETTINGS = "settings"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of one deployment."""

    name: StageName
    state: StageState = StageState.WAITING
    started_at: float | None = None
    ended_at: float | None = None
    detail: str = ""  # one sentence

    def seconds(self, now: float) -> float | None:
        """How long it took, or has taken by `now`; `None` where no start is known.

        Two clocks may be behind the two times, so that an end before the start is no duration.
        """
        if self.started_at is None or self.state in (StageState.WAITING, StageState.SKIPPED):
            return None
        end = now if self.state is StageState.RUNNING else self.ended_at
        return None if end is None or end < self.started_at else end - self.started_at


def _waiting() -> tuple[Stage, ...]:
    return tuple(Stage(name) for name in StageName)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One roll-out of one commit."""

    id: str  # of the platform
    commit: str  # full hash; empty where the platform does not tell
    state: DeploymentState
    created_at: float
    ended_at: float | None = None  # when the platform was done with it, well or not
    message: str = ""  # of the commit
    author: str = ""
    branch: str = ""
    trigger: Trigger = Trigger.OTHER
    stages: tuple[Stage, ...] = field(default_factory=_waiting)  # all five, in order
    reason: str = ""  # why it did not go live, one sentence
    url: str = ""  # the platform's own page of it
    raw_state: str = ""  # the platform's own word
    commits: tuple[str, ...] = ()  # since the version before, a line each, newest first

    def stage(self, name: StageName) -> Stage:
        """One of its stages."""
        return next((one for one in self.stages if one.name is name), Stage(name))

    def with_stage(self, stage: Stage) -> "Deployment":
        """The same with one stage replaced."""
        return replace(
            self, stages=tuple(stage if one.name is stage.name else one for one in self.stages)
        )

    @property
    def current(self) -> Stage | None:
        """The stage that is running, or that failed; `None` where there is none."""
        telling = (StageState.RUNNING, StageState.FAILED)
        return next((one for one in self.stages if one.state in telling), None)


@dataclass(frozen=True, slots=True)
class InstanceRange:
    """How many instances run, and between which bounds. `None`: the platform does not tell."""

    running: int | None = None
    desired: int | None = None
    least: int | None = None
    most: int | None = None

    @property
    def automatic(self) -> bool:
        """Whether the platform itself may choose between two numbers."""
        return self.least is not None and self.most is not None and self.least < self.most


@dataclass(frozen=True, slots=True)
class Scale:
    """Run between `least` and `most` instances; the same number twice is a fixed one."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Rollback:
    """Bring back the version of an earlier deployment."""

    deployment: str  # its id
    # The same for one and the same wish, of letters, digits and `-`: a platform that can tells by
    # it that it has the order already.
    key: str = ""


@dataclass(frozen=True, slots=True)
class Redeploy:
    """Roll out the newest commit again."""


@dataclass(frozen=True, slots=True)
class SetVariable:
    """Give an environment variable a value. The value is in no representation of this."""

    name: str
    value: str = field(repr=False)


Action = Scale | Rollback | Redeploy | SetVariable

_NEEDS = {
    Scale: Capability.SCALE,
    Rollback: Capability.ROLLBACK,
    Redeploy: Capability.REDEPLOY,
    SetVariable: Capability.SET_VARIABLE,
}


def needed(action: Action) -> Capability:
    """The capability that an action needs."""
    return _NEEDS[type(action)]


@dataclass(frozen=True, slots=True)
class Request:
    """What exactly an action would send, to be shown before it is sent. Holds no secret."""

    text: str  # `POST https://…/scale`
    body: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform answered: a claim. That it took effect is seen in what it then reports."""

    text: str
    deployment: str = ""  # the id of the deployment that the action began, where it is told


class Names(tuple[str, ...]):
    """Names, and what could not be looked into: of those, names may be missing."""

    unread: tuple[str, ...]

    def __new__(cls, names: Iterable[str], unread: Iterable[str] = ()) -> Self:
        """The names with `unread`, one phrase each: `Secret app-secrets`."""
        made = super().__new__(cls, names)
        made.unread = tuple(unread)
        return made


class Platform(Protocol):
    """One service on one platform. Every method raises PlatformError, and nothing else.

    A method whose capability is missing raises NotOffered.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What it offers, without asking it."""
        ...

    async def deployments(self, limit: int) -> Sequence[Deployment]:
        """Its last deployments, the newest first."""
        ...

    async def instances(self) -> InstanceRange:
        """How many run."""
        ...

    async def variables(self) -> Sequence[str]:
        """The names of the environment variables that are set. Never a value.

        `Names` where some of them could not be looked into.
        """
        ...

    async def log(self, deployment: str, stage: StageName) -> str:
        """The end of the log of one stage; empty where there is none."""
        ...

    def preview(self, action: Action) -> Request:
        """What `perform` would send."""
        ...

    async def perform(self, action: Action) -> Receipt:
        """Do it."""
        ...
