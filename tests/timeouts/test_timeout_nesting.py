"""The nested limits: their order, slack and the one sentence of what breaks first."""

import numpy as np
import pytest

from console.store.cells import Cells
from console.store.histogram import code_of
from console.store.series import SeriesId
from console.timeouts.model import resolve
from console.timeouts.nesting import breaks_first, levels
from console.timeouts.observed import Observed, observed, slowest

FITTING = {
    "CALLER_TIMEOUT_SECONDS": "360",
    "PLATFORM_REQUEST_TIMEOUT_SECONDS": "350",
    "SERVER_TIMEOUT_SECONDS": "340",
    "PROCESS_TIMEOUT_SECONDS": "330",
    "ITEM_TIMEOUT_SECONDS": "150",
    "BATCH_ITEMS": "200",
}


def test_levels_that_fit_are_strictly_nested():
    found = levels(resolve(FITTING))
    limits = [level.limit for level in found]
    assert all(level.fits for level in found)
    assert limits[:8] == sorted((limit or 0.0 for limit in limits[:8]), reverse=True)
    assert all(level.slack is not None and level.slack > 0 for level in found[:6])


@pytest.mark.parametrize("name", list(FITTING)[:5])
def test_a_level_as_short_as_its_inside_does_not_fit(name: str):
    fitting = {level.name: level for level in levels(resolve(FITTING))}
    tight = {**FITTING, name: str(fitting[name].needs)}
    found = {level.name: level for level in levels(resolve(tight))}
    assert not found[name].fits
    assert found[name].slack == pytest.approx(0.0)


def test_more_time_inside_never_leaves_more_slack():
    slacks = [
        next(level.slack for level in levels(resolve({"API_TIMEOUT_SECONDS": text}))
             if level.key == "item")
        for text in ("1", "10", "30", "60")
    ]  # fmt: skip
    known = [slack for slack in slacks if slack is not None]
    assert known == sorted(known, reverse=True)
    assert len(known) == 4


def test_a_level_without_a_limit_is_passed_over():
    found = {level.key: level for level in levels(resolve({}))}
    assert found["platform"].limit is None
    assert found["caller"].needs == 305.0  # the process and its clean-up
    assert found["caller"].slack_text == "55 s (15 %)"


@pytest.mark.parametrize(
    ("texts", "platform", "server", "start"),
    [
        ({}, "none", "uvicorn", "PROCESS_TIMEOUT_SECONDS breaks first: after 300 s"),
        ({}, "heroku", "uvicorn", "PLATFORM_REQUEST_TIMEOUT_SECONDS breaks first: after 30 s"),
        ({}, "none", "gunicorn", "SERVER_TIMEOUT_SECONDS breaks first: after 30 s"),
        ({"PROCESS_TIMEOUT_SECONDS": "400"}, "none", "uvicorn", "CALLER_TIMEOUT_SECONDS breaks"),
        ({"ITEM_TIMEOUT_SECONDS": "100"}, "none", "uvicorn", "The item breaks first"),
        ({"BATCH_ITEMS": "200"}, "none", "uvicorn", "Nothing breaks: one run takes 247.4 s"),
        ({"API_TIMEOUT_SECONDS": "none"}, "none", "uvicorn", "The item breaks first"),
    ],
)  # fmt: skip
def test_what_breaks_first_is_one_sentence(
    texts: dict[str, str], platform: str, server: str, start: str
):
    assert breaks_first(resolve(texts, platform, server)).startswith(start)


def test_the_progress_of_a_broken_run_is_told():
    assert "2 of its 5 pages are surely done by then" in breaks_first(resolve({}))


def cells_of(seconds: list[float]) -> Cells:
    codes = np.array([code_of(one) for one in seconds], dtype=np.uint16)
    count = np.ones(len(codes), dtype=np.uint32)
    return Cells(60, np.zeros(len(codes), dtype=np.int64), codes, count)


def test_ticks_are_read_from_the_histogram():
    found = observed(SeriesId("api", "freee"), cells_of([1.0] * 3999 + [20.0]))
    assert found is not None
    assert found.p999 == pytest.approx(1.0, rel=0.01)
    assert found.longest == pytest.approx(20.0, rel=0.01)


def test_too_few_samples_give_a_longest_and_no_percentile():
    found = observed(SeriesId("api", "freee"), cells_of([1.0, 3.0]))
    assert found is not None
    assert found.p999 is None
    assert found.longest == pytest.approx(3.0, rel=0.01)
    assert observed(SeriesId("api", "freee"), cells_of([])) is None


def test_the_slowest_series_is_the_one_a_limit_must_fit():
    fast = Observed(SeriesId("api", "a"), 5000, 1, 1, 1, 2.0, 50.0)
    slow = Observed(SeriesId("api", "b"), 5000, 1, 1, 1, 4.0, 5.0)
    young = Observed(SeriesId("api", "c"), 3, None, None, None, None, 90.0)
    assert slowest([fast, slow, young], "api") is slow
    assert slowest([young], "api") is young
    assert slowest([fast], "route") is None
