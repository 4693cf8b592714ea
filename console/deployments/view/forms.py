"""What each action asks for in its dialog. Every form gives the action, or None while it is not
complete."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

import streamlit as st

from console.deployments.act_rules import MOST_INSTANCES
from console.deployments.history import Snapshot
from console.deployments.model import Record, Verdict
from console.deployments.verdict import name_of
from console.deployments.versions import best_back, earlier, newest_commit, was_verified
from console.platforms.model import (
    Action,
    Capability,
    InstanceRange,
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
)
from console.ui.format import plain, raw
from console.words import clock

Kind = Literal["rollback", "redeploy", "scaling", "variable"]
MESSAGE_LIMIT = 40  # characters of a commit's message in a choice


@dataclass(frozen=True, slots=True)
class Form:
    """One action."""

    title: str
    icon: str  # Material symbol
    means: str  # what it does, one sentence
    confirm: str  # the button that does it
    example: Action  # of its kind
    ask: Callable[[Snapshot, str, tzinfo], Action | None]
    unable: Callable[[Snapshot], str]  # why it makes no sense now; empty where it does


def _rollback(snapshot: Snapshot, deployment: str, zone: tzinfo) -> Action | None:
    offered = earlier(snapshot)
    names = {one.deployment.id: _label(one, snapshot, zone) for one in offered}
    back = best_back(snapshot)
    wanted = deployment or (back.deployment.id if back else "")
    ids = list(names)
    chosen = st.selectbox(
        "Bring back",
        ids,
        index=ids.index(wanted) if wanted in ids else 0,
        format_func=lambda one: names[one],
        key="act_deployment",
    )
    return Rollback(chosen) if chosen else None


def _label(record: Record, snapshot: Snapshot, zone: tzinfo) -> str:
    one, found = record.deployment, record.verification
    known = found and found.verdict is not Verdict.WATCHING
    verdict = f"{found.verdict}" if found and known else "not verified"
    if was_verified(record, snapshot):
        verdict = str(Verdict.VERIFIED)
    message = raw(one.message.partition("\n")[0], MESSAGE_LIMIT).partition("\n")[0]
    at = record.live_at or one.created_at
    return f"{raw(name_of(one))} · {verdict} · live {clock(at, snapshot.at, zone)} · {message}"


def _redeploy(snapshot: Snapshot, deployment: str, zone: tzinfo) -> Action | None:
    del deployment, zone
    st.markdown("The newest commit is built and rolled out again.")
    if known := newest_commit(snapshot):
        record, against = known
        name, message = name_of(record.deployment), record.deployment.message.partition("\n")[0]
        st.markdown(f"The newest that was pushed: **{plain(name)}** {plain(message, 80)}".strip())
        if against:
            st.warning(f"{plain(against)} It would run again.", icon=":material/warning:")
    return Redeploy()


def _scale(snapshot: Snapshot, deployment: str, zone: tzinfo) -> Action | None:
    del deployment, zone
    now = snapshot.instances or InstanceRange()
    fixed = snapshot.missing.get(Capability.RANGE.value)
    count = now.desired if now.desired is not None else now.running
    if fixed:
        wanted = st.number_input("Instances", 1, MOST_INSTANCES, count or 1, key="act_most")
        return Scale(int(wanted), int(wanted))
    left, right = st.columns(2)
    least = left.number_input("At least", 1, MOST_INSTANCES, now.least or count or 1, key="act_lo")
    most = right.number_input("At most", 1, MOST_INSTANCES, now.most or count or 1, key="act_hi")
    st.caption("The same number twice is a fixed one.")
    return Scale(int(least), int(most))


def _variable(snapshot: Snapshot, deployment: str, zone: tzinfo) -> Action | None:
    del snapshot, deployment, zone
    name = st.text_input("Name", key="act_name", placeholder="LOG_LEVEL", max_chars=128)
    value = st.text_input("Value", key="act_value", type="password", autocomplete="off")
    st.caption(
        "The value goes to the platform alone: the console neither shows, stores nor logs it. "
        "The service gets it when its instances start anew."
    )
    return SetVariable(name.strip(), value) if name and value else None


def _no_earlier(snapshot: Snapshot) -> str:
    return "" if earlier(snapshot) else "No other version has run since the console looks."


def _nothing(snapshot: Snapshot) -> str:
    del snapshot
    return ""


FORMS: Mapping[Kind, Form] = {
    "rollback": Form(
        "Roll back", "undo", "Brings back a version that ran before", "Roll back",
        Rollback(""), _rollback, _no_earlier,
    ),
    "redeploy": Form(
        "Redeploy", "replay", "Rolls out the newest commit again", "Redeploy",
        Redeploy(), _redeploy, _nothing,
    ),
    "scaling": Form(
        "Scale", "dns", "Changes how many instances run", "Scale",
        Scale(1, 1), _scale, _nothing,
    ),
    "variable": Form(
        "Set a variable", "key", "Gives an environment variable another value", "Set it",
        SetVariable("", ""), _variable, _nothing,
    ),
}  # fmt: skip
