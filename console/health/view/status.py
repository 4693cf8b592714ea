"""The Status page: is it working? For field staff and customers, in plain words."""

from dataclasses import dataclass, replace
from datetime import tzinfo

import streamlit as st

from console.alerts.beside import waits
from console.alerts.view.beside import alert_records
from console.health.figures import PLANNED_AHEAD, main_check
from console.health.model import Incident
from console.health.plain_words import WORDS, held_back, incident_line, plain_status, planned
from console.health.summary import Presented, Standing
from console.health.uptime import UptimeRecord
from console.health.view.days import single_bar
from console.ui.format import plain
from console.ui.header import footer, sample_line
from console.ui.live import is_stopped, live, refresh_button
from console.ui.mode_banner import mode_of
from console.ui.page import Page, Reading, read
from console.ui.reading import Fetched, fetch
from console.ui.status import MARKS, alert
from console.ui.tables import sheet
from console.words import DAY, NOTHING, clock, duration_in_words, moment, zone_name

WIDTH = 760  # pixels: lines that are read without turning the head
DAYS = 30
INCIDENTS = 10  # told at most
PARTS_LIMIT = 40  # more checks than this are summed up: nobody reads a list of a thousand


@dataclass(frozen=True, slots=True)
class Told:
    """What the page reads beside what every page reads."""

    incidents: list[Incident]  # closed ones of the last days, newest first


def status(page: Page) -> None:
    """Draw the page."""
    with st.container(horizontal=True, horizontal_alignment="center"), st.container(width=WIDTH):
        sample_line(page)
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
        ):
            st.caption(plain(page.service.label), width="content")
            refresh_button()
        answer = st.empty()
        _days(page, read(page))
        history = st.empty()

        def body() -> None:
            reading = read(page)
            footer(page, reading)
            with answer.container():
                _out_of_date(page, reading)
                _answer(page, reading)
                _checked(page, reading)
                _parts(page, reading)
                _planned(page, reading)
            with history.container():
                _recent(page, reading, load(page, reading.now))

        live(body)


def load(page: Page, now: float) -> Fetched[Told]:
    """Read what the page shows beside the states."""
    store, name = page.runtime.store, page.service.name
    return fetch(
        page.runtime,
        ("status", name),
        lambda: Told(store.incidents(name, now - DAYS * DAY, now, INCIDENTS)),
    )


def _out_of_date(page: Page, reading: Reading) -> None:
    """Says when what is shown is old. Where there is nothing to show, the answer says that."""
    fetched = reading.fetched
    if fetched.problem and fetched.value is not None:
        time = f"{clock(fetched.at, reading.now, page.zone)} {zone_name(page.zone, fetched.at)}"
        st.warning(
            f"What you see is of {time} and may have changed since. It is brought up to date by "
            "itself as soon as that is possible.",
            icon=":material/cloud_off:",
            title="This page is not up to date",
        )


def _answer(page: Page, reading: Reading) -> None:
    told = plain_status(reading.summary, page.zone)
    mode, since = mode_of(page)
    told = held_back(told, page.service.label, mode, since, reading.now, page.zone)
    waiting = waits(alert_records(page))
    if waiting and not reading.summary.silence:
        told = replace(told, sentences=(*told.sentences, waiting))
    body = "  \n".join(plain(one) for one in told.sentences)
    icon = MARKS[told.standing].icon_code
    alert(told.standing, f"# {icon} {plain(told.headline)}\n{body}", icon="")


def _parts(page: Page, reading: Reading) -> None:
    checks = reading.summary.checks
    shown = [one for one in checks if one.standing is not Standing.PASS][:PARTS_LIMIT]
    if len(checks) <= PARTS_LIMIT:
        by_name = {one.check.name: one for one in checks}
        shown = [by_name[check.name] for check in page.service.checks]
    if not shown:
        return
    sheet(
        {
            "What": [plain(one.check.label, 80) for one in shown],
            "How it is": [_word(one) for one in shown],
            "Since": [_since(one, reading.now, page.zone) for one in shown],
        },
        alt="Every part of the service, how it is and since when",
    )
    if len(shown) < len(checks):
        st.caption(f"{len(checks) - len(shown):,} other parts are not listed.")


def _word(one: Presented) -> str:
    mark = MARKS[one.standing]
    return f":{mark.colour}-badge[:material/{mark.icon}: {WORDS[one.standing]}]"


def _since(one: Presented, now: float, zone: tzinfo) -> str:
    if one.since is None:
        return NOTHING
    return f"{clock(one.since, now, zone)} :gray[({duration_in_words(now - one.since)})]"


def _planned(page: Page, reading: Reading) -> None:
    windows = planned(reading.summary, page.zone)
    st.subheader("Planned work", anchor=False)
    if not windows:
        st.markdown(f"Nothing is planned for the next {PLANNED_AHEAD / DAY:.0f} days.")
    for window in windows:
        st.markdown(f":violet[:material/construction:] {plain(window)}")


def _recent(page: Page, reading: Reading, told: Fetched[Told]) -> None:
    st.subheader(f"Interruptions, last {DAYS} days", anchor=False)
    if told.value is None:
        st.markdown("The history cannot be read right now.")
        return
    labels = {check.name: check.label for check in page.service.checks}
    open_ones = [one.state.incident for one in reading.summary.checks if one.state.incident]
    newest = sorted(open_ones, key=lambda incident: -incident.started_at) + told.value.incidents
    if not newest:
        st.markdown("None.")
        return
    lines = [
        f"- {plain(incident_line(incident, labels, reading.now, page.zone))}"
        for incident in newest[:INCIDENTS]
    ]
    st.markdown("\n".join(lines))


def _checked(page: Page, reading: Reading) -> None:
    heard = max((one.heard_at for one in reading.summary.checks if one.heard_at), default=None)
    if heard is None:
        if not reading.summary.unread:
            st.caption("Not checked yet.")
        return
    ago = duration_in_words(reading.now - heard)
    how = "Not refreshing." if is_stopped() else "This page refreshes itself."
    time = moment(heard, page.zone)
    st.caption(
        f"Last checked {time} {zone_name(page.zone, heard)}, {ago} ago. "
        f"{how} Its address can be passed on."
    )


def _days(page: Page, reading: Reading) -> None:
    """The bar of days of the main check; outside of the live fragment, as every chart."""
    if not page.service.checks:
        return
    main = main_check(page.service)
    st.subheader(f"{plain(main.label, 60)}, last {DAYS} days", anchor=False)
    record = reading.known.uptimes.get(main.name, UptimeRecord())
    single_bar(
        record, main.objective, reading.now, DAYS, page.zone, key="status_days", plain_words=True
    )
