"""The key figures of a window, each with what it rests on."""

from typing import Literal

import streamlit as st

from console.health.model import Status
from console.health.summary import Standing
from console.response_times.analysis import Analysis
from console.response_times.budget_words import (
    bad_in_words,
    budget_sentence,
    events_needed,
    left,
    percent,
)
from console.response_times.compare import Difference, differences, moved
from console.response_times.model import Percentile, percent_name
from console.response_times.outcomes import OutcomeCounts, in_words
from console.response_times.slo import BUDGET_DAYS, Slo
from console.response_times.verdict import few
from console.store.cells import MINUTE
from console.ui.status import MARKS, Colour
from console.words import NOTHING, counted, error_share, response_time

CARD_HEIGHT = 108  # pixels
CARD_WIDTH = 150  # pixels at least


def cards(found: Analysis) -> None:
    """Draw them: percentiles, how many results, errors, error budget."""
    before = found.earlier[0] if found.earlier else None
    pairs = differences(found.percentiles, before.percentiles) if before else ()
    with st.grid(6 if found.slo else 5, min_column_width=CARD_WIDTH, row_height=CARD_HEIGHT):
        for place, percentile in enumerate(found.percentiles):
            _percentile(percentile, pairs[place] if pairs else None)
        _results(found)
        _errors(found.counts)
        if found.slo:
            _budget(found.slo)


def _percentile(percentile: Percentile, pair: Difference | None) -> None:
    name = percent_name(percentile.quantile)
    if percentile.value is None:
        _card(name, NOTHING, few(percentile), help_text=_meaning(percentile))
        return
    note, colour, arrow = _change(pair)
    _card(
        name,
        response_time(percentile.value),
        note,
        help_text=_meaning(percentile) + _compared(pair),
        colour=colour,
        arrow=arrow,
    )


def _change(pair: Difference | None) -> tuple[str, Colour, Literal["up", "down", "off"]]:
    if pair is None or pair.ratio is None:
        return "nothing to compare", "gray", "off"
    if not pair.clear:
        return "no clear change", "gray", "off"
    if pair.ratio > 0:
        return moved(pair.ratio), "red", "up"
    return moved(pair.ratio), "green", "down"


def _meaning(one: Percentile) -> str:
    share = f"{one.quantile * 100:g} of 100 answers"
    if one.value is None:
        return (
            f"{share} were at least this fast. Shown from {one.needs:,} response times on: with "
            "fewer it would often be no more than the slowest of them."
        )
    return (
        f"{share} were at least this fast, of {counted(one.samples, 'response time')}; exact "
        f"within 1 %. 95 % interval: {response_time(one.low)} to {response_time(one.high)}."
    )


def _compared(pair: Difference | None) -> str:
    if pair is None:
        return ""
    if pair.then.value is None:
        return f" The period before has too few to compare with ({few(pair.then)})."
    return (
        f" The period before: {response_time(pair.then.value)} of {pair.then.samples:,}. "
        "A change is called clear where the intervals of both do not meet."
    )


def _results(found: Analysis) -> None:
    counts = found.counts
    by = "minute" if found.resolution == MINUTE else "hour"
    _card(
        "Results",
        f"{counts.results:,}",
        f"{counts.samples:,} with a time",
        help_text=f"Counted by the {by}. Answers and time-outs (at their limit) have a response "
        "time; other errors have none and are counted apart.",
    )


def _errors(counts: OutcomeCounts) -> None:
    _card(
        "Not ok",
        error_share(counts.bad_share),
        f"{counts.bad:,} of {counts.results:,}",
        help_text=f"Results that were no good answer: {in_words(counts)}.",
        colour="red" if counts.bad else "gray",
    )


def _budget(judged: Slo) -> None:
    budget = judged.budget
    if budget.left is None:
        needs = events_needed(budget.objective)
        note = f"n = {budget.tally.events:,}, needs {needs:,}"
    else:
        note = f"objective {percent(budget.objective)}"
    mark = MARKS[Standing(judged.status.value)]
    _card(
        f"Error budget · {BUDGET_DAYS} d",
        left(budget),
        note,
        help_text=f"{budget_sentence(judged)} Bad ones: {bad_in_words(judged)}.",
        colour="gray" if judged.status is Status.PASS else mark.colour,
    )


def _card(
    label: str,
    value: str,
    note: str,
    *,
    help_text: str,
    colour: Colour = "gray",
    arrow: Literal["up", "down", "off"] = "off",
) -> None:
    st.metric(
        label,
        value,
        note,
        delta_color=colour,
        delta_arrow=arrow,
        help=help_text,
        border=True,
        height="stretch",
    )
