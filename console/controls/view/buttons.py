"""What the buttons of runs and of batches share: one key for one click, and the way to abort."""

import hashlib

import streamlit as st

from console.access import Visitor
from console.health.check import Service
from console.runtime import Runtime
from console.ui.acting import act_on


def abort_button(service: str, run: str, done: str) -> None:
    """Ends a run or a batch. `done` is said when it did."""

    def work(runtime: Runtime, visitor: Visitor, found: Service) -> str:
        stopped = runtime.running.abort(visitor, found, run)
        return done if stopped else "It had ended already: nothing was aborted."

    st.button(
        "Abort",
        icon=":material/stop:",
        key=f"abort_{run}",
        on_click=act_on,
        args=(service, work),
    )


def derived(*parts: str) -> str:
    """An idempotency key for what a button begins, from what it was drawn for.

    Two clicks on one drawn button give one key, so a double click begins one run, however long the
    page takes to be redrawn in between.
    """
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
