"""How the work is read from heartbeats and cells; how long instances take to start."""

from dataclasses import replace

import numpy as np
import pytest

from console.health.model import Outcome
from console.instances.heartbeat import Beat
from console.instances.history import COUNT, Past, code_of_count, past
from console.instances.model import Heard, Snapshot
from console.instances.scaling import backlog
from console.instances.scaling.compare import compare, known_seconds, share_over
from console.instances.scaling.measured import (
    IN_FLIGHT,
    ITEMS,
    WAITING,
    Change,
    done_an_hour,
    last_change,
    work,
)
from console.instances.scaling.model import decide
from console.instances.scaling.rules import Rules
from console.instances.scaling.starts import KEPT, Start, Starts, look, start_seconds
from console.instances.scaling.units import counted
from console.month_end.workload import Platform
from console.store.cells import Cells
from console.store.histogram import code_of, outcome_code
from console.store.series import SeriesId

MINUTE = 60
NOW = 1_800_000_000 // MINUTE * MINUTE + 30.0
ROUTE = SeriesId("route", "GET /items")


def cells(*rows: tuple[float, int, int], resolution: int = MINUTE) -> Cells:
    """Rows of seconds before NOW's minute, code, count."""
    base = int(NOW // MINUTE * MINUTE)
    table = sorted((base - int(back), code, count) for back, code, count in rows)
    columns = list(zip(*table, strict=True)) if table else [(), (), ()]
    return Cells(
        resolution,
        np.array(columns[0], np.int64),
        np.array(columns[1], np.uint16),
        np.array(columns[2], np.uint32),
    )


def snapshot(count: int, in_flight: int | None = 1, at: float = NOW, **more) -> Snapshot:
    beats = [Beat(f"i{n}", at, at - 600, 2.0, in_flight=in_flight, **more) for n in range(count)]
    return Snapshot(at, at, heard=tuple(Heard(one.instance, at, one) for one in beats))


def every_minute(count: int, seconds: float, minutes: int = 60) -> Cells:
    return cells(*((MINUTE * n, code_of(seconds), count) for n in range(1, minutes)))


def test_rate_time_and_what_is_in_flight():
    found = work(snapshot(2, 3), {ITEMS: every_minute(10, 12.0)}, NOW, 300)
    assert (found.unit, found.running, found.in_flight) == ("item", 2, 6)
    assert found.rate == found.peak == 600
    assert found.seconds == pytest.approx(12.0, rel=0.01)


def test_what_is_done_is_told_from_the_first_minutes_on():
    begun = every_minute(10, 12.0, 7)  # six minutes, the last two not complete
    assert done_an_hour([begun], NOW) == pytest.approx(600)
    assert done_an_hour([every_minute(1, 12.0, 5)], NOW) is None


def test_what_was_not_watched_for_a_minute_is_not_known_to_be_nothing():
    begun = {ITEMS: cells(), COUNT: cells((MINUTE, code_of_count(2), 12))}
    assert (work(snapshot(2), begun, NOW, 300).rate, work(snapshot(2), begun, NOW, 300).peak) == (
        None, None,
    )  # fmt: skip
    minutes = [(MINUTE * n, code_of_count(2), 12) for n in range(1, 6)]
    watched = {ITEMS: cells(), COUNT: cells(*minutes)}
    assert work(snapshot(2), watched, NOW, 300).rate == 0


def test_a_rate_is_of_what_was_watched_since_the_last_gap():
    minutes = [(MINUTE * n, code_of_count(2), 12) for n in (*range(1, 6), *range(40, 60))]
    two = cells(*((MINUTE * n, code_of(2.0), 10) for n in range(1, 6)))
    found = work(snapshot(2), {ITEMS: two, COUNT: cells(*minutes)}, NOW, 300)
    assert found.rate == pytest.approx(600)


def test_a_service_without_items_is_measured_by_its_requests():
    found = work(snapshot(1), {ROUTE: every_minute(60, 0.2)}, NOW, 300)
    assert (found.unit, found.rate) == ("request", 3600)


def test_minutes_that_are_not_complete_yet_are_left_out():
    """The newest minutes still grow; they would look like less work."""
    rows = [(MINUTE * n, code_of(1.0), 10) for n in range(3, 60)]
    assert work(snapshot(1), {ITEMS: cells(*rows)}, NOW, 300).rate == 600


def test_the_peak_of_the_window_is_kept():
    rows = [(MINUTE * n, code_of(1.0), 100 if 6 <= n <= 9 else 10) for n in range(1, 60)]
    found = work(snapshot(1), {ITEMS: cells(*rows)}, NOW, 300)
    assert found.rate is not None
    assert found.peak is not None
    assert found.peak > found.rate


def test_a_known_series_without_work_is_no_work_and_not_unknown():
    found = work(snapshot(1), {ITEMS: cells()}, NOW, 300)
    assert (found.rate, found.seconds) == (0.0, None)


def test_without_a_series_the_rate_is_not_known():
    assert work(snapshot(1), {}, NOW, 300).rate is None


@pytest.mark.parametrize("age", [700.0, -10.0])
def test_an_old_reading_and_one_from_the_future_say_nothing_of_now(age: float):
    """The collector ended; or the clock was set back."""
    found = work(snapshot(3, at=NOW - age), {ITEMS: every_minute(10, 1.0)}, NOW, 300)
    assert (found.running, found.in_flight, found.rate) == (None, None, None)


def test_no_heartbeat_at_all_is_nobody_only_where_some_were_heard_before():
    """Asleep; or a service that never sends any."""
    nobody = Snapshot(NOW, NOW)
    assert work(nobody, {}, NOW, 300).running is None
    assert work(nobody, {}, NOW, 300, heard_before=True).running == 0


def test_a_problem_is_not_known_either():
    found = work(Snapshot(NOW, problem="Redis is away."), {}, NOW, 300)
    assert found.running is None


def test_a_draining_instance_takes_no_work_but_holds_some():
    found = work(snapshot(1, 4, draining=True), {}, NOW, 300)
    assert (found.running, found.in_flight) == (0, 4)


def test_instances_that_do_not_tell_what_is_in_flight():
    assert work(snapshot(2, None), {}, NOW, 300).in_flight is None


def test_gauges_and_calls():
    api = SeriesId("api", "accounting")
    recent = {
        ITEMS: every_minute(10, 1.0),
        api: every_minute(30, 0.1),
        IN_FLIGHT: cells((180, code_of_count(2), 6), (120, code_of_count(4), 6)),
        WAITING: cells((120, code_of_count(40), 2)),
    }
    found = work(snapshot(2), recent, NOW, 300)
    assert found.in_flight_mean == 3
    assert found.waiting == 40
    assert found.calls == {"accounting": 3.0}


def test_calls_from_before_the_first_whole_minute_of_items_are_not_theirs():
    api = SeriesId("api", "accounting")
    calls = cells(*((MINUTE * n, code_of(0.1), 60) for n in range(1, 6)))
    part, whole = (MINUTE * 3, code_of(1.0), 6), (MINUTE * 2, code_of(1.0), 20)
    found = work(snapshot(2), {ITEMS: cells(part), api: calls}, NOW, 300)
    assert found.calls == {}  # no other minute was seen
    found = work(snapshot(2), {ITEMS: cells(part, whole), api: calls}, NOW, 300)
    assert found.calls == {"accounting": 6.0}


def test_errors_count_once_as_units():
    rows = [(MINUTE * n, code_of(1.0), 9) for n in range(1, 60)]
    rows += [(MINUTE * n, outcome_code(Outcome.CONNECT), 1) for n in range(1, 60)]
    rows += [(MINUTE * n, outcome_code(Outcome.TIMEOUT), 2) for n in range(1, 60)]
    found = work(snapshot(1), {ITEMS: cells(*rows)}, NOW, 300)
    assert found.rate == 600  # time-outs are in the histogram already
    assert found.errors == pytest.approx(0.3)


def test_the_last_change_of_the_number_is_found():
    counts = [(MINUTE * n, code_of_count(2 if n > 10 else 4), 12) for n in range(1, 60)]
    assert last_change(cells(*counts), NOW) == Change(NOW - 30 - 9 * MINUTE, 2, 4)
    assert last_change(cells((60, code_of_count(2), 12)), NOW) is None
    assert last_change(cells(), NOW) is None


def test_a_change_within_a_minute_is_seen():
    counts = cells(
        (120, code_of_count(2), 12), (60, code_of_count(2), 3), (60, code_of_count(3), 9)
    )
    found = last_change(counts, NOW)
    assert found is not None
    assert (found.before, found.after) == (2, 3)


def test_counts_from_the_future_are_no_change():
    counts = cells((60, code_of_count(2), 12), (-3600, code_of_count(9), 12))
    assert last_change(counts, NOW) is None


def started(name: str, at: float, seconds: float) -> Heard:
    """An instance whose own clock is an hour ahead."""
    ahead = at + 3600
    return Heard(name, at, Beat(name, ahead, ahead - seconds, 2.0))


def test_a_start_is_measured_by_the_instances_own_clock():
    first = look(Starts(), Snapshot(NOW, NOW, heard=(started("old", NOW, 900),)))
    assert first.seen == ()  # of the first reading nobody knows who is new
    heard = (started("old", NOW + 5, 905), started("new", NOW + 5, 4.2))
    second = look(first, Snapshot(NOW + 5, NOW + 5, heard=heard))
    assert second.seen == (Start("new", NOW + 5, 4.2),)
    assert look(second, Snapshot(NOW + 10, NOW + 10, heard=heard)).seen == second.seen


def test_who_was_not_heard_for_long_did_not_start_now():
    before = Starts((), ("other",))
    heard = (started("back", NOW, 7200),)
    assert look(before, Snapshot(NOW, NOW, heard=heard)).seen == ()


def test_a_redis_that_is_away_makes_nobody_new():
    before = Starts((), ("a",))
    assert look(before, Snapshot(NOW, problem="away")) == before


def test_the_last_starts_are_kept_and_the_slow_ones_count():
    starts = Starts((), ("a",))
    for n in range(KEPT + 5):
        heard = (started(f"n{n}", NOW, n),)
        starts = look(starts, Snapshot(NOW, NOW, heard=heard))
    assert len(starts.seen) == KEPT
    assert start_seconds(Start("x", NOW, float(n)) for n in range(1, 11)) == 10
    assert start_seconds([]) is None


def test_demand_and_capacity_side_by_side_with_gaps_where_nobody_watched():
    base = NOW // MINUTE * MINUTE
    units = counted([every_minute(10, 12.0, 20)])
    watched = cells(*((MINUTE * n, code_of_count(2), 12) for n in range(1, 11)))
    points = compare(units, past(watched), None, 300.0, base - 20 * MINUTE, base)
    assert [one.demand for one in points[:9]] == [None] * 9
    assert {(one.demand, one.capacity) for one in points[10:]} == {(600.0, 600.0)}
    assert share_over(points) == 0.0
    assert share_over(points[:5]) is None
    assert known_seconds(points) == 60 * sum(one.demand is not None for one in points)
    assert share_over(points, 0.5) == 1.0  # the quota allows less than the instances


def test_what_piles_up_came_as_well():
    """Ten are done every minute while two more wait: twelve came."""
    queue = cells(*((MINUTE * n, code_of_count(40 - 2 * n), 2) for n in range(1, 13)))
    recent = {ITEMS: every_minute(10, 12.0), WAITING: queue}
    assert work(snapshot(1), recent, NOW, 0).rate == pytest.approx(720)
    base = NOW // MINUTE * MINUTE
    watched = past(cells(*((MINUTE * n, code_of_count(2), 12) for n in range(1, 11))))
    units = counted([every_minute(10, 12.0)])
    points = compare(units, watched, queue, 300.0, base - 10 * MINUTE, base)
    assert [one.demand for one in points[1:]] == [720.0] * 9


def test_without_history_there_is_nothing_to_compare():
    assert compare(counted([]), None, None, None, NOW - 600, NOW) == ()
    assert compare(counted([]), Past((), 0, 0, {}, 0.0), None, None, NOW, NOW) == ()


def test_the_count_of_instances_is_the_series_of_the_instances_page():
    assert str(COUNT) == "gauge:instances"


def test_what_waits_and_grows_is_told_and_warns_while_something_limits_it():
    queue = cells(*((MINUTE * n, code_of_count(100 - 10 * n), 6) for n in range(1, 8)))
    found = work(snapshot(2), {ITEMS: every_minute(10, 12.0), WAITING: queue}, NOW, 300)
    assert found.growth == pytest.approx(600, rel=0.05)
    decision = decide(found, Rules(Platform(calls_a_minute=1, most=2)), NOW)
    assert "items wait, growing by " in backlog.words(found)
    assert backlog.warns(found, decision)
    began = cells(*((MINUTE * n, code_of_count(100 - 10 * n), 6) for n in range(1, 5)))
    soon = work(snapshot(2), {ITEMS: every_minute(10, 12.0), WAITING: began}, NOW, 300)
    assert soon.growth == pytest.approx(600, rel=0.05)  # watched for four minutes
    early = work(snapshot(2), {WAITING: cells((MINUTE, code_of_count(90), 6))}, NOW, 300)
    assert early.growth is None
    assert backlog.unsure(early)
    less = replace(found, growth=-600.0, waiting=100)
    assert backlog.words(less) == "100 items wait, shrinking: done in about 10 min."
    assert not backlog.warns(less, decision)
