from dataclasses import replace
from datetime import UTC

import numpy as np
import pytest

from console.health.figures import (
    Span,
    account_in_words,
    certificate_standing,
    day_cells,
    day_standing,
    first_to_expire,
    key_figures,
    percent_up,
    uptimes,
)
from console.health.summary import Standing
from console.health.uptime import Share, UptimeRecord
from console.health.verdict import summarise
from console.store.cells import MINUTE, Cells, empty
from tests.health.presenting import NOW, beat, failing, service, state, states

DAY = 86400.0


def test_the_figures_are_those_of_the_first_check():
    summary = summarise(service(), states(failing("web")), beat(), NOW, UTC)
    record = UptimeRecord(days={"2026-11-23": Share(up=DAY - 864, down=864)})
    figures = key_figures(service(), summary.checks, {"web": record}, empty(MINUTE), NOW, UTC)
    assert figures.main.name == "web"
    assert (figures.passing, figures.checks, figures.worst) == (2, 3, Standing.FAIL)
    assert figures.uptime.share.uptime == pytest.approx(0.99)
    assert figures.uptime.partial
    assert figures.uptime_by_day == (99.0,)
    assert figures.p95.value is None
    assert [one.check.name for one in figures.incidents] == ["web"]


def test_time_in_which_nobody_looked_is_a_gap_in_the_errors_and_no_zero():
    periods = NOW // MINUTE * MINUTE - MINUTE * np.arange(10, 0, -1)  # the last ten minutes
    hour = Cells(MINUTE, periods.astype(np.int64), np.full(10, 700, np.uint16),
                 np.ones(10, np.uint32))  # fmt: skip
    summary = summarise(service(), states(), beat(), NOW, UTC)
    bars = key_figures(service(), summary.checks, {}, hour, NOW, UTC).bad_bars
    assert np.isnan(bars[:24]).all()
    assert list(bars[-5:-1]) == [0.0] * 4


@pytest.mark.parametrize(
    ("days", "standing"),
    [(-1, "fail"), (3, "fail"), (3.01, "warn"), (14, "warn"), (14.01, "pass")],
)
def test_a_certificate_warns_two_weeks_and_fails_a_long_weekend_before(days: float, standing: str):
    assert certificate_standing(NOW + days * DAY, NOW) == standing


def test_the_certificate_that_expires_first_counts():
    known = states(
        replace(state("web"), certificate_expires_at=NOW + 40 * DAY),
        replace(state("api"), certificate_expires_at=NOW + 9 * DAY),
    )
    found = first_to_expire(summarise(service(), known, beat(), NOW, UTC).checks)
    assert found is not None
    assert (found.check.name, found.days_left(NOW)) == ("api", 9)
    assert first_to_expire(summarise(service(), states(), beat(), NOW, UTC).checks) is None


def test_an_expired_certificate_has_negative_days():
    known = states(replace(state("web"), certificate_expires_at=NOW - 60))
    found = first_to_expire(summarise(service(), known, beat(), NOW, UTC).checks)
    assert found is not None
    assert found.days_left(NOW) == -1


def test_uptime_is_rounded_down():
    assert percent_up(Share(up=99999, down=1)) == 99.99
    assert percent_up(Share(up=1)) == 100
    assert percent_up(Share(unknown=5)) is None


def test_the_windows_end_now_and_the_month_begins_on_its_first():
    record = UptimeRecord(
        hours={"2026-11-24T08": Share(up=3600), "2026-11-22T08": Share(down=3600)},
        days={
            "2026-10-31": Share(up=1.0),
            "2026-11-01": Share(up=2.0),
            "2026-11-17": Share(up=4.0),
            "2026-11-18": Share(up=8.0),
        },
    )
    windows = uptimes(record, NOW, UTC)
    assert windows.day.share == Share(up=3600)
    assert windows.week.share == Share(up=8.0)
    assert windows.days30.share == Share(up=15.0)
    assert windows.month.share == Share(up=14.0)
    assert windows.day.length == 23 * 3600
    assert windows.week.length == 6 * DAY + 9 * 3600
    assert windows.month.length == 23 * DAY + 9 * 3600


def test_an_uptime_of_little_known_time_must_say_so():
    assert Span(Share(up=94), 100).partial
    assert not Span(Share(up=90, down=6), 100).partial


@pytest.mark.parametrize(
    ("share", "standing"),
    [
        (Share(up=DAY), "pass"),
        (Share(up=DAY - 60, down=60), "warn"),
        (Share(up=600, down=60), "warn"),  # early in the morning
        (Share(up=DAY - 600, down=600), "fail"),
        (Share(), "unknown"),
        (Share(unknown=DAY), "unknown"),
        (Share(maintenance=DAY), "maintenance"),
        (Share(sleeping=DAY / 2, unknown=60), "maintenance"),
    ],
)
def test_a_day_is_judged_by_its_objective_and_unknown_is_never_good(share: Share, standing: str):
    assert day_standing(share, 0.999) == standing


def test_the_bar_of_days_ends_with_today_and_says_the_exact_account():
    record = UptimeRecord(days={"2026-11-23": Share(up=DAY - 420, down=420, unknown=14400)})
    cells = day_cells(record, 0.999, NOW, 3, UTC)
    assert [cell.day for cell in cells] == ["2026-11-22", "2026-11-23", "2026-11-24"]
    assert cells[1].told == "99.51 % up · down 7 min · unknown 4 h"
    assert cells[2].told == "nothing to count"


def test_an_account_without_anything_to_count_says_what_there_was():
    assert account_in_words(Share(maintenance=3600)) == "nothing to count · maintenance 1 h"
