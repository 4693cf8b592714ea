"""How an earlier deployment ended, where its platform keeps that of the newest one only. Pure."""

from dataclasses import replace

from console.platforms.model import Deployment, DeploymentState

_OPEN = (DeploymentState.RUNNING, DeploymentState.UNKNOWN)


def remembered(known: Deployment | None, told: Deployment) -> Deployment:
    """What is told now, with what was told before where the platform no longer says how it went.

    A platform that does say so uses a word of its own, so `raw_state` is not empty.
    """
    if told.raw_state or known is None or known.state in _OPEN:
        return told
    if told.state is DeploymentState.UNKNOWN and known.state is DeploymentState.LIVE:
        return replace(known, state=DeploymentState.REPLACED)
    return known
