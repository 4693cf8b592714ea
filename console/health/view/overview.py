"""The Overview: the verdict, the key figures, what is wrong now, and what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from console.activity.model import Event
from console.activity.view import kind_filter, timeline
from console.health.check import Maintenance
from console.health.figures import (
    CERTIFICATE_WARN_DAYS,
    PLANNED_AHEAD,
    UPTIME_DAYS,
    KeyFigures,
    Span,
    key_figures,
    main_check,
)
from console.health.summary import Cause, Presented, Standing
from console.health.verdict import Summary
from console.store.cells import MINUTE, Cells, empty
from console.store.series import SeriesId
from console.ui.format import plain
from console.ui.header import NO_CHECKS, Head
from console.ui.live import live
from console.ui.page import PAGES, Page, Reading, read
from console.ui.reading import Fetched, fetch
from console.ui.status import MARKS, Colour
from console.ui.window import Window, current_window, window_picker
from console.words import (
    HOUR,
    NOTHING,
    clock,
    counted,
    duration,
    error_share,
    listed,
    response_time,
    uptime,
)

TITLE_LIMIT = NAME_LIMIT = 80  # characters of outside text
CARD_HEIGHT = 182  # pixels; less clips the sparkline, or the second figure of a card
CARD_WIDTH = 150  # pixels at least
NOTE_LIMIT = 22  # characters of outside text below a figure
EVENTS = 200  # read at once
PASSING_LIMIT = 12  # names of passing checks
WRONG_LIMIT = 8  # causes, and others, that are listed; the Health page has all
CERTIFICATE_HELP = (
    "Until the first of the certificates that the checks saw expires. "
    f"A warning from {CERTIFICATE_WARN_DAYS} days on."
)


@dataclass(frozen=True, slots=True)
class Details:
    """What the Overview reads beside what every page reads."""

    hour: Cells  # of the main check
    events: list[Event]  # of the window, newest first


def overview(page: Page) -> None:
    """Draw the page."""
    head = Head(page, plain(page.service.label, TITLE_LIMIT))

    def body() -> None:
        reading = read(page)
        head.refresh(reading)
        if not page.service.checks:
            st.info(NO_CHECKS, icon=":material/playlist_add:")
            return
        if reading.fetched.value is None:
            return
        window = current_window(reading.now)
        details = load(page, reading.now, window)
        hour = details.value.hour if details.value else empty(MINUTE)
        figures = key_figures(
            page.service,
            reading.summary.checks,
            reading.known.uptimes,
            hour,
            reading.now,
            page.zone,
        )
        _cards(figures, reading.now)
        left, right = st.columns([2, 3], gap="small")
        with left.container(border=True, height="stretch"):
            _now(page, reading)
        with right.container(border=True, height="stretch"):
            _happened(page, reading, details)

    live(body)


def load(page: Page, now: float, window: Window) -> Fetched[Details]:
    """Read what the Overview shows, for one window."""
    store, service = page.runtime.store, page.service
    series = SeriesId("check", main_check(service).name)
    return fetch(
        page.runtime,
        ("overview", service.name, window.name or (window.since, window.until)),
        lambda: Details(
            store.cells(service.name, series, now - HOUR, now),
            store.events(service.name, window.since, window.until, EVENTS),
        ),
    )


def _cards(figures: KeyFigures, now: float) -> None:
    main = plain(figures.main.label, NAME_LIMIT)
    with st.grid(5, min_column_width=CARD_WIDTH, row_height=CARD_HEIGHT, gap="small"):
        with _pair():
            _passing_card(figures)
            _incidents_card(figures, now)
        _card(
            "p95 · 1 h",
            response_time(figures.p95.value),
            _rests_on(figures.p95.samples, figures.p95.needs),
            help_text=f"95 of 100 answers of {main} in the last hour were at least this fast. "
            "The line: its exact last results.",
            chart=[one for one in figures.recent if one is not None],
        )
        bad = figures.outcomes.bad
        _card(
            "Errors · 1 h",
            error_share(figures.outcomes.bad_share),
            f"{bad:,} of {counted(figures.outcomes.results, 'probe')}",
            colour="red" if bad else "gray",
            help_text=f"Probes of {main} in the last hour that got no good answer. "
            "The curve: how many, in steps of two minutes.",
            chart=list(figures.bad_bars),
            chart_type="area",
        )
        _card(
            f"Uptime · {UPTIME_DAYS} d",
            uptime(figures.uptime.share.uptime),
            _counted(figures.uptime),
            help_text=f"Share of the time that {main} was up. Left out: time that was unknown, "
            "under maintenance or asleep. The line: percent on each day.",
            chart=list(figures.uptime_by_day),
        )
        with _pair():
            _certificate_card(figures, now)
            _planned_card(figures.planned, now)
    if figures.checks > 1:
        st.caption(f"p95, errors and uptime are those of {main}, the first check of the service.")


def _pair() -> DeltaGenerator:
    """A card with two figures below each other: those that have no history to draw."""
    return st.container(border=True, height="stretch", gap="xsmall")


def _passing_card(figures: KeyFigures) -> None:
    others = figures.checks - figures.passing
    _figure(
        "Checks passing",
        f"{figures.passing:,} of {figures.checks:,}",
        f"{others:,} not passing" if others else "all",
        colour=MARKS[figures.worst].colour,
        help_text="Checks whose last results are good and fresh. Unknown is not passing.",
    )


def _certificate_card(figures: KeyFigures, now: float) -> None:
    certificate = figures.certificate
    if certificate is None:
        _figure("Certificate", NOTHING, "none seen", help_text=CERTIFICATE_HELP)
        return
    mark = MARKS[certificate.standing(now)]
    days = certificate.days_left(now)
    _figure(
        "Certificate",
        "expired" if days < 0 else counted(days, "day"),
        plain(certificate.check.label, NOTE_LIMIT),
        colour=mark.colour,
        help_text=CERTIFICATE_HELP,
    )


def _incidents_card(figures: KeyFigures, now: float) -> None:
    oldest = figures.incidents[0].since if figures.incidents else None
    _figure(
        "Open incidents",
        f"{len(figures.incidents):,}",
        f"oldest {duration(now - oldest)}" if oldest else "none",
        colour="red" if figures.incidents else _known("green", figures),
        help_text="Failures that are past their threshold and not over. Failures that another "
        "one explains open none of their own.",
    )


def _known(colour: Colour, figures: KeyFigures) -> Colour:
    """No good colour where some check is unknown."""
    return "gray" if figures.worst is Standing.UNKNOWN else colour


def _planned_card(planned: Sequence[Maintenance], now: float) -> None:
    help_text = (
        f"The next planned maintenance within {duration(PLANNED_AHEAD)}; Status tells what it is."
    )
    if not planned:
        _figure("Planned work", "none", f"next {duration(PLANNED_AHEAD)}", help_text=help_text)
        return
    window = planned[0]
    under_way = window.start <= now
    _figure(
        "Planned work",
        "now" if under_way else f"in {duration(window.start - now)}",
        plain(window.title, NOTE_LIMIT),
        colour="violet",
        help_text=help_text,
    )


def _figure(label: str, value: str, note: str, *, help_text: str, colour: Colour = "gray") -> None:
    st.metric(label, value, note, delta_color=colour, delta_arrow="off", help=help_text)


def _card(
    label: str,
    value: str,
    note: str,
    *,
    help_text: str,
    colour: Colour = "gray",
    chart: Sequence[float] | None = None,
    chart_type: Literal["line", "area"] = "line",
) -> None:
    st.metric(
        label,
        value,
        note,
        delta_color=colour,
        delta_arrow="off",
        help=help_text,
        border=True,
        height="stretch",
        chart_data=chart or None,
        chart_type=chart_type,
    )


def _counted(span: Span) -> str:
    """How much of the time an uptime rests on."""
    if not span.share.counted:
        return "nothing known yet"
    if span.partial:
        return f"of {duration(span.share.counted)} known"
    left_out = span.share.left_out
    return f"{duration(left_out)} left out" if left_out >= 1 else "all of it known"


def _rests_on(samples: int, needs: int) -> str:
    """How much a percentile rests on, or why there is none."""
    if samples >= needs:
        return f"n = {samples:,}"
    return f"n = {samples:,}, needs {needs}"


def _now(page: Page, reading: Reading) -> None:
    st.subheader("Now", anchor=False)
    summary = reading.summary
    if summary.silence:
        _silent(page, summary)
        return
    for cause in summary.causes[:WRONG_LIMIT]:
        _cause(cause, reading, page)
    explained = {Standing.FAIL, Standing.PASS}
    others = [one for one in summary.checks if one.standing not in explained]
    for one in others[:WRONG_LIMIT]:
        st.markdown(_line(one, reading, page))
    hidden = len(summary.causes[WRONG_LIMIT:]) + len(others[WRONG_LIMIT:])
    if not summary.causes and not others:
        st.markdown(":green[:material/check_circle:] Nothing is wrong.")
    if hidden:
        st.caption(f"and {hidden:,} more")
    passing = [one.check.label for one in summary.checks if one.standing is Standing.PASS]
    if passing:
        mark = MARKS[Standing.PASS]
        names = " · ".join(plain(name, NAME_LIMIT) for name in passing[:PASSING_LIMIT])
        more = f" and {len(passing) - PASSING_LIMIT:,} more" if len(passing) > PASSING_LIMIT else ""
        st.markdown(f"{mark.badge} :gray[{names}{more}]")
    st.page_link(PAGES / "health.py", label="All checks", icon=":material/arrow_forward:")


def _silent(page: Page, summary: Summary) -> None:
    """Nothing is known of any check: said once, with what helps."""
    names = listed([one.check.label for one in summary.checks], PASSING_LIMIT)
    mark = MARKS[Standing.UNKNOWN]
    st.markdown(f"{mark.badge} {plain(names)}  \nBecause {plain(summary.silence)}")
    if not page.runtime.config.settings.collector:
        st.caption("This console starts no collector itself: run `python -m console.collector`.")
    st.page_link(PAGES / "health.py", label="All checks", icon=":material/arrow_forward:")


def _cause(cause: Cause, reading: Reading, page: Page) -> None:
    lines = [_line(cause.root, reading, page)]
    lines += [
        f"- {MARKS[one.standing].badge} {plain(one.check.label, NAME_LIMIT)} :gray[because of it]"
        for one in cause.affected[:WRONG_LIMIT]
    ]
    if len(cause.affected) > WRONG_LIMIT:
        lines.append(f"- and {len(cause.affected) - WRONG_LIMIT:,} more")
    st.markdown("\n".join(lines))
    st.page_link(
        PAGES / "health.py",
        label="Details",
        icon=":material/search:",
        query_params={"check": cause.root.check.name, "service": page.service.name},
    )


def _line(one: Presented, reading: Reading, page: Page) -> str:
    since = ""
    if one.since is not None:
        since = f" since {clock(one.since, reading.now, page.zone)}"
        since += f" ({duration(reading.now - one.since)})"
    badge = MARKS[one.standing].badge
    return f"{badge} **{plain(one.check.label, NAME_LIMIT)}**{since}  \n{plain(one.reason)}\n"


def _happened(page: Page, reading: Reading, details: Fetched[Details]) -> None:
    st.subheader("What happened", anchor=False)
    window_picker(reading.now, page.zone)
    if details.value is None:
        st.caption("The store has not told yet.")
        return
    events = details.value.events
    kinds = kind_filter(events)
    timeline(events, kinds, reading.now, page.zone)
