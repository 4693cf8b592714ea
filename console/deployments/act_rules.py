"""Actions on a platform: what they are called, and what may stand against them. Pure."""

import re
from dataclasses import dataclass

from console.controls.rules import REASON_LEAST, REASON_LIMIT
from console.deployments.history import Snapshot
from console.deployments.model import Verdict
from console.deployments.verdict import name_of
from console.deployments.versions import known, running
from console.platforms.model import (
    Action,
    DeploymentState,
    InstanceRange,
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
    needed,
)
from console.settings.secrecy import fingerprint

MOST_INSTANCES = 1000  # that anybody can mean; the platform has limits of its own
VALUE_LIMIT = 32 * 1024  # characters of a variable's value
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


def subject(action: Action, snapshot: Snapshot, key: str) -> str:
    """What a second operator is asked to approve: `rollback to a1b2c3d`, `variable DRY_RUN=false`.

    Of other variables it names the value by its fingerprint with `key`, so that no other value
    passes by the same word.
    """
    found = told(action, snapshot)
    what = f"{found.kind} {found.target}"
    if not isinstance(action, SetVariable):
        return what
    if action.name == DRY_RUN:
        return f"{what}={found.after}"
    return f"{what} to the value with the fingerprint {fingerprint(key, action.name, action.value)}"


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


def _range(found: InstanceRange | None) -> str:
    if found is None:
        return ""
    if found.automatic:
        return f"{found.least} to {found.most}"
    count = found.desired if found.desired is not None else found.running
    return "" if count is None else str(count)


def _pair(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} to {most}"
