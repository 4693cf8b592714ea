"""Which deployment is shown in detail: the newest, until somebody looks at an earlier one."""

from datetime import tzinfo
from zlib import crc32

import streamlit as st

from console.deployments.history import Snapshot
from console.deployments.model import Record
from console.deployments.verdict import name_of
from console.deployments.view.table import MOST_ROWS, state_of
from console.ui.format import raw
from console.words import moment

_SHOWN = "deployment_shown"  # in the session's state: an id, or NEWEST
NEWEST = ""
MESSAGE_LIMIT = 50  # characters


def chosen(snapshot: Snapshot, zone: tzinfo) -> Record:
    """Draw the choice, and give the record. Call it only where there is one."""
    newest = snapshot.records[0]
    earlier = {one.deployment.id: one for one in snapshot.records[1:MOST_ROWS]}
    if not earlier:
        return newest
    if st.session_state.get(_SHOWN, NEWEST) not in (NEWEST, *earlier):
        st.session_state.pop(_SHOWN)  # it is not known any more
    names = {NEWEST: f"The newest: {_name(newest)}"}
    names |= {id_: f"{_name(one)} · {_when(one, zone)}" for id_, one in earlier.items()}
    # A browser goes on to show the label that was chosen: with other labels it is another widget.
    key = f"{_SHOWN}_{crc32(repr(names).encode()):08x}"
    wanted = st.selectbox(
        "Deployment in detail",
        list(names),
        index=list(names).index(st.session_state.get(_SHOWN, NEWEST)),
        format_func=lambda one: names[one],
        key=key,
        on_change=_choose,
        args=(key,),
        label_visibility="collapsed",
    )
    return earlier.get(wanted, newest)


def _choose(key: str) -> None:
    st.session_state[_SHOWN] = st.session_state[key]


def _name(record: Record) -> str:
    one = record.deployment
    message = raw(one.message.partition("\n")[0]).partition("\n")[0][:MESSAGE_LIMIT]
    return f"{raw(name_of(one), 40)} {message}".strip()


def _when(record: Record, zone: tzinfo) -> str:
    return f"{state_of(record)} · {moment(record.deployment.created_at, zone)}"
