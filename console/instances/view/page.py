"""The Instances page: who runs, who fell silent, who differs, and how many there were."""

from collections.abc import Sequence

import streamlit as st

from console.deployments.beside import counts
from console.deployments.view.fetched import fetched
from console.health.summary import Standing
from console.instances.history import EXACT_MOST, Past
from console.instances.load import Found, load
from console.instances.model import Instance, Phase
from console.instances.scaling.view.section import scaling
from console.instances.verdict import FORGET_AFTER, Summary, summarise
from console.instances.view.chart import count_chart
from console.instances.view.table import instance_table
from console.service_redis import url_of
from console.ui import charts
from console.ui.format import plain
from console.ui.header import Head, store_notice
from console.ui.live import live
from console.ui.markers import mark_deployments
from console.ui.page import Page, read
from console.ui.reading import Fetched, fetch
from console.ui.status import MARKS, alert
from console.ui.window import Window, current_window, window_picker
from console.words import NOTHING, duration, percent

CARD_HEIGHT, CARD_WIDTH = 108, 150  # pixels
PART = "part"  # in the URL
NOW, SCALING = "now", "scaling"
PARTS = {NOW: "Running now", SCALING: "Scaling"}
_CHOSEN = "instances_part"  # in the session's state

NO_REDIS = (
    "The console does not know this service's Redis. Set `REDIS_URL` beside `SERVICE_URL` (or add "
    "a check of type `redis`), and start the console again."
)
NO_KIT = (
    "No instance has written a heartbeat. Install the kit (`console/kit`) into the service, set "
    "**`OPS_SERVICE={name}`** and its **`REDIS_URL`** to the Redis that the console reads; any "
    "other language can follow `console/kit/CONTRACT.md`."
)


def instances(page: Page) -> None:
    """Draw the page."""
    head = Head(page, "Instances")
    first = read(page)
    window = window_picker(first.now, page.zone)
    if _part() == SCALING:
        scaling(page, head, window)
        return
    if not url_of(page.runtime.config, page.service):
        live(lambda: head.refresh(read(page), verdict=False))
        st.info(NO_REDIS, icon=":material/database:")
        return

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        found = _load(page, current_window(reading.now))
        if not reading.fetched.problem:
            store_notice(page, found)
        if found.value is None:
            return
        summary = summarise(found.value.snapshot, reading.now)
        alert(summary.standing, plain(summary.sentence))
        if found.value.snapshot is None or not (
            found.value.snapshot.heard or found.value.snapshot.problem
        ):
            st.info(NO_KIT.format(name=plain(page.service.name)), icon=":material/extension:")
            return
        _cards(summary, found.value.past)
        _findings(summary)
        _platform(page, summary, reading.now)
        instance_table(summary, page, reading.now, found.value.snapshot.traffic_minutes)

    live(body)
    _past(page, window)


def _part() -> str:
    """Which part of the page is shown; in the URL, so that a link shows a colleague the same."""
    asked = st.query_params.get(PART)
    if asked in PARTS and st.session_state.get(_CHOSEN) is None:
        st.session_state[_CHOSEN] = asked
    chosen = st.segmented_control(
        "Part",
        list(PARTS),
        format_func=PARTS.__getitem__,
        default=None if _CHOSEN in st.session_state else NOW,
        key=_CHOSEN,
        required=True,
        label_visibility="collapsed",
    )
    part = str(chosen or NOW)
    if (st.query_params.get(PART) or NOW) != part:
        st.query_params[PART] = part
    return part


def _load(page: Page, window: Window) -> Fetched[Found]:
    store, name = page.runtime.store, page.service.name
    return fetch(
        page.runtime,
        ("instances", name, window.name or (window.since, window.until)),
        lambda: load(store, name, window.since, window.until),
    )


def _cards(summary: Summary, past: Past | None) -> None:
    alive = [one for one in summary.instances if one.life.value != "silent"]
    with st.grid(5, min_column_width=CARD_WIDTH, row_height=CARD_HEIGHT, gap="small"):
        _metric(
            "Instances",
            f"{summary.alive:,}",
            f"as when {summary.phase.value}",
            "Heard of within the last 20 s (100 s in the economy profile). As many as are "
            "usual in quiet times (up to 1), normal ones (2 to 3) or busy ones (more).",
        )
        _least_most(past)
        _metric("In flight", _total(alive), _oldest(alive), "Requests and items under way, in all")
        _metric("Memory", *_memory(alive), "Resident memory, all instances together")
        _metric(
            "Silent",
            f"{summary.silent:,}",
            f"in the last {duration(FORGET_AFTER)}",
            "Fell silent without a goodbye: killed, cut off, or their Redis is away",
        )


def _metric(label: str, value: str, note: str, help_text: str) -> None:
    st.metric(
        label,
        value,
        note,
        delta_color="off",
        delta_arrow="off",
        border=True,
        help=help_text,
    )


def _least_most(past: Past | None) -> None:
    value = NOTHING if past is None else f"{past.least:,} – {past.most:,}"
    if past is not None and past.least == past.most:
        value = f"{past.most:,}"
    _metric(
        "Least – most",
        value,
        "of this window" if past else "no history yet",
        f"Readings of the collector in this window; exact up to {EXACT_MOST}, within 1 % above.",
    )


def _total(alive: Sequence[Instance]) -> str:
    known = [one.beat.in_flight for one in alive if one.beat.in_flight is not None]
    return f"{sum(known):,}" if known else NOTHING


def _oldest(alive: Sequence[Instance]) -> str:
    known = [one.beat.oldest_in_flight for one in alive if one.beat.oldest_in_flight is not None]
    return f"oldest {duration(max(known))}" if known and max(known) > 0 else "none waits"


def _memory(alive: Sequence[Instance]) -> tuple[str, str]:
    known = [one.beat.memory_bytes for one in alive if one.beat.memory_bytes is not None]
    if not known:
        return NOTHING, "not told"
    return f"{sum(known) / 1e6:,.0f} MB", f"largest {max(known) / 1e6:,.0f} MB"


def _findings(summary: Summary) -> None:
    """What to look at beside what the verdict says already."""
    more = [one for one in summary.findings if one[1] not in summary.sentence]
    for standing, text in more:
        st.markdown(f"{MARKS[standing].badge} {plain(text)}")


def _platform(page: Page, summary: Summary, now: float) -> None:
    """What the platform says of their number, beside the heartbeats."""
    told = counts(fetched(page).value, summary.alive, now)
    if told is None:
        return
    standing, text = told
    if standing is None:
        st.caption(f":material/cloud: {plain(text)}")
    else:
        st.markdown(f"{MARKS[standing].badge} {plain(text)}")


def _past(page: Page, window: Window) -> None:
    """The chart of the window; outside of the live part, because new data resets a zoom."""
    found = _load(page, window)
    past = found.value.past if found.value else None
    with st.container(border=True):
        st.subheader("Instances over time", anchor=False)
        if past is None:
            st.caption(
                f"{MARKS[Standing.UNKNOWN].badge} Nothing was counted in this window yet.",
            )
            return
        st.caption(_phases(past))
        chart = count_chart(past, page.zone)
        mark_deployments(chart, page, window.since, window.until)
        charts.show(
            chart,
            key="instances_chart",
            alt=f"Number of instances over time: from {past.least} to {past.most}.",
        )


def _phases(past: Past) -> str:
    told = [
        f"**{phase.value}** {percent(past.shares[phase])}"
        for phase in Phase
        if past.shares[phase] > 0
    ]
    return f"As many as when {' · '.join(told)} of {duration(past.known)} that is known"
