"""Actions on a platform: what they are called, what may stand against them, what shows that they
took effect. Pure.

A platform's answer is a claim. That an action took effect is seen in what the platform reports
afterwards: another deployment, another number of instances, another name.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from console.controls.rules import REASON_LEAST, REASON_LIMIT
from console.deployments.history import Snapshot
from console.deployments.model import REACHED, Record, Verdict, Verification
from console.deployments.verdict import is_live, name_of
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
    needed,
)
from console.words import counted

MOST_INSTANCES = 1000  # that anybody can mean; the platform has limits of its own
VALUE_LIMIT = 32 * 1024  # characters of a variable's value
OFFERED = 10  # earlier versions that a rollback is offered to
DRY_RUN = "DRY_RUN"  # the variable that a service without the kit follows; no secret
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


@dataclass(frozen=True, slots=True)
class Wish:
    """An action as an operator asks for it."""

    action: Action
    reason: str = ""
    typed: str = ""  # the service's name, where it has to be typed
    override: bool = False  # emergency: without the second person
    key: str = ""  # the same for two clicks on one drawn button


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an action meets now."""

    frozen: bool = False  # no deployment should go out: a closing is near
    second_person: bool = False  # two people are asked for
    approved: bool = False  # the second one said yes
    stale: bool = False  # what is known of the platform is too old to say what runs


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


@dataclass(frozen=True, slots=True)
class Told:
    """How an action stands in the log."""

    kind: str
    target: str
    before: str = ""
    after: str = ""


def told(action: Action, snapshot: Snapshot) -> Told:
    """The action for the log: what it is about, from what to what. Never a value, but that of
    DRY_RUN, which is no secret."""
    live = running(snapshot)
    runs = name_of(live.deployment) if live else ""
    match action:
        case Rollback(deployment):
            found = known(snapshot, deployment)
            to = name_of(found.deployment) if found else deployment
            return Told("rollback", f"to {to}", runs, to)
        case Redeploy():
            return Told("redeploy", "of the newest commit", runs, "newest commit")
        case Scale(least, most):
            return Told(
                "scaling", snapshot.platform, _range(snapshot.instances), _pair(least, most)
            )
        case SetVariable(name):
            shown = action.value if name == DRY_RUN else "a value that is not kept here"
            return Told("variable", name, "", shown)


def subject(action: Action, snapshot: Snapshot) -> str:
    """What a second operator is asked to approve: `rollback to a1b2c3d`, `variable DRY_RUN=false`.

    Of other variables the value is not kept, so their approval is for any.
    """
    found = told(action, snapshot)
    what = f"{found.kind} {found.target}"
    return f"{what}={found.after}" if found.target == DRY_RUN else what


def objections(
    wish: Wish, service: str, snapshot: Snapshot | None, circumstances: Circumstances
) -> list[str]:
    """Why an action may not be made: sentences with what to do. Empty where it may."""
    if snapshot is None:
        return ["Nothing was read of the platform yet: wait until it is."]
    action = wish.action
    missing = snapshot.missing.get(needed(action).value, "")
    if missing:
        return [missing]
    found = _about(action, snapshot)
    if len(wish.reason) > REASON_LIMIT:
        found.append(f"The reason may have {REASON_LIMIT} characters.")
    if isinstance(action, SetVariable) and wish.typed.strip() != service:
        found.append(f"Type the name of the service, {service}, to confirm.")
    if isinstance(action, Scale):
        return found  # more or fewer instances of what runs are no new version
    short = len(wish.reason.strip()) < REASON_LEAST
    if circumstances.frozen and short:
        found.append(f"No deployments now: give a reason of at least {REASON_LEAST} characters.")
    if not circumstances.second_person or circumstances.approved:
        return found
    if mends(action, snapshot, stale=circumstances.stale):
        return found
    if not wish.override:
        found.append("A second operator has to approve this, within the last 30 minutes.")
    elif short and not circumstances.frozen:
        found.append(f"An emergency needs a reason of at least {REASON_LEAST} characters.")
    return found


def mends(action: Action, snapshot: Snapshot, *, stale: bool = False) -> bool:
    """Whether it takes back a version that was found failed, or holds back all writes: that leads
    toward safety and waits for nobody. Of a `stale` snapshot nobody knows whether that one still
    runs."""
    if isinstance(action, SetVariable):
        return action.name == DRY_RUN and action.value.strip().lower() == "true"
    live = running(snapshot)
    return (
        isinstance(action, Rollback)
        and not stale
        and live is not None
        and live.verification is not None
        and live.verification.verdict is Verdict.FAILED
    )


def _about(action: Action, snapshot: Snapshot) -> list[str]:
    match action:
        case Rollback(deployment):
            return _rollback(deployment, snapshot)
        case Scale(least, most):
            if not 1 <= least <= most <= MOST_INSTANCES:
                return [f"The numbers go from 1 to {MOST_INSTANCES}, the least first."]
        case SetVariable(name, value):
            if not _NAME.fullmatch(name):
                return ["A name has letters, digits and _, and begins with no digit."]
            if not value or len(value) > VALUE_LIMIT:
                return [f"The value has 1 to {VALUE_LIMIT} characters."]
        case Redeploy():
            pass
    return []


def _rollback(deployment: str, snapshot: Snapshot) -> list[str]:
    found, live = known(snapshot, deployment), running(snapshot)
    if found is None:
        return ["There is no such deployment any more."]
    if found.live_at is None or found.deployment.state is DeploymentState.ROLLED_BACK:
        return [f"{name_of(found.deployment)} never ran: choose one that did."]
    if live is not None and live.deployment.id == deployment:
        return [f"{name_of(found.deployment)} is what runs already."]
    return []


def running(snapshot: Snapshot) -> Record | None:
    """The deployment that is live."""
    return next((one for one in snapshot.records if is_live(one)), None)


def under_way(snapshot: Snapshot) -> Record | None:
    """The deployment in progress."""
    newest = snapshot.records[:1]
    return next((r for r in newest if r.deployment.state is DeploymentState.RUNNING), None)


def known(snapshot: Snapshot, deployment: str) -> Record | None:
    """The record of a deployment."""
    return next((one for one in snapshot.records if one.deployment.id == deployment), None)


def earlier(snapshot: Snapshot) -> list[Record]:
    """Versions that ran before and do not run now, newest first, each commit once."""
    live = running(snapshot)
    commits = {live.deployment.commit or live.deployment.id} if live else set[str]()
    found: list[Record] = []
    for one in snapshot.records:
        commit = one.deployment.commit or one.deployment.id
        state = one.deployment.state
        if state in REACHED and state is not DeploymentState.ROLLED_BACK and commit not in commits:
            commits.add(commit)
            found.append(one)
    return found[:OFFERED]


def way_back(snapshot: Snapshot, window: float = 0.0) -> Record | None:
    """The version to go back to from what runs: the newest before it that was not found failed.

    With a `window` in seconds, one that was replaced before it was watched for so long is passed
    over: nobody knows whether it works.
    """
    live = running(snapshot)
    if live is None:
        return None
    for one in earlier(snapshot):
        older = one.deployment.created_at < live.deployment.created_at
        if older and not _is_doubtful(one.verification, window):
            return one
    return None


def _is_doubtful(found: Verification | None, window: float) -> bool:
    if found is None:
        return False  # it ran before the console looked
    unseen = found.verdict in (Verdict.NOT_KNOWN, Verdict.WATCHING)
    return found.verdict is Verdict.FAILED or (unseen and found.until - found.since < window)


_TRIGGERS = {Rollback: Trigger.ROLLBACK, Redeploy: Trigger.REDEPLOY}
_BROKE = {
    DeploymentState.FAILED: "failed",
    DeploymentState.ROLLED_BACK: "was rolled back",
    DeploymentState.SUPERSEDED: "was given up for a newer one",
    DeploymentState.UNKNOWN: "ended in a way that is not known",
}


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


def _range(found: InstanceRange | None) -> str:
    if found is None:
        return ""
    if found.automatic:
        return f"{found.least} to {found.most}"
    count = found.desired if found.desired is not None else found.running
    return "" if count is None else str(count)


def _pair(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} to {most}"
