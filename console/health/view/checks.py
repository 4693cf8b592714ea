"""The Health page: every check, 25 at a time, the worst first; or one check in detail."""

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from console.health.figures import uptimes
from console.health.summary import Presented, Standing
from console.health.uptime import UptimeRecord
from console.health.view.days import LEGEND, bar_of, legend, names_of_days
from console.health.view.detail import CHECK, detail
from console.ui.board import Row, board
from console.ui.header import NO_CHECKS, Head
from console.ui.live import live
from console.ui.page import SERVICE, Page, Reading, read
from console.ui.status import MARKS
from console.words import clock, counted, duration, response_time, short_duration, uptime

ON_A_PAGE = 25
DAYS = 30
SEARCH_LIMIT = 100  # characters
FIGURES = ("24 h", "7 d", "30 d", "Month")


def health(page: Page) -> None:
    """Draw one check where the URL names one, else the list."""
    name = st.query_params.get(CHECK)
    check = page.service.check(name) if name else None
    if check is not None:
        detail(page, check)
        return
    if name:
        st.warning("That check is not configured any more.", icon=":material/search_off:")
        st.query_params.pop(CHECK)
    _list(page)


def _list(page: Page) -> None:
    head = Head(page, "Health")
    first = read(page)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _search()
        _standings(first)
    found = _found(first)
    pages = max(1, -(-len(found) // ON_A_PAGE))
    room = st.container()
    number = _page_number(pages, len(found))
    names = _on_page(found, number)

    def body() -> None:
        if CHECK in st.query_params:
            st.rerun()  # a row was clicked, which runs only this fragment
        reading = read(page)
        head.refresh(reading)
        if _on_page(_found(reading), number) != names:
            st.rerun()  # a status changed, and with it the order or what the filter finds
        _board(page, reading, names)

    with room:
        live(body)
    if names:
        st.caption(
            f"{legend()}  \nUptime is the share of the time that counts, rounded down: unknown "
            "time, maintenance and sleep are left out. *Month* is since its first day."
        )


def _search() -> None:
    st.text_input(
        "Search",
        key="health_search",
        type="search",
        placeholder="Name of a check",
        label_visibility="collapsed",
        max_chars=SEARCH_LIMIT,
        width=240,
        bind="query-params",
    )


def _standings(reading: Reading) -> None:
    counts = {standing: reading.summary.count(standing) for standing in Standing}
    offered = [standing.value for standing in Standing if counts[standing]]
    st.pills(
        "Status",
        offered,
        selection_mode="multi",
        key="health_status",
        format_func=lambda name: _pill(Standing(name), counts[Standing(name)]),
        label_visibility="collapsed",
    )


def _pill(standing: Standing, count: int) -> str:
    mark = MARKS[standing]
    return f":{mark.colour}[:material/{mark.icon}:] {mark.word} {count:,}"


def _found(reading: Reading) -> list[Presented]:
    """The checks that the filter and the search leave, the worst first."""
    asked: Sequence[str] = st.session_state.get("health_status") or ()
    text: str = (st.session_state.get("health_search") or "").casefold().strip()
    return [
        one
        for one in reading.summary.checks
        if (not asked or one.standing.value in asked)
        and (text in one.check.label.casefold() or text in one.check.name)
    ]


def _page_number(pages: int, found: int) -> int:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"{counted(found, 'check')}, the worst first", width="content")
        if pages == 1:
            return 1
        return min(pages, st.pagination(pages, key=f"health_page_{pages}"))


def _on_page(found: Sequence[Presented], number: int) -> list[str]:
    start = (number - 1) * ON_A_PAGE
    return [one.check.name for one in found[start : start + ON_A_PAGE]]


def _board(page: Page, reading: Reading, names: Sequence[str]) -> None:
    if not names:
        st.info(_nothing(page), icon=":material/search_off:")
        return
    by_name = {one.check.name: one for one in reading.summary.checks}
    board(
        [_row(page, reading, by_name[name]) for name in names],
        figures=FIGURES,
        days=names_of_days(reading.now, DAYS, page.zone),
        legend=LEGEND,
        key="health_board",
        label="Every check with its status, uptime and last result",
        on_open=_open,
    )


def _row(page: Page, reading: Reading, one: Presented) -> Row:
    check, mark, last = one.check, MARKS[one.standing], one.state.last
    record = reading.known.uptimes.get(check.name, UptimeRecord())
    windows = uptimes(record, reading.now, page.zone)
    return Row(
        id=check.name,
        name=check.label,
        href="?" + urlencode({SERVICE: page.service.name, CHECK: check.name}),
        standing=one.standing.value,
        shape=mark.shape,
        word=mark.word,
        since=_since(one, page, reading),
        note=one.reason,
        figures=[
            (uptime(span.share.uptime), f"of {short_duration(span.share.counted)}" * span.partial)
            for span in (windows.day, windows.week, windows.days30, windows.month)
        ],
        last=response_time(last.duration if last else None),
        spark=[round(one.milliseconds) for one in one.state.recent if one.milliseconds],
        bar=bar_of(record, check.objective, reading.now, DAYS, page.zone),
    )


def _open(name: str) -> None:
    st.query_params[CHECK] = name


def _nothing(page: Page) -> str:
    if page.service.checks:
        return "No check fits the search and the filter."
    return NO_CHECKS


def _since(one: Presented, page: Page, reading: Reading) -> str:
    if one.since is None:
        return ""
    ago = duration(reading.now - one.since)
    return f"since {clock(one.since, reading.now, page.zone)} ({ago})"
