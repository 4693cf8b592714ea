"""Reading one series from a real store."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

import pytest

from console.activity.model import Event, Kind
from console.health.check import Check, Maintenance, Service
from console.health.model import Incident, Outcome
from console.response_times.analysis import Analysis, Question
from console.response_times.load import analyse, uncounted
from console.response_times.model import QUANTILES
from console.store.read import Store
from console.store.series import COLD_START, SeriesId
from tests.response_times.made_cells import NOON
from tests.response_times.made_history import DAY, Past, believable, write

HOUR = 3600.0
NOW = float(NOON)
API = Check(name="api", url="https://api.example", slow_after=0.4, objective=0.99)
SHOP = Service(name="shop", checks=(API, Check(name="web", url="https://web.example")))


@pytest.fixture
def store(valkey_url: str) -> Iterator[Store]:
    store = Store(valkey_url, clock=lambda: NOW)
    yield store
    store.close()


def ask(length: float, name: str = "api", kind: str = "check", until: float = NOW) -> Question:
    return Question(SHOP, SeriesId(kind, name), until - length, until, UTC)


def remember(url: str, past: Past) -> None:
    asyncio.run(write(url, SHOP.name, past, NOW))


def quick(days: float = 3.0, every: float = 60.0) -> Past:
    return believable("api", NOW, days, every, phases=False)


def test_an_empty_store_gives_an_analysis_of_nothing(store: Store) -> None:
    found = analyse(store, ask(HOUR))
    assert found.counts.results == 0
    assert (found.newest, found.heat, found.phases, found.events) == (None, None, (), ())
    assert [one.value for one in found.percentiles] == [None, None, None]
    assert found.slo is not None
    assert found.slo.budget.left is None


def test_a_window_is_read_with_all_that_belongs_to_it(valkey_url: str, store: Store) -> None:
    remember(valkey_url, quick())
    found = analyse(store, ask(DAY))
    assert found.resolution == 60
    assert found.counts.results == 1440
    assert [one.samples for one in found.percentiles] == [1440] * len(QUANTILES)
    assert [one.stretch.name for one in found.earlier] == ["the period before", "last month"]
    assert found.earlier[0].counts.results == 1440
    assert found.newest == NOW


def test_a_long_window_is_read_in_hours_and_the_objective_still_in_minutes(
    valkey_url: str, store: Store
) -> None:
    remember(valkey_url, quick(45, 600))
    found = analyse(store, ask(40 * DAY))
    assert found.resolution == 3600
    assert found.counts.results == pytest.approx(40 * 144, abs=6)
    assert found.slo is not None
    assert all(burn.kept for burn in found.slo.burns)


def test_what_was_before_the_kept_history_is_not_compared_with(store: Store) -> None:
    assert analyse(store, ask(400 * DAY)).earlier == ()


def test_phases_come_in_their_order_with_their_share_of_the_time(
    valkey_url: str, store: Store
) -> None:
    remember(valkey_url, believable("api", NOW, 0.2, 60))
    phases = analyse(store, ask(HOUR)).phases
    assert [one.phase for one in phases] == ["resolve", "connect", "tls", "first_byte", "transfer"]
    assert sum(one.share for one in phases) == pytest.approx(1)
    assert phases[3].share == pytest.approx(0.66, abs=0.02)
    assert phases[0].percentiles[0].samples == 60


def test_cold_starts_are_apart_and_in_no_percentile(valkey_url: str, store: Store) -> None:
    cold = SeriesId("check", "api", COLD_START)
    woken = [(NOW - 60.0 * n, cold, 12.0, Outcome.OK) for n in range(25, 0, -1)]
    usual = [(at, SeriesId("check", "api"), 0.1, Outcome.OK) for at, *_ in woken]
    remember(valkey_url, Past(sorted([*woken, *usual], key=lambda one: one[0])))
    found = analyse(store, ask(HOUR))
    assert found.cold_starts.samples == 25
    assert found.cold_starts.value == pytest.approx(12, rel=0.01)
    assert found.percentiles[0].value == pytest.approx(0.1, rel=0.01)


def test_deployments_concern_every_series_incidents_only_their_check(
    valkey_url: str, store: Store
) -> None:
    events = [
        Event("d", NOW - 60, Kind.DEPLOYMENT, "Release"),
        Event("i", NOW - 50, Kind.INCIDENT, "API down", "api", "fail"),
        Event("w", NOW - 40, Kind.INCIDENT, "Web down", "web", "fail"),
        Event("m", NOW - 30, Kind.MODE, "Dry run"),
    ]
    remember(valkey_url, Past(events=events))
    assert [event.id for event in analyse(store, ask(HOUR)).events] == ["i", "d"]
    route = analyse(store, ask(HOUR, "GET /", "route"))
    assert [event.id for event in route.events] == ["d"]


def test_the_list_tells_of_the_incident_of_a_parent_whose_stretch_is_shaded(
    valkey_url: str, store: Store
) -> None:
    explains = Incident("web-1", "web", NOW - 1800, "no answer", NOW - 900, affected=("api",))
    alone = Incident("web-2", "web", NOW - 600, "no answer", NOW - 300)
    events = [
        Event("web-1-opened", NOW - 1800, Kind.INCIDENT, "web is failing", "web", "fail"),
        Event("web-1-closed", NOW - 900, Kind.INCIDENT, "web works again.", "web", "pass"),
        Event("web-2-opened", NOW - 600, Kind.INCIDENT, "web is failing", "web", "fail"),
    ]
    remember(valkey_url, Past(events=events, incidents=[explains, alone]))
    found = analyse(store, ask(HOUR))
    assert [one.id for one in found.incidents] == ["web-1"]
    assert [one.id for one in found.events] == ["web-1-closed", "web-1-opened"]


def test_an_incident_that_began_before_the_window_is_in_the_list_too(
    valkey_url: str, store: Store
) -> None:
    long_ago = Incident("web-1", "web", NOW - 9 * HOUR, "no answer", affected=("api",))
    state = quick().states["api"]
    remember(valkey_url, Past(states={"web": replace(state, check="web", incident=long_ago)}))
    (event,) = analyse(store, ask(HOUR)).events
    assert (event.at, event.title) == (NOW - 9 * HOUR, "web is failing: no answer")


def test_incidents_are_those_of_the_check_that_reach_into_the_window(
    valkey_url: str, store: Store
) -> None:
    closed = [
        Incident("early", "api", NOW - 9 * HOUR, "x", NOW - 8 * HOUR),
        Incident("into", "api", NOW - 2 * HOUR, "x", NOW - 1800),
        Incident("other", "web", NOW - 1800, "x", NOW - 900),
    ]
    state = quick().states["api"]
    still_open = Incident("open", "api", NOW - 600, "x")
    remember(
        valkey_url,
        Past(incidents=closed, states={"api": replace(state, incident=still_open)}),
    )
    found = analyse(store, ask(HOUR))
    assert [one.id for one in found.incidents] == ["open", "into"]
    earlier = analyse(store, ask(HOUR, until=NOW - 3 * HOUR))
    assert earlier.incidents == ()


def test_a_route_has_no_objective_and_no_incidents(valkey_url: str, store: Store) -> None:
    series = SeriesId("route", "GET /invoices")
    results = [(NOW - 10.0 * n, series, 0.1, Outcome.OK) for n in range(100, 0, -1)]
    remember(valkey_url, Past(results))
    found = analyse(store, ask(HOUR, "GET /invoices", "route"))
    assert found.percentiles[0].samples == 100
    assert (found.slo, found.incidents, found.question.check) == (None, (), None)


def test_a_planned_maintenance_is_in_no_error_budget(valkey_url: str, store: Store) -> None:
    series = SeriesId("check", "api")
    results = [(NOW - 30.0 * n, series, None, Outcome.CONNECT) for n in range(120, 0, -1)]
    remember(valkey_url, Past(results))
    planned = Maintenance(title="Move", start=NOW - HOUR, end=NOW)
    quiet = SHOP.model_copy(update={"maintenance": (planned,)})
    question = replace(ask(HOUR), service=quiet)
    assert budget_events(analyse(store, question)) == 0
    assert budget_events(analyse(store, ask(HOUR))) == 120


def budget_events(found: Analysis) -> int:
    assert found.slo is not None
    return found.slo.budget.tally.events


def test_charts_of_a_young_history_begin_where_it_does(valkey_url: str, store: Store) -> None:
    series = SeriesId("check", "api")
    remember(
        valkey_url, Past([(NOW - 10.0 * n, series, 0.1, Outcome.OK) for n in range(120, 0, -1)])
    )
    found = analyse(store, ask(DAY))
    assert found.is_young
    assert found.drawn_since == NOW - 1200
    assert found.heat is not None
    assert found.heat.samples == found.counts.samples
    assert found.curves[0].step <= 300
    assert found.bars.at[0] >= NOW - 1200


def test_a_history_of_one_minute_still_has_a_chart_of_some_width(
    valkey_url: str, store: Store
) -> None:
    remember(valkey_url, Past([(NOW - 30.0, SeriesId("check", "api"), 0.1, Outcome.OK)]))
    assert analyse(store, ask(DAY)).drawn_since == NOW - 600


def test_a_pause_at_the_beginning_of_a_window_is_shown_as_the_gap_it_is(
    valkey_url: str, store: Store
) -> None:
    series = SeriesId("check", "api")
    at = [NOW - 2 * HOUR, *(NOW - 10.0 * n for n in range(60, 0, -1))]
    remember(valkey_url, Past([(one, series, 0.1, Outcome.OK) for one in at]))
    found = analyse(store, ask(HOUR))
    assert not found.is_young
    assert found.drawn_since == found.question.since


def test_the_minute_under_way_costs_a_young_history_none_of_its_first(
    valkey_url: str, store: Store
) -> None:
    series = SeriesId("check", "api")
    at = [NOW - 10.0 * n for n in range(120, 3, -1)]
    remember(valkey_url, Past([(one, series, 0.1, Outcome.OK) for one in at]))
    found = analyse(store, ask(DAY, until=NOW - 36))
    assert found.heat is not None
    assert found.heat.samples == found.counts.samples == len(at)
    assert sum(found.bars.results) == len(at)


@pytest.mark.parametrize(
    ("until", "length", "lag"),
    [(NOW, HOUR, 0.0), (NOW + 22, HOUR, 22.0), (NOW + 7, HOUR, 67.0), (NOW + 22, 31 * DAY, 0.0)],
)
def test_curves_end_with_the_last_minute_that_was_flushed(
    until: float, length: float, lag: float
) -> None:
    assert uncounted(replace(ask(length, until=until), flush_interval=10.0)) == lag


def test_steps_are_as_fine_as_whole_minutes_allow(valkey_url: str) -> None:
    series = SeriesId("check", "api")
    at = [NOW - 30.0 * n for n in range(480, 0, -1)]
    remember(valkey_url, Past([(one, series, 0.1, Outcome.OK) for one in at]))
    store = Store(valkey_url, clock=lambda: NOW + 22)
    found = analyse(store, replace(ask(HOUR, until=NOW + 22), flush_interval=10.0))
    store.close()
    p50 = found.curves[0]
    assert p50.step == 600  # 20 samples, exactly as many as are needed
    assert p50.shown == len(p50.at) == 6
    assert found.earlier[0].curves[0].shown == 6
