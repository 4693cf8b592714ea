"""The Health page: every check, 25 at a time, the worst first; or one check in detail."""

from collections.abc import Sequence

import streamlit as st

from console.health.figures import percent_down, uptimes
from console.health.summary import Presented, Standing
from console.health.uptime import UptimeRecord
from console.health.view.days import day_chart, height, legend
from console.health.view.detail import CHECK, detail
from console.ui.charts import show
from console.ui.format import raw
from console.ui.header import Head
from console.ui.live import live
from console.ui.page import Page, Reading, read
from console.ui.status import MARKS
from console.ui.tables import number_column, rows, spark_column, status_column, text_column
from console.words import NOTHING, clock, counted, duration

ON_A_PAGE = 25
DAYS = 30
SEARCH_LIMIT = 100  # characters
_ROWS = "health_rows"  # in the session's state: which check each row of the table showed


def health(page: Page) -> None:
    """Draw one check where the URL names one, else the list."""
    name = st.query_params.get(CHECK)
    check = page.service.check(name) if name else None
    if check is not None:
        detail(page, check)
        return
    if name:
        st.warning("That check is not configured any more.", icon=":material/search_off:")
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
        reading = read(page)
        head.refresh(reading)
        if _on_page(_found(reading), number) != names:
            st.rerun()  # a status changed, and with it the order or what the filter finds
        _table(page, reading, names)

    with room:
        live(body)
    if names:
        _days(page, first, names)


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


def _table(page: Page, reading: Reading, names: Sequence[str]) -> None:
    if not names:
        st.info(_nothing(page), icon=":material/search_off:")
        return
    by_name = {one.check.name: one for one in reading.summary.checks}
    shown = [by_name[name] for name in names]
    st.session_state[_ROWS] = list(names)
    records = reading.known.uptimes
    windows = [uptimes(records.get(name, UptimeRecord()), reading.now, page.zone) for name in names]
    rows(
        {
            "Status": [[MARKS[one.standing].pill] for one in shown],
            "Check": [raw(one.check.label, 80) for one in shown],
            "Since": [_since(one, page, reading) for one in shown],
            "24 h": [percent_down(one.day) for one in windows],
            "7 d": [percent_down(one.week) for one in windows],
            "30 d": [percent_down(one.days30) for one in windows],
            "Month": [percent_down(one.month) for one in windows],
            "Last": [_milliseconds(one) for one in shown],
            "Recent": [_recent(one) for one in shown],
            "Result": [raw(one.reason, 200) for one in shown],
        },
        {
            "Status": status_column(),
            "Check": st.column_config.ButtonColumn(
                "Check",
                type="tertiary",
                alignment="left",
                pinned=True,
                key="health_open",
                on_click=_open,
                help="Opens the details",
            ),
            "Since": text_column("Since"),
            "24 h": number_column("24 h", "%", _UPTIME_HELP, 2),
            "7 d": number_column("7 d", "%", _UPTIME_HELP, 2),
            "30 d": number_column("30 d", "%", _UPTIME_HELP, 2),
            "Month": number_column("Month", "%", f"{_UPTIME_HELP} Since the first.", 2),
            "Last": number_column("Last", "ms", "How long the last probe took."),
            "Recent": spark_column("Recent", "The exact last results, in milliseconds."),
            "Result": text_column("Last result", width=380),
        },
        key="health_table",
        alt="Every check with its status, uptime and last result",
    )


_UPTIME_HELP = (
    "Share of the time that it was up, rounded down; unknown time, maintenance and sleep are "
    "left out. The bar of days below says how much that was."
)


def _open() -> None:
    click = st.session_state["health_open"]
    names: list[str] = st.session_state.get(_ROWS, [])
    if click is not None and click["row"] < len(names):
        st.query_params[CHECK] = names[click["row"]]


def _nothing(page: Page) -> str:
    if page.service.checks:
        return "No check fits the search and the filter."
    return (
        "This service has no checks. Set `SERVICE_URL`, or write checks into the file that "
        "`CONSOLE_SERVICES_FILE` names."
    )


def _since(one: Presented, page: Page, reading: Reading) -> str:
    if one.since is None:
        return NOTHING
    ago = duration(reading.now - one.since)
    return f"{clock(one.since, reading.now, page.zone)} ({ago})"


def _milliseconds(one: Presented) -> float | None:
    last = one.state.last
    return None if last is None or last.duration is None else last.duration * 1000


def _recent(one: Presented) -> list[float]:
    return [round(sample.milliseconds) for sample in one.state.recent if sample.milliseconds]


def _days(page: Page, reading: Reading, names: Sequence[str]) -> None:
    checks = [check for name in names if (check := page.service.check(name))]
    records = reading.known.uptimes
    with st.container(border=True):
        st.subheader(f"Last {DAYS} days", anchor=False)
        st.caption(legend())
        show(
            day_chart(
                [
                    (check.label, check.objective, records.get(check.name, UptimeRecord()))
                    for check in checks
                ],
                reading.now,
                DAYS,
                page.zone,
            ),
            key="health_days",
            alt=f"How each check was on each of the last {DAYS} days",
            height=height(len(checks)),
        )
