"""The Month-end page: one sentence, the sums, the way to the end, and what to take along."""

import streamlit as st

from console.month_end.load import load
from console.month_end.model import Rules, Snapshot, Told, tell
from console.month_end.report import markdown, notes, table
from console.month_end.report import page as html_page
from console.month_end.view.chart import fan_chart
from console.service_redis import url_of
from console.ui import charts
from console.ui.format import plain
from console.ui.header import Head, store_notice
from console.ui.live import live
from console.ui.page import Page, read
from console.ui.reading import Fetched, fetch
from console.ui.status import alert
from console.words import age, day_name

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
    rules = page.runtime.config.settings.closing

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        found = _load(page)
        if not reading.fetched.problem:
            store_notice(page, found)
        told = tell(found.value, rules, reading.now, page.zone)
        alert(told.verdict.standing, plain(told.verdict.sentence))
        if found.value is None or not (found.value.name or found.value.problem):
            st.info(NO_LEDGER, icon=":material/extension:")
            return
        _sums(told)
        for note in notes(told):
            st.caption(plain(note))
        _dates(told, found.value, reading.now)

    live(body)
    _end(page, rules)
    st.caption(f"{plain(rules.words)} Set with `CONSOLE_CLOSING_…`.")


def _load(page: Page) -> Fetched[Snapshot | None]:
    store, name = page.runtime.store, page.service.name
    return fetch(page.runtime, ("month_end", name), lambda: load(store, name))


def _sums(told: Told) -> None:
    """Every item in one place, with shares that add up."""
    with st.container(horizontal=True):
        for part in told.verdict.parts:
            st.metric(part.name.capitalize(), f"{part.items:,}", f"{part.share:.1f} %",
                      delta_color="off", delta_arrow="off", border=True)  # fmt: skip


def _dates(told: Told, snapshot: Snapshot, now: float) -> None:
    words = [f"Ledger {plain(snapshot.name)}, read {age(now - snapshot.at)}"]
    if told.closing:
        one = told.closing
        words.append(f"closing day {day_name(one.day.isoformat())}")
        words.append(
            f"window {day_name(one.opens.isoformat())} to {day_name(one.closes.isoformat())}"
        )
        if one.frozen(now):
            words.append("**no deployments now**: the freeze holds")
    st.caption(" · ".join(words))


def _end(page: Page, rules: Rules) -> None:
    """The chart and the files; outside of the live part, because new data resets a zoom."""
    found = _load(page)
    snapshot = found.value
    if snapshot is None or not snapshot.name:
        return
    told = tell(snapshot, rules, snapshot.at, page.zone)
    if told.fan is not None and told.closing is not None:
        with st.container(border=True):
            st.subheader("The way to the end", anchor=False)
            chart = fan_chart(told.fan, snapshot, told.closing.deadline, page.zone)
            charts.show(chart, key="month_end_fan", alt=plain(told.verdict.sentence))
    title = f"{page.service.title or page.service.name}: closing {snapshot.name}"
    with st.container(horizontal=True):
        for label, ending, kind, write in (
            ("Markdown", "md", "text/markdown", markdown),
            ("CSV", "csv", "text/csv", table),
            ("HTML to print", "html", "text/html", html_page),
        ):
            st.download_button(label, write(title, told, snapshot.at, page.zone),
                               f"month-end.{ending}", kind, key=f"month_end_{ending}",
                               on_click="ignore", icon=":material/download:")  # fmt: skip
