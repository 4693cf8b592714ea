"""The Month-end page: one sentence, the sums, the way to the end, and what to take along."""

import time
from collections.abc import Callable
from datetime import tzinfo

import streamlit as st

from console.errors import StoreError
from console.health.summary import Standing
from console.month_end.board import Board
from console.month_end.calendar import span
from console.month_end.load import Background, load_background, load_board
from console.month_end.report import markdown, notes, table
from console.month_end.report import page as html_page
from console.month_end.sheets import closings, days_shown, decided
from console.month_end.try_it import try_it
from console.month_end.verdict import STALE
from console.month_end.view.chart import burn_up
from console.month_end.view.sections import risk_lines, sheet, what_if_section
from console.service_redis import url_of
from console.ui import charts
from console.ui.download import download
from console.ui.format import plain
from console.ui.header import Head, store_notice
from console.ui.live import is_stopped, live, refresh_interval, watch
from console.ui.markers import mark_deployments
from console.ui.page import Page, read
from console.ui.reading import Fetched, fetch
from console.ui.status import alert
from console.words import age, clock, day_name, duration

FRESH = 10.0  # seconds that a board is shown: the ledger is read every 30 s
BACKGROUND_FRESH = 60.0  # seconds: past closings, and what an item takes
BILLED_FRESH = 300.0  # seconds, the same from a server that bills commands
BELOW_SECONDS = 30.0  # between two looks at what is below the chart
CLOSINGS_SHOWN = 3  # on the page; the files have all

NO_REDIS = (
    "The console does not know this service's Redis. Set `REDIS_URL` beside `SERVICE_URL` (or add "
    "a check of type `redis`), and start the console again."
)
NO_LEDGER = (
    'The service keeps no ledger of a closing. With the kit: `kit.ledger("2026-11")` for a '
    'month-end, `kit.ledger("2026-11-20")` for the 20th; any other language can follow '
    "`console/kit/CONTRACT.md`."
)


def month_end(page: Page) -> None:
    """Draw the page."""
    head = Head(page, "Month-end")
    if not url_of(page.runtime.config, page.service):
        live(lambda: head.refresh(read(page), verdict=False))
        st.info(NO_REDIS, icon=":material/database:")
        return

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        found = _load(page)
        if not reading.fetched.problem:
            store_notice(page, found)
        if found.value is not None:
            _now(found.value, reading.now, page.zone, sample=page.service.sample)

    live(body)
    _rest(page)
    rules = page.runtime.config.settings.closing
    st.caption(f"{plain(rules.words)} Set with `CONSOLE_CLOSING_…`; see the README.")


def _load(page: Page) -> Fetched[Board]:
    runtime, name = page.runtime, page.service.name
    store, settings, log = runtime.store, runtime.config.settings, runtime.desk.journal
    scaler = runtime.scaling.scaler(name)
    limits = scaler.limits if scaler else None
    slow: Fetched[Background] = fetch(
        runtime,
        ("month_end_background", name),
        lambda: load_background(store, log, settings, name, time.time()),
        fresh_for=BILLED_FRESH if store.profile.name == "economy" else BACKGROUND_FRESH,
    )

    def load() -> Board:
        if slow.value is None:
            raise StoreError(slow.problem or "Past closings are being read.")
        return load_board(store, log, settings, name, time.time(), slow.value, limits)

    return fetch(runtime, ("month_end", name), load, fresh_for=FRESH)


def _now(board: Board, now: float, zone: tzinfo, *, sample: bool) -> None:
    """The sentence and the sums; what is old is not known any more."""
    told, snapshot = board.told, board.snapshot
    if snapshot is not None and now - snapshot.at > STALE:
        old = duration(now - snapshot.at)
        alert(Standing.UNKNOWN, f"Not known: the ledger was last read {old} ago.")
    else:
        alert(told.verdict.standing, plain(told.verdict.sentence))
    if snapshot is None or not (snapshot.name or snapshot.problem):
        st.info(NO_LEDGER, icon=":material/extension:")
        return
    with st.container(horizontal=True):
        for part in told.verdict.parts:
            st.metric(part.name.capitalize(), f"{part.items:,}", f"{part.share:.1f} %",
                      delta_color="off", delta_arrow="off", border=True)  # fmt: skip
    for warning in told.verdict.warnings:
        st.warning(plain(warning), icon=":material/warning:")
    if snapshot.name:
        st.caption(_dates(board, now))
    expected = board.expected is not None and board.expected.total is not None
    if sample and board.closing is not None and not expected:
        st.caption(try_it(board.closing, snapshot.total, now, zone))


def _dates(board: Board, now: float) -> str:
    snapshot, one = board.snapshot, board.closing
    words: list[str] = []
    if snapshot is not None:
        words.append(f"Ledger {plain(snapshot.name)}, read {age(now - snapshot.at)}")
        if board.told.sums is not None:
            words.append(f"{board.told.sums.all:,} items in all, 100 %")
    if one is not None:
        moved = f" (moved from {day_name(one.nominal.isoformat())})" if _moved(board) else ""
        words.append(f"closing day {day_name(one.day.isoformat())}{moved}")
        words.append(
            f"window {day_name(one.opens.isoformat())} to {day_name(one.closes.isoformat())}"
        )
        if one.frozen(now):
            words.append("**no deployments now**: the freeze holds")
    return " · ".join(words)


def _moved(board: Board) -> bool:
    """Whether somebody moved this closing."""
    one = board.closing
    return one is not None and one.nominal in dict(board.rules.moved)


def _rest(page: Page) -> None:
    """All else; outside of the live part, because new data resets a zoom."""
    board = _load(page).value
    if board is None or board.snapshot is None or not board.snapshot.name:
        return
    zone = page.zone
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("The way to the end", anchor=False, width="stretch")
            st.button(
                f"As of {clock(board.at, time.time(), zone)}", icon=":material/refresh:",
                key="month_end_newer", type="tertiary", help="Draw it anew: a zoom is lost by it",
            )  # fmt: skip
        chart = burn_up(board, zone)
        if chart is not None:
            if board.closing is not None:
                mark_deployments(chart, page, span(board.closing.opens, zone)[0], board.at)
            charts.show(chart, key="month_end_burn_up", alt=plain(board.told.verdict.sentence))
        for note in notes(board):
            if note not in board.told.verdict.warnings:
                st.caption(plain(note))
    if board.closing is not None:
        every = None if is_stopped() else max(BELOW_SECONDS, refresh_interval())
        watch(lambda: _below(page, board), every)
        what_if_section(board)
    _files(page, board)


def _below(page: Page, drawn: Board) -> None:
    """What is below the chart, as it is now. `drawn` is what the chart shows, where nothing newer
    can be read."""
    board, zone = _load(page).value or drawn, page.zone
    sheet(days_shown(board), open_first=board.needs.words)
    risk_lines(board.risks)
    sheet(closings(board, zone, CLOSINGS_SHOWN))
    sheet(decided(board, zone))


def _files(page: Page, drawn: Board) -> None:
    """The files, written when they are asked for."""
    name = drawn.snapshot.name if drawn.snapshot else ""
    title = f"{page.service.title or page.service.name}: closing {name}"

    def written(write: Callable[[str, Board, tzinfo], str]) -> Callable[[], str]:
        return lambda: write(title, _load(page).value or drawn, page.zone)

    with st.container(horizontal=True):
        for label, ending, kind, write in (
            ("Markdown", "md", "text/markdown", markdown),
            ("CSV", "csv", "text/csv", table),
            ("HTML to print", "html", "text/html", html_page),
        ):
            download(label, written(write), f"month-end-{name}.{ending}", kind,
                     key=f"month_end_{ending}", icon=":material/download:")  # fmt: skip
