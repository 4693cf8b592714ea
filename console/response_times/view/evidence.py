"""The charts and tables of a window. They stay outside of the live fragment: new data would reset
what somebody zoomed into."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

import streamlit as st

from console.activity.view.timeline import timeline
from console.response_times.analysis import Analysis, PhaseTimes
from console.response_times.charts import percentile_chart
from console.response_times.count_charts import heat_chart, outcome_chart
from console.response_times.heatmap import HeatMap
from console.response_times.model import Curve, Percentile, percent_name
from console.response_times.outcomes import in_words
from console.response_times.verdict import few
from console.response_times.view.comparison import comparison, is_comparable
from console.response_times.view.objective import objective_section
from console.ui.charts import show
from console.ui.page import PAGES
from console.ui.tables import sheet
from console.words import (
    NOTHING,
    clock,
    counted,
    duration,
    response_time,
    unbroken,
    zone_name,
)

MAIN_HEIGHT = 320  # pixels
SIDE_HEIGHT = 250  # pixels
HEAT_HEIGHT = 460  # pixels: as tall as the comparison beside it

PHASE_NAMES = {
    "resolve": "Resolve",
    "connect": "Connect",
    "tls": "TLS",
    "first_byte": "First byte",
    "transfer": "Transfer",
}


def evidence(found: Analysis, zone: tzinfo) -> None:
    """Draw all of it, the most asked for first."""
    happened = [lambda: _happened(found, zone)]
    if not found.counts.results and not found.counts.left_out:
        _beside([lambda: _nothing(found)])
    else:
        _over_time(found, zone)
        compared = [lambda: comparison(found, zone)] if is_comparable(found) else []
        heat, height = found.heat, HEAT_HEIGHT if compared else MAIN_HEIGHT
        counts = [lambda: _distribution(heat, zone, height)] if heat is not None else []
        _beside([*compared, *counts])
        phases = [lambda: _phases(found)] if found.phases or found.cold_starts.samples else []
        if phases and not found.counts.not_ok:  # "all were ok" would be lonely beside a table
            _beside([*phases, *happened])
            happened = []
        else:
            _beside([*phases, lambda: _outcomes(found, zone)])
    if found.slo:
        objective_section(found.slo)
    _beside(happened)


def _nothing(found: Analysis) -> None:
    st.markdown("There is no result in this window. A longer one may have some.")
    check = found.question.check
    if check is not None:
        st.page_link(
            PAGES / "health.py",
            label="How this check stands",
            icon=":material/arrow_forward:",
            query_params={"check": check.name, "service": found.question.service.name},
        )


def _beside(sections: Sequence[Callable[[], None]]) -> None:
    """Each in a box: two beside each other, one alone over the whole width."""
    if not sections:
        return
    for column, section in zip(st.columns(len(sections), gap="small"), sections, strict=True):
        with column.container(border=True, height="stretch"):
            section()


def _happened(found: Analysis, zone: tzinfo) -> None:
    """The events that the first chart marks, as a list."""
    st.subheader("Deployments and incidents", anchor=False)
    timeline(found.events, (), found.question.until, zone)
    if found.older_events:
        st.caption("There are older ones in this window that are not listed.")


def _over_time(found: Analysis, zone: tzinfo) -> None:
    with st.container(border=True):
        st.subheader("Percentiles over time", anchor=False)
        shown = [curve for curve in found.curves if curve.shown]
        if not shown:
            st.caption(_too_few(found))
            return
        st.caption(_steps(found, zone))
        show(
            percentile_chart(found, zone),
            key="rt_percentiles",
            alt=_alt(found),
            height=MAIN_HEIGHT,
        )


def _too_few(found: Analysis) -> str:
    if not found.counts.samples:
        return "No result in this window has a response time."
    needs = ", ".join(f"{one.needs:,} for {_name(one)}" for one in found.percentiles)
    return (
        f"{counted(found.counts.samples, 'response time')} in this window: too few for a "
        f"percentile in any step of time. Needed in a step: {needs}."
    )


def _steps(found: Analysis, zone: tzinfo) -> str:
    """How fine each line is, and what a missing one needs."""
    told = [
        f"{_name(curve)} in steps of {duration(curve.step)}"
        for curve in found.curves
        if curve.shown
    ]
    missing = [f"no {_name(one)}: {few(one)}" for one in found.percentiles if one.value is None]
    until = found.question.until
    begun: list[str] = []
    if found.is_young and found.oldest is not None:
        begun = [f"history begins {clock(found.oldest, until, zone)}"]
    times = f"times in {zone_name(zone, until)}"
    return " · ".join([*told, *missing, *begun, times])


def _alt(found: Analysis) -> str:
    values = ", ".join(
        f"{_name(one)} {response_time(one.value)}" for one in found.percentiles if one.value
    )
    events = counted(len(found.events), "event")
    return f"Percentiles of the response time over the window; in all {values}; {events} marked"


def _name(one: Percentile | Curve) -> str:
    return percent_name(one.quantile)


def _distribution(heat: HeatMap, zone: tzinfo, height: int) -> None:
    st.subheader("Distribution", anchor=False)
    st.caption(
        f"How many answers took how long: {counted(heat.samples, 'response time')} in steps of "
        f"{duration(heat.step)}; the stronger the colour, the more"
    )
    show(
        heat_chart(heat, zone),
        key="rt_heat",
        alt="How many answers took how long, over time",
        height=height,
    )


def _phases(found: Analysis) -> None:
    st.subheader("Where the time goes", anchor=False)
    if found.phases:
        names = [percent_name(one.quantile) for one in found.phases[0].percentiles]
        sheet(  # Markdown, as narrow as a phone: a grid of columns would be cut there
            {
                "Phase": [_phase(one) for one in found.phases],
                "Share": [unbroken(f"{one.share * 100:.0f} %") for one in found.phases],
                **{
                    name: [
                        unbroken(response_time(one.percentiles[place].value))
                        for one in found.phases
                    ]
                    for place, name in enumerate(names)
                },
            },
            alt="The phases of a request with their percentiles",
        )
        st.caption(
            "Share: of the time that all phases together took. n: requests that had the phase; "
            f"{NOTHING}: too few of them."
        )
    _cold_starts(found)


def _phase(one: PhaseTimes) -> str:
    name = PHASE_NAMES.get(one.phase, one.phase)
    return f"{unbroken(name)}  \n:small[:gray[{unbroken(f'n = {one.percentiles[0].samples:,}')}]]"


def _cold_starts(found: Analysis) -> None:
    cold = found.cold_starts
    if not cold.samples:
        return
    median = f", half of them within {response_time(cold.value)}" if cold.value else ""
    few_of_them = "" if cold.value else f" Their median is shown from {cold.needs} on."
    st.caption(
        f":material/bedtime: {counted(cold.samples, 'cold start')}{median}: answers that had to "
        f"wake the service, in none of the figures above.{few_of_them}"
    )


def _outcomes(found: Analysis, zone: tzinfo) -> None:
    st.subheader("What went wrong", anchor=False)
    counts = found.counts
    if not counts.not_ok:
        if counts.results:
            st.markdown(
                f":green[:material/check_circle:] All {counted(counts.results, 'result')} were ok."
            )
        else:
            st.caption("No results in this window.")
        return
    left_out = ""
    if counts.left_out:
        left_out = f"; {counts.left_out:,} of them were the console's own trouble and count nowhere"
    st.caption(
        f"{in_words(counts)} of {counted(counts.results, 'result')}, in steps of "
        f"{duration(found.bars.step)}{left_out}. Time-outs and failed conditions are in the "
        "percentiles too, a time-out at its limit; all others are counted only here."
    )
    show(
        outcome_chart(found.bars, zone),
        key="rt_outcomes",
        alt=f"Results that were not ok, over time: {in_words(counts)}",
        height=SIDE_HEIGHT,
    )
