import json
from datetime import UTC
from itertools import pairwise

import numpy as np
import pytest

from console.activity.model import Event, Kind
from console.health.model import Incident, Outcome
from console.response_times.charts import comparison_chart, outline, percentile_chart
from console.response_times.count_charts import heat_chart, outcome_chart
from console.response_times.marks import MOST_MARKS, NAMED, grouped
from console.response_times.model import Curve
from console.ui.charts import MAX_POINTS
from tests.response_times.made_analysis import HOUR, NOON, analysed, even

LENGTHS = [HOUR, 6 * HOUR, 24 * HOUR, 7 * 24 * HOUR]
DEPLOYED = Event("d1", NOON - 600, Kind.DEPLOYMENT, "Release 7 is live", status="pass")


def curve(*values: float, step: int = 60) -> Curve:
    return Curve(
        0.5,
        step,
        np.arange(len(values), dtype=np.int64) * step,
        np.array(values),
        np.full(len(values), 20, np.int64),
    )


def deployment(number: int, ago: float) -> Event:
    return Event(f"d{number}", NOON - ago, Kind.DEPLOYMENT, f"Release {number}", status="pass")


def test_few_steps_are_drawn_as_steps() -> None:
    times, values, _ = outline(curve(*[0.1, 0.2] * 30))
    assert times[:4] == [0, 60, 60, 120]
    assert values[:4] == [100.0, 100.0, 200.0, 200.0]


def test_a_long_step_has_points_everywhere_that_a_pointer_may_be() -> None:
    times, values, _ = outline(curve(0.1, 0.2))
    assert (times[0], times[24], times[25], times[-1]) == (0, 60, 60, 120)
    assert values == [100.0] * 25 + [200.0] * 25
    assert max(after - before for before, after in pairwise(times)) == 2.5


def test_a_gap_is_a_point_without_a_value_and_is_never_drawn_over() -> None:
    times, values, _ = outline(curve(*[0.1] * 50, np.nan, np.nan, 0.3))
    assert values[-4:] == [100.0, None, 300.0, 300.0]
    assert times[-4:] == [3000, 3000, 3120, 3180]


def test_many_steps_are_a_line_through_their_middles_to_both_ends() -> None:
    many = curve(*([0.1] * 280))
    times, values, _ = outline(many)
    assert len(times) <= MAX_POINTS
    assert (times[0], times[1], times[-1]) == (0, 90, 280 * 60)
    assert None not in values


def test_a_single_step_between_two_gaps_is_still_seen() -> None:
    lonely = curve(*([np.nan] * 150), 0.1, *([np.nan] * 129))
    times, values, _ = outline(lonely)
    assert times[:2] == [150 * 60, 151 * 60]
    assert values[:2] == [100.0, 100.0]


@pytest.mark.parametrize("length", LENGTHS)
def test_no_line_has_more_points_than_allowed(length: float) -> None:
    found = analysed(even(0.1, int(length / 30)), length)
    charts = [percentile_chart(found, UTC), comparison_chart(found, 0, UTC)]
    lines = [trace for chart in charts for trace in chart["data"] if trace["mode"] == "lines"]
    assert lines
    assert all(len(line["x"]) == len(line["y"]) <= MAX_POINTS for line in lines)


def test_every_line_tells_value_and_samples_in_its_hover() -> None:
    (p50, *_) = percentile_chart(analysed(even(0.1, 120)), UTC)["data"]
    assert p50["customdata"][0] == "100 ms · n = 20"


def test_percentiles_with_too_few_samples_have_no_line() -> None:
    found = analysed(even(0.1, 30, every=120))
    assert [trace["name"] for trace in percentile_chart(found, UTC)["data"]] == ["p50"]


def test_the_limit_of_slow_answers_is_drawn_only_near_the_values() -> None:
    near = percentile_chart(analysed(even(0.2, 120)), UTC)["layout"]
    assert near["annotations"][0]["text"] == "slow after 500 ms"
    far = percentile_chart(analysed(even(0.01, 120)), UTC)["layout"]
    assert "annotations" not in far


def test_a_deployment_is_marked_with_what_it_was() -> None:
    found = analysed(even(0.1, 120), happened=[DEPLOYED])
    chart = percentile_chart(found, UTC)
    mark = chart["data"][-1]
    assert (mark["name"], mark["yaxis"], len(mark["x"])) == ("deployment", "y2", 1)
    assert mark["text"][0].endswith("Release 7 is live")
    assert chart["layout"]["yaxis2"]["overlaying"] == "y"


def test_marks_that_would_cover_each_other_are_one() -> None:
    events = [deployment(number, 600 + number) for number in range(6)]
    found = analysed(even(0.1, 120), happened=events)
    (group,) = grouped(events, found)
    assert [event.id for event in group] == ["d5", "d4", "d3", "d2", "d1", "d0"]
    text = percentile_chart(found, UTC)["data"][-1]["text"][0]
    assert text.startswith(f"{6 - NAMED} more, and:<br>")
    assert text.count("<br>") == NAMED


def test_only_the_newest_marks_are_drawn() -> None:
    found = analysed(even(0.1, 120))
    events = [deployment(number, number * 60.0) for number in range(60)]
    groups = grouped(events, found)
    assert len(groups) == MOST_MARKS
    assert groups[0][-1].id == "d0"


def test_an_incident_is_a_shaded_stretch_with_a_mark_where_it_begins() -> None:
    began, ended = NOON - 1200.0, NOON - 600.0
    found = analysed(
        even(0.1, 120),
        happened=[
            Event("x", ended, Kind.INCIDENT, "API works again", "api", "pass"),
            Event("x", began, Kind.INCIDENT, "API refused", "api", "fail"),
        ],
        closed=[Incident("x", "api", began, "refused", ended)],
    )
    chart = percentile_chart(found, UTC)
    assert [trace["name"] for trace in chart["data"][-1:]] == ["incident begins"]
    assert len(chart["data"][-1]["x"]) == 1
    (band,) = [shape for shape in chart["layout"]["shapes"] if shape["type"] == "rect"]
    assert (band["x0"][11:], band["x1"][11:]) == (times(began), times(ended))


def times(at: float) -> str:
    return f"{int(at % 86400 // 3600):02d}:{int(at % 3600 // 60):02d}:{int(at % 60):02d}"


def test_an_incident_that_goes_on_is_shaded_to_the_end_of_the_window() -> None:
    found = analysed(even(0.1, 120), closed=[Incident("x", "api", NOON - 9e9, "refused", None)])
    (band,) = percentile_chart(found, UTC)["layout"]["shapes"][:1]
    assert (band["x0"][11:], band["x1"][11:]) == (times(NOON - HOUR), times(NOON))


def test_markup_in_the_title_of_an_event_is_shown_as_text() -> None:
    evil = Event("e", NOON - 60, Kind.DEPLOYMENT, "<b>x</b><a href='javascript:1'>&", status="pass")
    chart = percentile_chart(analysed(even(0.1, 120), happened=[evil]), UTC)
    assert "<b>" not in json.dumps(chart["data"][-1]["text"])
    assert "&lt;b&gt;" in chart["data"][-1]["text"][0]


def test_a_comparison_lays_earlier_windows_over_this_one() -> None:
    found = analysed(even(0.1, 240))
    chart = comparison_chart(found, 0, UTC)
    now, before = chart["data"]
    assert (now["name"], before["name"]) == ("this window", "the period before")
    assert now["x"] == before["x"]
    assert now["line"]["dash"] != before["line"]["dash"]


def test_the_heat_map_tells_each_cell_in_full_and_leaves_empty_ones_empty() -> None:
    found = analysed(even(0.1, 60) + even(0.2, 60, every=31))
    assert found.heat is not None
    (trace,) = heat_chart(found.heat, UTC)["data"]
    counts = [count for row in trace["z"] for count in row if count is not None]
    assert 0 not in counts
    assert sum(counts) == 120
    assert " to " in trace["text"][0][0]
    assert len(trace["y"]) == len(trace["z"]) + 1
    assert trace["colorbar"]["dtick"] >= 1


@pytest.mark.parametrize(
    ("highest", "step"), [(1, 1), (4, 1), (5, 2), (12, 5), (60, 20), (999, 200)]
)
def test_counts_have_whole_ticks_and_few_of_them(highest: int, step: int) -> None:
    results = even(0, highest, every=0.05, outcome=Outcome.CONNECT) + even(0.1, 5)
    assert outcome_chart(analysed(results).bars, UTC)["layout"]["yaxis"]["dtick"] == step
