"""Which earlier deployment somebody looks at closely: none, until they choose one."""

from datetime import tzinfo
from zlib import crc32

import streamlit as st

from console.deployments.history import Snapshot
from console.deployments.model import Record
from console.deployments.verdict import name_of
from console.deployments.view.table import MOST_ROWS, state_of
from console.ui.format import raw
from console.words import moment

_SHOWN = "deployment_shown"  # in the session's state: an id
MESSAGE_LIMIT = 50  # characters


def chosen(snapshot: Snapshot, zone: tzinfo) -> Record | None:
    """Draw the choice, and give the record; `None` while none is chosen."""
    earlier = {one.deployment.id: one for one in snapshot.records[1:MOST_ROWS]}
    if not earlier:
        return None
    names = {id_: f"{_name(one)} · {_when(one, zone)}" for id_, one in earlier.items()}
    # A browser goes on to show the label that was chosen: with other labels it is another widget.
    key = f"{_SHOWN}_{crc32(repr(names).encode()):08x}"
    ids, wanted = list(names), st.session_state.get(_SHOWN)
    found = st.selectbox(
        "An earlier one in detail",
        ids,
        index=ids.index(wanted) if wanted in names else None,
        placeholder="Look at an earlier one in detail",
        format_func=lambda one: names[one],
        key=key,
        on_change=_choose,
        args=(key,),
        label_visibility="collapsed",
    )
    return earlier.get(found) if found else None


def _choose(key: str) -> None:
    st.session_state[_SHOWN] = st.session_state[key]


def _name(record: Record) -> str:
    one = record.deployment
    message = raw(one.message.partition("\n")[0]).partition("\n")[0][:MESSAGE_LIMIT]
    return f"{raw(name_of(one), 40)} {message}".strip()


def _when(record: Record, zone: tzinfo) -> str:
    return f"{state_of(record)} · {moment(record.deployment.created_at, zone)}"
