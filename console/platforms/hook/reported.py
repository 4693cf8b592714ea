"""What a platform is of which the console is only told: it has deployments and nothing else."""

from collections.abc import Sequence

from console.errors import NotOffered
from console.platforms.model import (
    Action,
    Capabilities,
    Capability,
    InstanceRange,
    Receipt,
    Request,
    StageName,
    needed,
)

SECRET_MINIMUM = 16  # characters of the deploy hook's secret


def reported(title: str, knows: str, log: str, acts: str) -> Capabilities:
    """The capabilities of one, with the reasons for what it lacks; empty for logs that it has."""
    reading = (
        Capability.INSTANCES,
        Capability.RANGE,
        Capability.VARIABLES,
        Capability.RESPONSE_TIMES,
    )
    acting = (
        Capability.SCALE,
        Capability.ROLLBACK,
        Capability.REDEPLOY,
        Capability.SET_VARIABLE,
        Capability.DRY_RUN,
    )
    missing = {**dict.fromkeys(reading, knows), **dict.fromkeys(acting, acts)}
    return Capabilities(title, {**missing, Capability.LOGS: log} if log else missing)


class Reported:
    """The methods that it does not offer; see console/platforms/model.py, Platform."""

    def __init__(self, capabilities: Capabilities) -> None:
        self._capabilities = capabilities

    @property
    def capabilities(self) -> Capabilities:
        """What it offers."""
        return self._capabilities

    async def instances(self) -> InstanceRange:
        """Raises NotOffered."""
        raise self._missing(Capability.INSTANCES)

    async def variables(self) -> Sequence[str]:
        """Raises NotOffered."""
        raise self._missing(Capability.VARIABLES)

    async def log(self, deployment: str, stage: StageName) -> str:
        """Raises NotOffered."""
        raise self._missing(Capability.LOGS)

    def preview(self, action: Action) -> Request:
        """Raises NotOffered."""
        raise self._missing(needed(action))

    async def perform(self, action: Action) -> Receipt:
        """Raises NotOffered."""
        raise self._missing(needed(action))

    def _missing(self, capability: Capability) -> NotOffered:
        return NotOffered(self._capabilities.reason(capability))
