"""A single-item test run: choose, run, watch, abort, read."""

import json
import secrets
import time
from collections.abc import Sequence

import streamlit as st

from console.access import Visitor
from console.controls.known import ran_before
from console.controls.model import Mode
from console.controls.runs import (
    ITEM_LIMIT,
    Run,
    asked_again,
    counterpart,
    difference,
    planned_of,
    sentence,
    stages_of,
    standing_of,
    usual,
    writes_of,
)
from console.controls.view.buttons import abort_button, derived
from console.health.check import Service
from console.logs.terms import term
from console.runtime import Runtime, get_runtime
from console.ui.acting import act_on, why_not
from console.ui.format import plain, raw
from console.ui.live import watch
from console.ui.page import PAGES, Page
from console.ui.reading import fetch
from console.ui.status import alert
from console.ui.tables import number_column, rows, text_column
from console.words import age

POLL = 0.5  # seconds between two looks at a run under way
DOUBLE_CLICK = 2.0  # seconds in which the same item is not begun from the form again
_FORM = "run_form"  # in the session's state: names the form until a run was begun from it
_SURE = "run_sure_"  # there, too, with the item behind it: its id was confirmed
_LAST = "run_last"  # there, too: the item, how, and when it was last begun from the form
NO_LINES = "None are left in the service's stream, or it tells of none."


def run_form(page: Page, runs: Sequence[Run], mode: Mode | None) -> None:
    """Choose an item and how to run it; nothing is chosen at first."""
    reason, name = why_not(page), page.service.name
    failed = _failed(page)
    good = next((run.item for run in runs if run.passed), None)
    labels = {item: f"{item} · failed: {why}"[:120] for item, why in failed}
    if good and good not in labels:
        labels[good] = f"{good} · passed before"
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    chosen: object = left.selectbox(
        "Item",
        list(labels),
        index=None,
        format_func=lambda one: labels.get(str(one), str(one)),
        accept_new_options=True,
        placeholder="Choose one that failed or passed, or type an id",
        key="run_item",
    )
    item = str(chosen or "")
    how = right.segmented_control(
        "How", ["Dry", "Live"], default="Dry", required=True, key="run_how"
    )
    dry = how != "Live"
    st.caption(_effect(dry, mode))
    known = item in labels or ran_before(item, runs)
    sure = dry or known or not item or _confirmed(item)
    # A button of its own for each run: a second click on the old one gives the same key
    form = str(st.session_state.setdefault(_FORM, secrets.token_hex(8)))
    st.button(
        "Run this item",
        icon=":material/play_arrow:",
        key=f"run_start_{form}",
        disabled=reason is not None or not item or len(item) > ITEM_LIMIT or not sure,
        help=reason,
        on_click=_start_chosen,
        args=(name, form),
    )


def under_way(page: Page, runs: Sequence[Run]) -> None:
    """The run that is under way, with its countdown; else the last one and what it gave."""
    if not runs:
        st.caption("No item was run from here yet.")
        return
    last = runs[0]
    if last.state == "running":
        watch(lambda: _watch(page.service.name, last.id), POLL)
    else:
        _result(page, last, runs)


def _confirmed(item: str) -> bool:
    """Asks whether an id is right that was typed and that nothing knows."""
    return st.checkbox(
        f"**{plain(item, 100)}** is the right id. It is none of the items that failed last, and "
        "none that went through from here: a wrong one is worked through live as well.",
        key=f"{_SURE}{item}",
    )


def _effect(dry: bool, mode: Mode | None) -> str:
    if dry:
        return "Dry: the item is worked through; every write is refused and listed, none is sent."
    if mode is Mode.DRY_RUN:
        return (
            "Live, while the mode is dry run: this one item gets a single-use permit, its writes "
            "are sent and counted apart. `DRY_RUN=true` in the environment still forbids it."
        )
    return "Live: this one item is worked through, and its writes are sent."


def _failed(page: Page) -> list[tuple[str, str]]:
    key = ("failed_items", page.service.name)
    running, service = page.runtime.running, page.service
    found = fetch(page.runtime, key, lambda: running.failed_items(service), fresh_for=10.0)
    return found.value or []


def _start_chosen(service: str, form: str) -> None:
    """Run what is chosen at this click: the button was drawn for what was chosen before."""
    item, how = str(st.session_state.get("run_item") or ""), str(st.session_state.get("run_how"))
    # The second click of a double click may come when the new button is drawn already.
    last: tuple[str, str, float] = st.session_state.get(_LAST, ("", "", 0.0))
    now = time.monotonic()
    if last[:2] == (item, how) and now - last[2] < DOUBLE_CLICK:
        return
    st.session_state[_LAST] = (item, how, now)
    sure = bool(st.session_state.get(f"{_SURE}{item}"))
    _start(service, item, how != "Live", derived(form, item, how), sure=sure)
    st.session_state[_FORM] = secrets.token_hex(8)


def _start(service: str, item: str, dry: bool, key: str, *, sure: bool = False) -> None:
    def work(runtime: Runtime, visitor: Visitor, found: Service) -> str:
        cut_off = asked_again(runtime.running.runs(service), item, dry)
        runtime.running.run(visitor, found, item, dry=dry, key=cut_off or key, sure=sure)
        return ""

    act_on(service, work)


def _watch(service: str, key: str) -> None:
    run = next((one for one in get_runtime().running.runs(service) if one.id == key), None)
    if run is None or run.state != "running":
        st.rerun()
    elapsed = time.time() - run.at
    left = max(0.0, run.seconds - elapsed)
    how = "dry" if run.dry else "live"
    st.progress(
        min(1.0, elapsed / run.seconds),
        f"{plain(run.item, 100)} runs {how}: {elapsed:.0f} s, {left:.0f} s left to its time-out",
    )
    abort_button(service, key, "Aborted: its request is closed.")


def _result(page: Page, run: Run, runs: Sequence[Run]) -> None:
    by = f"by {plain(run.by, 60)}, {age(time.time() - run.at)}"
    alert(standing_of(run), f"{plain(sentence(run))}  \n:small[{by}]")
    speed = usual(run, runs)
    if speed:
        st.caption(plain(speed))
    _writes(run)
    stages = stages_of(run)
    if stages:
        rows(
            {"stage": [raw(name) for name, _ in stages], "ms": [spent for _, spent in stages]},
            {
                "stage": text_column("Stage"),
                "ms": number_column("Time", "ms", "Spent in this stage", 1),
            },
            key="run_stages",
            alt="The stages of the run with their times",
        )
    other = counterpart(run, runs)
    if other is not None:
        dry, live = (run, other) if run.dry else (other, run)
        lines = difference(dry, live)
        with st.expander(f"Difference between dry and live ({len(lines)} lines)"):
            st.code(raw("\n".join(lines) or "Nothing differs."), language="diff")
    with st.expander("Log lines of this run"):
        text = "\n".join(_log_lines(page, run)) or NO_LINES
        st.code(raw(text), language=None, wrap_lines=True)
    _again(page, run)


def _log_lines(page: Page, run: Run) -> list[str]:
    running, service = page.runtime.running, page.service
    key = ("run_log", service.name, run.id)
    found = fetch(page.runtime, key, lambda: running.log_lines(service, run), fresh_for=5.0)
    return found.value or []


def _writes(run: Run) -> None:
    planned, writes, result = planned_of(run), writes_of(run), run.report.get("result")
    if planned:
        st.markdown("**Would be written:** " + "; ".join(plain(one, 200) for one in planned[:20]))
    elif writes:
        st.markdown(f"**Writes:** {plain(writes, 200)}.")
    if result is not None:
        with st.expander("Result"):
            st.code(raw(json.dumps(result, indent=1, ensure_ascii=False)), language="json")


def _again(page: Page, run: Run) -> None:
    reason, name = why_not(page), page.service.name
    with st.container(horizontal=True, gap="small"):
        for dry in (run.dry, not run.dry):
            how = "dry" if dry else "live"
            label = f"Run again {how}" if dry is run.dry else f"Run it {how}"
            st.button(
                label,
                key=f"run_again_{how}_{run.id}",  # a click on a result that is gone begins nothing
                disabled=reason is not None,
                help=reason,
                on_click=_start,
                args=(name, run.item, dry, derived(run.id, how)),
            )
        st.page_link(
            PAGES / "logs.py",
            label="Its log lines",
            icon=":material/subject:",
            query_params={"q": term("item", run.item), "service": name},
        )
