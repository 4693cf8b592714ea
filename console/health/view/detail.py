"""One check in detail: how it stands, what it said last, how it was, and what it is."""

import streamlit as st

from console.alerts.view.acknowledge import take_button, taking
from console.health.check import Check
from console.health.summary import Presented, is_acknowledged
from console.health.view.detail_cards import cards
from console.health.view.detail_past import days, incidents, load
from console.health.view.detail_result import last_failure, last_result
from console.health.view.probe_now import probe_answer, probe_button
from console.health.view.recent import recent_results
from console.masking import mask
from console.ui.acting import said
from console.ui.format import plain
from console.ui.header import Head
from console.ui.live import live
from console.ui.page import PAGES, Page, Reading, read
from console.ui.status import MARKS, alert
from console.ui.tables import facts
from console.words import clock, counted, duration, listed, response_time, sentence

CHECK = "check"  # in the URL


def detail(page: Page, check: Check) -> None:
    """Draw the page of one check."""
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.button(
            "All checks",
            icon=":material/arrow_back:",
            key="all_checks",
            type="tertiary",
            on_click=_back,
        )
        with st.container(
            horizontal=True, vertical_alignment="center", width="content", gap="small"
        ):
            st.page_link(
                PAGES / "response_times.py",
                label="Response times",
                icon=":material/timeline:",
                query_params={"series": f"check:{check.name}", "service": page.service.name},
            )
            st.page_link(
                PAGES / "logs.py",
                label="Logs",
                icon=":material/subject:",
                query_params={"q": "level:>=warn", "service": page.service.name},
            )
            probe_button(page, check)
    probe_answer(page, check)
    said()
    taking(page)
    head = Head(page, plain(check.label, 80))

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        one = reading.summary.of(check.name)
        if one is None:
            return
        _verdict(page, reading, one)
        if one.state.alert.active and not one.cause:
            take_button(page, f"check:{check.name}", check.label, again=is_acknowledged(one.state))
        cards(page, reading, one)
        left, right = st.columns([3, 2], gap="small")
        with left.container(border=True, height="stretch"):
            last_result(page, one)
        with right.container(border=True, height="stretch"):
            _about(page, check)

    live(body)
    first = read(page)
    one = first.summary.of(check.name)
    if one is not None:
        recent_results(page, one)
        days(page, first, check)
        incidents(page, first, one, load(page, check, first.now))
        last_failure(page, one)


def _back() -> None:
    st.query_params.pop(CHECK, None)


def _verdict(page: Page, reading: Reading, one: Presented) -> None:
    mark = MARKS[one.standing]
    since = ""
    if one.since is not None:
        since = f" since {clock(one.since, reading.now, page.zone)}"
        since += f" ({duration(reading.now - one.since)})"
    lines = [plain(sentence(one.reason))]
    if one.cause:
        parent = page.service.check(one.cause)
        lines.append(f"Explained by {plain(parent.label if parent else one.cause)}.")
    taken = one.state.alert.acknowledgement
    if taken and is_acknowledged(one.state):
        lines.append(f"Taken by {plain(taken.by)}: {plain(sentence(taken.why))}")
    alert(one.standing, "  \n".join(lines), title=f"{mark.word}{since}")


def _about(page: Page, check: Check) -> None:
    st.subheader("This check", anchor=False)
    told = {
        "Asks": _target(check),
        "Rhythm": f"every {duration(check.interval)}, at most {duration(check.timeout)}",
        "Slow": f"from {response_time(check.slow_after)}",
        "Fails after": f"{counted(check.failure_threshold, 'failure')} in a row",
        "Recovers after": f"{counted(check.success_threshold, 'good result')} in a row",
        "Objective": f"{check.objective * 100:g} %",
    }
    if check.conditions:
        told["Conditions"] = "  \n".join(plain(one, 200) for one in check.conditions)
    if check.depends_on:
        labels = [page.service.check(name) for name in check.depends_on]
        told["Depends on"] = plain(listed([one.label for one in labels if one], len(labels)))
    facts({name: value for name, value in told.items() if value}, alt="How this check works")


def _target(check: Check) -> str:
    if check.type == "push":
        return "nobody: its job calls the console"
    # An address may carry a token in its query, and every visitor sees it here.
    address = mask(check.url) or f"the address in {check.url_env}"
    return f"{plain(check.type)} · {plain(address, 200)}"
