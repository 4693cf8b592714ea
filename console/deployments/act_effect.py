"""What shows that an action on a platform took effect. Pure.

A platform's answer is a claim. That an action took effect is seen in what the platform reports
afterwards: another deployment, another number of instances, another name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from console.deployments.verdict import name_of
from console.platforms.model import (
    Action,
    Deployment,
    DeploymentState,
    InstanceRange,
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
    Trigger,
)
from console.words import counted

_TRIGGERS = {Rollback: Trigger.ROLLBACK, Redeploy: Trigger.REDEPLOY}
_BROKE = {
    DeploymentState.FAILED: "failed",
    DeploymentState.ROLLED_BACK: "was rolled back",
    DeploymentState.SUPERSEDED: "was given up for a newer one",
    DeploymentState.UNKNOWN: "ended in a way that is not known",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a platform reports, as far as an action can change it."""

    deployments: Sequence[Deployment] = ()
    instances: InstanceRange | None = None
    variables: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """What shows of an action. `done` is None while it is under way."""

    done: bool | None
    text: str


def effect(action: Action, begun: str, before: Seen, now: Seen) -> Effect:
    """What shows of an action in what the platform reports `now`, beside `before`.

    `begun` is the id of the deployment that the platform said it began; empty where it did not.
    """
    match action:
        case Scale(least, most):
            return _scaled(least, most, now.instances)
        case SetVariable(name):
            if name not in now.variables:
                return Effect(None, f"{name} is not listed yet.")
            text = "it was there before" if name in before.variables else "it is new"
            told_ = f"The platform lists {name}, and {text}. No value is read back."
            return Effect(True, f"{told_} Instances have it when they start anew.")
        case Rollback() | Redeploy():
            return _deployed(action, begun, before, now)


def _scaled(least: int, most: int, told_now: InstanceRange | None) -> Effect:
    if told_now is None:
        return Effect(None, "The platform does not tell how many run.")
    runs = told_now.running
    heard = "nothing" if runs is None else counted(runs, "instance")
    if least != most:
        done = (told_now.least, told_now.most) == (least, most)
        text = f"The platform scales between {told_now.least} and {told_now.most}; {heard} run."
        return Effect(True if done else None, text)
    return Effect(True if runs == most else None, f"{heard} of {most} run.")


def _deployed(action: Rollback | Redeploy, begun: str, before: Seen, now: Seen) -> Effect:
    old = {one.id for one in before.deployments}
    may = (_TRIGGERS[type(action)], Trigger.OTHER)  # somebody may push at the same time
    fresh = [one for one in now.deployments if one.id not in old and one.trigger in may]
    fresh = [one for one in now.deployments if begun and one.id == begun] or fresh
    if not fresh:
        return Effect(None, "The platform has not begun it yet.")
    one, name = fresh[0], name_of(fresh[0])
    if one.state in (DeploymentState.LIVE, DeploymentState.REPLACED):
        return Effect(True, f"{name} is live, as deployment {one.id}.")
    if one.state is DeploymentState.RUNNING:
        stage = f": {one.current.name}" if one.current else ""
        return Effect(None, f"{name} is being deployed{stage}.")
    return Effect(False, f"{name} {_BROKE[one.state]}. {one.reason}".strip())
