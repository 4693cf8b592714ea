import csv
import io
from datetime import UTC, datetime

import pytest

from console.health.model import Outcome
from console.response_times.analysis import Analysis
from console.response_times.export import HEADER, file_name, to_csv
from console.store.series import SeriesId
from tests.response_times.made_analysis import HOUR, NOON, analysed, even

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def lines(found: Analysis) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(found))))


def test_every_step_of_every_percentile_is_a_line_with_its_samples() -> None:
    found = analysed(even(0.1, 240))
    told = lines(found)
    assert list(told[0]) == list(HEADER)
    first = told[0]
    assert (first["series"], first["window"], first["percentile"]) == (
        "check:api",
        "this window",
        "p50",
    )
    assert (first["milliseconds"], first["samples"], first["samples_needed"]) == (
        "100.2",
        "20",
        "20",
    )
    began = datetime.fromtimestamp(NOON - HOUR, UTC)
    assert first["from_utc"] == began.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert {line["window"] for line in told} == {"this window", "the period before", "last month"}


def test_a_step_with_too_few_samples_has_no_value() -> None:
    told = [
        line for line in lines(analysed(even(0.1, 30, every=60))) if line["percentile"] == "p99"
    ]
    assert {line["milliseconds"] for line in told} == {""}
    assert told[0]["samples_needed"] == "299"


def test_what_went_wrong_is_counted_by_step_and_for_each_earlier_window() -> None:
    refused = even(0.1, 5, every=60, outcome=Outcome.CONNECT)
    offline = even(0.1, 2, every=90, outcome=Outcome.OFFLINE)
    found = analysed([*even(0.1, 120), *refused, *offline])
    counted = [line for line in lines(found) if not line["percentile"]]
    now = [line for line in counted if line["window"] == "this window"]
    assert sum(int(line["results"]) for line in now) == found.counts.results == 125
    assert sum(int(line["not_ok"]) for line in now) == found.counts.bad == 5
    told = next(line["outcomes"] for line in now if line["not_ok"] != "0")
    assert told.startswith("not connected 1")
    assert any("console offline" in line["outcomes"] for line in now)
    assert [line["window"] for line in counted[len(now) :]] == [
        one.stretch.name for one in found.earlier
    ]


@pytest.mark.parametrize(
    "name", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "a\n=2+2"]
)
def test_no_cell_can_be_taken_for_a_formula(name: str) -> None:
    found = analysed(even(0.1, 120), series=SeriesId("route", name))
    for row in csv.reader(io.StringIO(to_csv(found))):
        assert not any(cell.startswith(FORMULA_STARTS) for cell in row)


def test_quotes_and_commas_of_a_name_stay_in_their_cell() -> None:
    found = analysed(even(0.1, 120), series=SeriesId("route", 'GET /"x",y'))
    assert lines(found)[0]["series"] == 'route:GET /"x",y'


def test_the_file_is_named_after_series_and_window() -> None:
    end = datetime.fromtimestamp(NOON, UTC)
    found = analysed(even(0.1, 120), series=SeriesId("route", "GET /../etc"))
    name = file_name(found)
    assert name.endswith(f"_{end:%Y%m%dT%H%MZ}.csv")
    assert name.startswith("response-times_route-GET-")
    assert not set("/\\:") & set(name)
