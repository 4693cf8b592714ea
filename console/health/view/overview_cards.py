"""The key figures of the Overview."""

from collections.abc import Sequence
from math import isnan
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from console.health.check import Maintenance
from console.health.figures import (
    CERTIFICATE_WARN_DAYS,
    PLANNED_AHEAD,
    UPTIME_DAYS,
    KeyFigures,
    Span,
)
from console.health.summary import Standing
from console.ui.format import plain
from console.ui.status import MARKS, Colour
from console.words import NOTHING, counted, duration, error_share, response_time, uptime

NAME_LIMIT = 80  # characters of outside text
CARD_HEIGHT = 182  # pixels; less clips the sparkline, or the second figure of a card
CARD_WIDTH = 150  # pixels at least
NOTE_LIMIT = 22  # characters of outside text below a figure
CERTIFICATE_HELP = (
    "Until the first of the certificates that the checks saw expires. "
    f"A warning from {CERTIFICATE_WARN_DAYS} days on."
)


def cards(figures: KeyFigures, now: float) -> None:
    """Draw them."""
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
            "The curve: how many, in steps of two minutes; a gap is time in which nobody looked.",
            chart=[] if all(map(isnan, figures.bad_bars)) else list(figures.bad_bars),
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
    others, unknown = figures.checks - figures.passing, figures.unknown
    note = f"{others:,} not passing" if others else "all"
    if unknown:
        note = f"{unknown:,} unknown" if unknown == others else f"{note}, {unknown:,} unknown"
    _figure(
        "Checks passing",
        f"{figures.passing:,} of {figures.checks:,}",
        note,
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
    silent = not figures.incidents and figures.unknown == figures.checks
    none = "not known" if silent else "none"
    _figure(
        "Open incidents",
        NOTHING if silent else f"{len(figures.incidents):,}",
        f"oldest {duration(now - oldest)}" if oldest else none,
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
