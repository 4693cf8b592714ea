"""What a platform tells of a service's variables, and of replacing instances. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from console.deployments.history import Snapshot as Deployments
from console.platforms.model import DeploymentState, StageName
from console.settings.drift import PlatformNames
from console.settings.names import USABLE
from console.settings.rollout import RollOut

EVERY = 300.0  # seconds between two readings: names change with a deployment, and requests are few
OLD = 3 * EVERY  # seconds after which they are too old to be compared
MOST_NAMES = 2000
LONGEST_NAME = 200  # characters


@dataclass(frozen=True, slots=True)
class Reading:
    """The names that a platform has. Never a value."""

    at: float  # of the last look, Unix seconds
    platform: str = ""  # its title
    names: tuple[str, ...] = ()
    told_at: float = 0.0  # when these names were told, Unix seconds; 0: never
    problem: str = ""  # why the last look failed, one sentence
    not_offered: str = ""  # why it tells none, one sentence

    def compared(self, now: float) -> PlatformNames | None:
        """The names while they are new enough to be compared."""
        if not self.told_at or now - self.told_at > OLD:
            return None
        return PlatformNames(self.platform, self.told_at, dict.fromkeys(self.names))


def usable(names: Iterable[str]) -> tuple[str, ...]:
    """What may be a variable's name, bounded."""
    told = {name for name in names if len(name) <= LONGEST_NAME and USABLE.fullmatch(name)}
    return tuple(sorted(told)[:MOST_NAMES])


def roll_out_of(deployments: Deployments | None) -> RollOut | None:
    """What the newest deployment says of replacing instances; None where none is known."""
    if deployments is None or not deployments.records or deployments.problem:
        return None
    newest = deployments.records[0].deployment
    begun = newest.stage(StageName.DEPLOY).started_at
    under_way = newest.state is DeploymentState.RUNNING
    if not under_way and newest.state is not DeploymentState.LIVE:
        begun = None  # nothing was replaced, or the version before is back
    wanted = deployments.instances.desired if deployments.instances else None
    since = begun if begun is not None else newest.created_at
    return RollOut(deployments.platform, under_way, since, begun, wanted)
