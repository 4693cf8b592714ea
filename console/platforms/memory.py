"""How an earlier deployment ended, where its platform keeps that of the newest one only. Pure."""

from dataclasses import replace

from console.platforms.model import Deployment, DeploymentState

_OPEN = (DeploymentState.RUNNING, DeploymentState.UNKNOWN)


def remembered(known: Deployment | None, told: Deployment) -> Deployment:
    """What is told now; what was told before, where the platform no longer says how it went.

    A state that is merely not understood has a word of the platform's own, and stays unknown.
    """
    forgotten = told.state is DeploymentState.UNKNOWN and not told.raw_state
    if not forgotten or known is None or known.state in _OPEN:
        return told
    if known.state is DeploymentState.LIVE:
        return replace(known, state=DeploymentState.REPLACED)
    return known
