"""Widening from one item to all that waits: 1, 10, 100 percent, with a stop at failures."""

from collections.abc import Sequence

import streamlit as st

from console.access import Visitor
from console.controls.batches import FAILURES_ALLOWED, STEPS, Batch, batch_sentence
from console.controls.model import Mode
from console.controls.view.buttons import abort_button, derived
from console.health.check import Service
from console.health.summary import Standing
from console.runtime import Runtime, get_runtime
from console.ui.acting import act_on, why_not
from console.ui.format import plain
from console.ui.live import watch
from console.ui.page import Page
from console.ui.status import alert

POLL = 0.5  # seconds


def widen(page: Page, batches: Sequence[Batch], mode: Mode | None) -> None:
    """The steps, and the batch that is under way or was the last."""
    last = batches[0] if batches else None
    if last is not None and last.state == "running":
        watch(lambda: _watch(page.service.name, last.id), POLL)
        return
    st.caption(
        "Runs a share of what is not done, live: what a dry run held, what failed and may be tried "
        f"again, what waits. Stops at {FAILURES_ALLOWED} failures. A wider step opens when the one "
        "before has passed."
    )
    passed = max((one.percent for one in batches if one.passed and not one.dry), default=0.0)
    reason, name = why_not(page), page.service.name
    after = last.id if last is not None else ""  # a button of its own for each batch
    if mode is not Mode.LIVE:
        reason = reason or "A batch runs live: the mode must be live"
    if reason:
        st.caption(f":material/lock: {reason}.")
    with st.container(horizontal=True, gap="small"):
        for before, step in zip((0, *STEPS), STEPS, strict=False):
            closed = passed < before
            with st.popover(
                f"{step} %",
                disabled=reason is not None or closed,
                help=reason or (f"Opens when {before} % has passed" if closed else None),
            ):
                st.markdown(
                    f"Works through **{step} %** of what is not done, at least one item, **live**: "
                    "their writes are sent."
                )
                st.button(
                    f"Run {step} % live",
                    key=f"widen_{step}_{after}",
                    type="primary",
                    on_click=_start,
                    args=(name, float(step), derived(name, str(step), after)),
                )
    if last is not None:
        _ended(last)


def _start(service: str, percent: float, key: str) -> None:
    def work(runtime: Runtime, visitor: Visitor, found: Service) -> str:
        runtime.running.batch(visitor, found, percent, dry=False, key=key)
        return ""

    act_on(service, work)


def _watch(service: str, key: str) -> None:
    batch = next((one for one in get_runtime().running.batches(service) if one.id == key), None)
    if batch is None or batch.state != "running":
        st.rerun()
    share = batch.done / batch.of if batch.of else 0.0
    st.progress(min(1.0, share), plain(batch_sentence(batch)))
    abort_button(service, key, "Aborted: no further item is begun.")


def _ended(batch: Batch) -> None:
    standing = Standing.PASS if batch.passed else Standing.WARN
    if batch.state == "ended" and not batch.done and not batch.stopped:
        standing = Standing.UNKNOWN  # nothing was tried, so nothing is shown to work
    alert(standing, plain(batch_sentence(batch)))
    for item, why in batch.failed_items:
        st.markdown(f"- **{plain(item, 120)}** {plain(why, 300)}")
