"""What a query found: in a sentence, and over time for all of the log, not only for the newest."""

import time
from dataclasses import dataclass

import streamlit as st

from console.logs.blocks import Blocks
from console.logs.facets import Histogram, histogram
from console.logs.query_text import parse_query
from console.logs.search import Found, search_in
from console.logs.spread import Spread, histogram_of, spread
from console.logs.times import FUTURE, Clock
from console.logs.view.chart import histogram_chart
from console.logs.view.listing import LISTED, ROWS, as_list
from console.ui import charts
from console.ui.format import plain
from console.ui.markers import mark_deployments
from console.ui.page import Page
from console.words import counted, moment, zone_name

FOUND = "logs_found"  # in the session's state
MOST, NEWEST = 1000, 400  # lines that are read, of those that match and without a query
SEARCH_SECONDS = 5.0
SHORTEST = 60.0  # seconds of a chart


@dataclass(frozen=True, slots=True)
class Looked:
    """The newest lines that match, and how all of them lie in time."""

    found: Found
    spread: Spread | None  # None: the lines are all that match
    seconds: float


def look_for(blocks: Blocks, query: str, clock: Clock, version: str) -> Looked:
    """What the query finds; the last answer is kept while neither query nor lines change. Raises
    QueryError and OSError."""
    key = (version, query)
    kept: tuple[tuple[str, str], Looked] | None = st.session_state.get(FOUND)
    if kept is not None and kept[0] == key:
        return kept[1]
    asked, began = parse_query(query, clock), time.monotonic()
    most = MOST if query or blocks.total <= MOST else NEWEST
    found = search_in(blocks, asked, clock, most=most, budget=SEARCH_SECONDS)
    over_time = None if found.whole else spread(blocks, asked, clock)
    looked = Looked(found, over_time, time.monotonic() - began)
    st.session_state[FOUND] = (key, looked)
    return looked


def summary(looked: Looked, page: Page) -> str:
    """How many match, from when to when, and how many of them are listed."""
    found, told = looked.found, looked.spread
    seconds = f" · searched in {looked.seconds:.2f} s" if looked.seconds >= 0.1 else ""
    if not found.lines and not found.whole:
        return f"{plain(found.reason)} None of the newest lines matches; older ones were not seen."
    if not found.lines:
        return f"None of {counted(found.total_lines, 'line')} matches.{seconds}"
    shown = min(LISTED if as_list() else ROWS, len(found.lines))
    lines = len(found.lines) if told is None else max(told.lines, len(found.lines))
    listed = f"; the newest {shown} are listed" if shown < lines else ""
    verb = "matches" if lines == 1 else "match"
    head = f"{counted(lines, 'line')} of {found.total_lines:,} {verb}"
    if told is not None:
        about = "About " if told.estimated else ""
        head = f"{about}{head}" if told.whole else f"More than {lines:,} lines match"
        listed += f", the choices below are of the newest {len(found.lines):,}"
    return f"{head}{_span(looked, page)}{listed}.{seconds}"


def chart(looked: Looked, page: Page, now: float) -> None:
    """Draw the lines that match over time."""
    made = _histogram(looked, now)
    if made is None or not made.bars:
        return
    lines = sum(bar.lines for bar in made.bars)
    drawn = histogram_chart(made, page.zone)
    mark_deployments(drawn, page, made.bars[0].start, made.bars[-1].start + made.step)
    alt = f"Lines that match over time: {counted(lines, 'line')}"
    charts.show(drawn, key="logs_chart", alt=alt, height=150)
    told = looked.spread
    if told is None:
        return
    if not told.whole:
        st.caption(
            "The log is too large to count all of it in time: the newest "
            f"{counted(lines, 'line')} that match {'is' if lines == 1 else 'are'} drawn."
        )
    elif told.estimated:
        st.caption(
            "The chart is an estimate: times in this layout are read line by line, so that evenly "
            "spaced lines speak for the others."
        )


def _histogram(looked: Looked, now: float) -> Histogram | None:
    if looked.spread is not None:
        return histogram_of(looked.spread, now, SHORTEST)
    latest = now + FUTURE
    times = [one.time for one in looked.found.lines if one.time is not None and one.time <= latest]
    if not times:
        return None
    until = max(times) + 1
    return histogram(looked.found.lines, min(*times, until - SHORTEST), until)


def _span(looked: Looked, page: Page) -> str:
    """From when to when the lines are."""
    times = [line.time for line in looked.found.lines if line.time is not None]
    if looked.spread is not None:
        times += [float(at) for at in looked.spread.seconds if at >= 0]
    if not times:
        return ""
    first, last = moment(min(times), page.zone), moment(max(times), page.zone)
    return f", {first} to {last} {zone_name(page.zone, max(times))}"
