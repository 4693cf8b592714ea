"""The stages of a deployment by another clock. Pure."""

from dataclasses import replace

from console.platforms.model import Deployment


def earlier(deployment: Deployment, seconds: float) -> Deployment:
    """The same with every time of its stages earlier by so much."""

    def moved(at: float | None) -> float | None:
        return None if at is None else at - seconds

    stages = (
        replace(one, started_at=moved(one.started_at), ended_at=moved(one.ended_at))
        for one in deployment.stages
    )
    return replace(deployment, stages=tuple(stages))
