"""This window beside the period before and the same window of last month."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

import streamlit as st

from console.response_times.analysis import Analysis, Earlier
from console.response_times.charts import comparison_chart
from console.response_times.compare import Difference, differences, moved
from console.response_times.model import Percentile, percent_name
from console.ui.charts import show
from console.ui.tables import sheet
from console.words import NOTHING, error_share, response_time, unbroken

HEIGHT = 250  # pixels
PERCENTILE = "percentile"  # in the URL: which one the chart compares


def is_comparable(found: Analysis) -> bool:
    """Whether a percentile has a value in this window and in an earlier one."""
    return bool(_comparable(found))


def comparison(found: Analysis, zone: tzinfo) -> None:
    """Draw it; only where there is something to compare."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.subheader("Compared with before", anchor=False, width="content")
        place = _percentile_picker(found)
    if any(one.curves[place].shown for one in (found, *found.earlier)):
        show(
            comparison_chart(found, place, zone),
            key="rt_comparison",
            alt=f"{_names(found)[place]} of this window over that of earlier ones",
            height=HEIGHT,
        )
    known = [one for one in found.earlier if one.counts.results]
    sheet(
        {
            "": [*_names(found), "Samples", "Not ok", "From", "To"],
            "This window": [
                *(_value(one) for one in found.percentiles),
                *_rest(found, zone, found.question.since, found.question.until),
            ],
            **{_name(one): _column(found, one, zone) for one in known},
        },
        alt="Percentiles and errors of this window and of earlier ones",
    )
    st.caption(" ".join(_notes(found)))


def _notes(found: Analysis) -> list[str]:
    notes = ["“As now”: no more than chance tells them apart."]
    for one in found.earlier:
        if not one.counts.results:
            notes.append(f"{_name(one)}: no results in that window.")
        elif one.stretch.note:
            notes.append(f"{_name(one)}: {one.stretch.note}.")
    return notes


def _comparable(found: Analysis) -> list[int]:
    """The places of percentiles that can be compared."""
    return [
        place
        for place, now in enumerate(found.percentiles)
        if now.value is not None
        and any(one.percentiles[place].value is not None for one in found.earlier)
    ]


def _names(found: Analysis) -> list[str]:
    return [percent_name(one.quantile) for one in found.percentiles]


def _name(earlier: Earlier) -> str:
    return earlier.stretch.name.removeprefix("the ").capitalize()


def _percentile_picker(found: Analysis) -> int:
    """The second one (p95) unless the visitor chose, or too few samples leave only the first."""
    names = _names(found)
    first = min(1, max(_comparable(found)))
    chosen = st.segmented_control(
        "Percentile",
        names,
        default=names[first],
        required=True,
        key=PERCENTILE,
        label_visibility="collapsed",
        bind="query-params",
    )
    return names.index(chosen) if chosen in names else first


def _column(found: Analysis, earlier: Earlier, zone: tzinfo) -> list[str]:
    pairs = differences(found.percentiles, earlier.percentiles)
    stretch = earlier.stretch
    return [*(_then(pair) for pair in pairs), *_rest(earlier, zone, stretch.since, stretch.until)]


def _rest(one: Analysis | Earlier, zone: tzinfo, since: float, until: float) -> Sequence[str]:
    edges = [_day_and_hour(at, zone) for at in (since, until)]
    return (
        f"{one.percentiles[0].samples:,}",
        unbroken(error_share(one.counts.bad_share)),
        *(f":small[:gray[{edge}]]" for edge in edges),
    )


def _day_and_hour(at: float, zone: tzinfo) -> str:
    """`23 Nov 08:48`; the year is told by the chart's axis."""
    then = datetime.fromtimestamp(at, zone)
    return f"{then.day} {then:%b %H:%M}"


def _value(one: Percentile) -> str:
    if one.value is None:
        return f"{NOTHING}  \n:small[:gray[needs {one.needs:,}]]"
    return f"**{unbroken(response_time(one.value))}**"


def _then(pair: Difference) -> str:
    then, ratio = pair.then, pair.ratio
    if then.value is None:
        return _value(then)
    if ratio is None:
        note = ""
    elif not pair.clear:
        note = ":gray[as now]"
    else:
        note = f":{'red' if ratio > 0 else 'green'}[now {moved(ratio)}]"
    return f"{unbroken(response_time(then.value))}  \n:small[{note}]"
