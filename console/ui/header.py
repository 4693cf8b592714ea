"""The top of every page: title, verdict, age of the data, refreshing or not, and what is wrong with
the console itself."""

import streamlit as st

from console.health.verdict import Verdict
from console.ui.format import plain
from console.ui.live import is_stopped, refresh_button, refresh_interval
from console.ui.mode_banner import mode_banner
from console.ui.page import Page, Reading
from console.ui.reading import Fetched
from console.ui.status import alert
from console.words import NOTHING, age, duration, moment, zone_name

FOOTER = "_footer"  # in the session's state: where main.py left room in the sidebar

SAMPLE_LINE = (
    ":blue-badge[:material/science: Sample service] :small[:gray[run by the console itself. "
    "To watch your own, set **SERVICE_URL** to its address and start the console again.]]"
)
NO_CHECKS = (
    "This service has no checks. Set `SERVICE_URL`, or write checks into the file that "
    "`CONSOLE_SERVICES_FILE` names."
)


class Head:
    """The top of a page: what stays, and room that the live fragment fills anew each time."""

    def __init__(self, page: Page, title: str) -> None:
        """Draw what stays: the title, the refresh button, and whose service it is, seen by whom."""
        self._page = page
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
        ):
            st.title(title, anchor=False, width="content")
            with st.container(
                horizontal=True, vertical_alignment="center", width="content", gap="small"
            ):
                self._badges = st.empty()
                refresh_button()
        sample_line(page)
        read_only_notice(page)
        self._banner = st.empty()
        self._notice = st.empty()
        self._verdict = st.empty()

    def refresh(
        self,
        reading: Reading,
        *,
        verdict: bool = True,
        banner: bool = True,
        told: Verdict | None = None,
    ) -> None:
        """Draw age, notices and (unless the page says it in its own words) the verdict, which is
        that of the checks where none is told."""
        page = self._page
        if banner:
            with self._banner.container():
                mode_banner(page, reading.now)
        self._badges.markdown(f"{_live_badge()} {_age_badge(page, reading)}", width="content")
        with self._notice.container():
            store_notice(page, reading.fetched)
        help_text = "" if reading.fetched.problem else collector_help(page, reading)
        if verdict or help_text:
            with self._verdict.container():
                if verdict:
                    told = told or reading.summary.verdict
                    alert(told.standing, plain(told.sentence))
                if help_text:
                    st.caption(f":material/info: {help_text}")
        footer(page, reading)


def sample_line(page: Page) -> None:
    """Says that what is shown is the sample, and how to watch something else."""
    if page.service.sample:
        st.markdown(SAMPLE_LINE)


def store_notice(page: Page, fetched: Fetched[object]) -> None:
    """Says when the store does not answer, and of when the figures are that are shown."""
    if not fetched.problem:
        return
    if fetched.value is None:
        shown = "There is nothing to show until it answers."
    else:
        shown = f"What you see is of {moment(fetched.at, page.zone)} and grows old."
    st.warning(
        f"{plain(fetched.problem)} {shown}  \n{_meanwhile(page)} {_store_help(page)}",
        icon=":material/cloud_off:",
        title="The console cannot read its store",
    )


def collector_help(page: Page, reading: Reading) -> str:
    """What to do where the collector does not report, Markdown; empty where it does."""
    beat = reading.known.beat
    if not reading.summary.silence:
        return ""
    if beat is not None and beat.at > reading.now:
        return "Set the clock right, on this machine or on the collector's."
    if not page.runtime.config.settings.collector:
        return (
            "This console starts no collector itself (`CONSOLE_COLLECTOR=off`). Run "
            "`python -m console.collector` with the same `CONSOLE_STORE_URL`, or set "
            "`CONSOLE_COLLECTOR=on` and start the console again."
        )
    return (
        "The console starts its collector itself; it reports within a minute. If it does not, "
        "`logs/collector.log` below `CONSOLE_DATA_DIR` says why."
    )


def _meanwhile(page: Page) -> str:
    """What becomes of results while the store is away."""
    if page.runtime.config.settings.collector:
        return "Checks go on; their results are kept and follow when the store is back."
    return (
        "This console runs no checks itself (**CONSOLE_COLLECTOR=off**): "
        "whether results are kept depends on the collector elsewhere."
    )


def _store_help(page: Page) -> str:
    if page.runtime.server is not None:
        return (
            "The console runs this server itself and starts it again; if it stays away, "
            "**valkey/valkey.log** below **CONSOLE_DATA_DIR** says why."
        )
    return "Make sure that the server runs, and that **CONSOLE_STORE_URL** leads to it from here."


def read_only_notice(page: Page) -> None:
    """Tells a viewer why controls are not offered, and what to set to get them; on the page itself,
    because a phone hides the sidebar and shows no tooltips. Draws nothing for an operator."""
    visitor = page.visitor
    if not visitor.may_act:
        why = plain(f"{visitor.why} {visitor.how_to_change}".strip())
        st.caption(f":material/visibility: **Read-only.** {why}")


def footer(page: Page, reading: Reading) -> None:
    """The foot of the sidebar, refreshed with the page. Draws nothing where there is no room."""
    room = st.session_state.get(FOOTER)
    if room is None:
        return
    beat = reading.known.beat
    unheard = "unknown" if reading.fetched.problem else "not heard of yet"
    heard = age(reading.now - beat.at) if beat else unheard
    service = "sample service" if page.service.sample else plain(page.service.label, 40)
    with room.container():
        role = "" if page.visitor.may_act else "  \n:material/visibility: Read-only"
        st.caption(f"{service}  \ncollector {heard} · {page.runtime.profile.name} profile{role}")


def _live_badge() -> str:
    if is_stopped():
        return ":orange-badge[:material/sync_disabled: Not refreshing]"
    return f":green-badge[:material/sync: Live · {duration(refresh_interval())}]"


def _age_badge(page: Page, reading: Reading) -> str:
    if reading.data_at is None:
        return f":gray-badge[:material/schedule: Data of {NOTHING}]"
    day, _, time = moment(reading.data_at, page.zone).partition(" ")
    old = reading.now - reading.data_at
    if old >= 86400:
        time = f"{day} {time}"
    name = zone_name(page.zone, reading.data_at)
    colour = "orange" if reading.summary.silence else "gray"
    return f":{colour}-badge[:material/schedule: Data of {time} {name} · {age(old)}]"
