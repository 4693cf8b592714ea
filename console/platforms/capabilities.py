"""What a platform may or may not offer, and what it says where it does not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from console.errors import NotOffered


class Capability(StrEnum):
    """What a platform may or may not offer."""

    DEPLOYMENTS = "deployments"
    STAGES = "stage times"
    INSTANCES = "running instances"
    RANGE = "instance range"  # the least and the most that it scales between
    VARIABLES = "variable names"
    LOGS = "logs"  # of the stages of a deployment
    RUNTIME_LOGS = "log lines"  # that the running instances write
    SCALE = "scale"
    ROLLBACK = "rollback"
    REDEPLOY = "redeploy"
    SET_VARIABLE = "set a variable"
    DRY_RUN = "dry run by the platform"
    RESPONSE_TIMES = "response times"


EXTRAS = frozenset((Capability.RUNTIME_LOGS,))
"""What is offered only where an adapter says so, with `also`."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform offers: all but `missing`, and of the extras those in `also`."""

    platform: str  # its title
    missing: Mapping[Capability, str] = field(default_factory=dict[Capability, str])  # the reason
    also: frozenset[Capability] = frozenset()

    def offers(self, capability: Capability) -> bool:
        """Whether the platform has it."""
        if capability in self.missing:
            return False
        return capability not in EXTRAS or capability in self.also

    def reason(self, capability: Capability) -> str:
        """Why it is not there, one sentence; empty where it is."""
        if self.offers(capability):
            return ""
        why = self.missing.get(capability, "the console does not read them there.")
        return f"Not offered by {self.platform}: {why}"

    def require(self, capability: Capability) -> None:
        """Raises NotOffered, with the reason, where it is not there."""
        if not self.offers(capability):
            raise NotOffered(self.reason(capability))
