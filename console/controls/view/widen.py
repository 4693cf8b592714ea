"""Widening from one item to all that waits: 1, 10, 100 percent, with a stop at failures."""

import secrets
from collections.abc import Sequence

import streamlit as st

from console.access import Visitor
from console.controls.model import Mode
from console.controls.runs import FAILURES_ALLOWED, STEPS, Batch, batch_sentence
from console.controls.view.acting import act, why_not
from console.health.summary import Standing
from console.runtime import get_runtime
from console.ui.format import plain
from console.ui.page import Page
from console.ui.status import alert

POLL = 0.5  # seconds
_KEY = "batch_key"


def widen(page: Page, batches: Sequence[Batch], mode: Mode | None) -> None:
    """The steps, and the batch that is under way or was the last."""
    last = batches[0] if batches else None
    if last is not None and last.state == "running":
        st.fragment(_watch, run_every=POLL)(page.service.name, last.id)
        return
    st.caption(
        "Runs a share of what waits, live, oldest first, and stops at "
        f"{FAILURES_ALLOWED} failures. A wider step opens when the one before has passed."
    )
    passed = max((one.percent for one in batches if one.passed and not one.dry), default=0.0)
    st.session_state.setdefault(_KEY, secrets.token_hex(16))
    reason = why_not(page)
    if mode is not Mode.LIVE:
        reason = reason or "A batch runs live: the mode must be live"
    with st.container(horizontal=True, gap="small"):
        for before, step in zip((0, *STEPS), STEPS, strict=False):
            closed = passed < before
            st.button(
                f"{step} %",
                key=f"widen_{step}",
                disabled=reason is not None or closed,
                help=reason or (f"Opens when {before} % has passed" if closed else None),
                on_click=_start,
                args=(page.service.name, float(step)),
            )
    if last is not None:
        _ended(last)


def _start(service: str, percent: float) -> None:
    key = st.session_state.pop(_KEY, secrets.token_hex(16))

    def work(visitor: Visitor) -> str:
        runtime = get_runtime()
        found = runtime.config.service(service)
        if found is not None:
            runtime.running.batch(visitor, found, percent, dry=False, key=key)
        return ""

    act(work)


def _abort(service: str, key: str) -> None:
    def work(visitor: Visitor) -> str:
        runtime = get_runtime()
        found = runtime.config.service(service)
        if found is not None:
            runtime.running.abort(visitor, found, key)
        return "Aborted: no further item is begun."

    act(work)


def _watch(service: str, key: str) -> None:
    batch = next((one for one in get_runtime().running.batches(service) if one.id == key), None)
    if batch is None or batch.state != "running":
        st.rerun()
    share = batch.done / batch.of if batch.of else 0.0
    st.progress(min(1.0, share), plain(batch_sentence(batch)))
    st.button(
        "Abort", icon=":material/stop:", key="batch_abort", on_click=_abort, args=(service, key)
    )


def _ended(batch: Batch) -> None:
    standing = Standing.PASS if batch.passed else Standing.WARN
    alert(standing, plain(batch_sentence(batch)))
    for item, why in batch.failed_items:
        st.markdown(f"- **{plain(item, 120)}** {plain(why, 300)}")
