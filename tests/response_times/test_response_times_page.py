"""The page as a visitor reads it, over a real store."""

import asyncio
import json
import time
from typing import Any

from console.activity.model import Event, Kind
from console.health.check import Check, Service
from console.health.model import Outcome
from console.store.series import SeriesId
from console.ui.live import STOPPED
from console.words import iso
from tests.pages.filling import many_checks
from tests.pages.screen import Screen
from tests.response_times.conftest import SHOP, WEB, Open, use
from tests.response_times.made_history import Past, believable, write
from tests.valkey_process import ValkeyProcess

HOUR = 3600.0
PAYLOAD_LIMIT = 250 * 1024  # bytes; the budget of an ordinary page
CHARTS_LIMIT = 4


def a_day(check: str = "web", **how: Any) -> Past:
    return believable(check, time.time(), 2, 60, **how)


def results(series: SeriesId, count: int, seconds: float | None = 0.1, every: float = 20) -> Past:
    outcome = Outcome.CONNECT if seconds is None else Outcome.OK
    now = time.time()
    return Past([(now - every * n - 1, series, seconds, outcome) for n in range(count, 0, -1)])


def charts(screen: Screen) -> list[dict[str, Any]]:
    return [json.loads(one.proto.spec) for one in screen.at.get("plotly_chart")]


def names(chart: dict[str, Any]) -> list[str]:
    return [trace.get("name", "") for trace in chart["data"]]


def test_the_page_opens_with_a_verdict_and_the_figures_behind_it(open_page: Open) -> None:
    screen = open_page(a_day())
    assert screen.verdict.startswith("95 of 100 answers came within ")
    assert "in the last 24 hours" in screen.verdict
    figures = screen.metrics
    assert list(figures) == ["p50", "p95", "p99", "Results", "Not ok", "Error budget · 30 d"]
    assert figures["p50"][0].endswith(" ms")
    assert figures["Results"][0] in ("1,439", "1,440", "1,441")  # the minute under way


def test_an_ordinary_page_has_few_charts_and_little_payload(open_page: Open) -> None:
    screen = open_page(a_day(), window="24h")
    specs = [one.proto.spec for one in screen.at.get("plotly_chart")]
    assert 3 <= len(specs) <= CHARTS_LIMIT
    assert sum(map(len, specs)) < PAYLOAD_LIMIT
    assert names(json.loads(specs[0]))[:3] == ["p50", "p95", "p99"]


def test_every_chart_says_in_words_what_it_shows(open_page: Open) -> None:
    screen = open_page(a_day())
    assert all(one.proto.alt for one in screen.at.get("plotly_chart"))


def test_phases_objective_and_comparison_are_on_the_page(open_page: Open) -> None:
    screen = open_page(a_day())
    for words in (
        "Where the time goes",
        "Compared with before",
        "Period before",
        "Last month",
        "99.9 % of probes answered ok within 1.00 s",
        "14.4 × over 1 h and 5 min",
        "A burn rate of 1 uses up the error budget in exactly 30 days",
        "Google SRE workbook",
    ):
        assert words in screen.text


def test_the_phases_are_a_table_that_wraps_and_not_a_grid_that_a_phone_cuts(
    open_page: Open,
) -> None:
    screen = open_page(a_day(), window="24h")
    assert not screen.at.dataframe
    table = next(one.value for one in screen.at.table if "Share" in one.value.columns)
    assert list(table.columns) == ["Phase", "Share", "p50", "p95", "p99"]
    first_byte = table["Phase"].tolist()[3]
    assert first_byte.startswith("First\N{NO-BREAK SPACE}byte  \n:small[:gray[n")
    assert table["Share"].tolist()[3] == "66\N{NO-BREAK SPACE}%"
    assert table["p99"].tolist()[3].endswith("\N{NO-BREAK SPACE}ms")


def test_too_few_samples_are_told_with_how_many_are_needed(open_page: Open) -> None:
    screen = open_page(results(SeriesId("check", "web"), 12))
    assert "12 response times" in screen.verdict
    assert "at least 20 are needed" in screen.verdict
    assert screen.metrics["p50"] == ("–", "n = 12, needs 20")
    assert screen.metrics["p99"] == ("–", "n = 12, needs 299")
    assert "299 for p99" in screen.text


def test_a_percentile_with_too_few_is_missing_beside_others_that_have_enough(
    open_page: Open,
) -> None:
    screen = open_page(results(SeriesId("check", "web"), 100))
    assert screen.metrics["p95"][0] == "100 ms"
    assert screen.metrics["p99"] == ("–", "n = 100, needs 299")
    assert "no p99: n = 100, needs 299" in screen.text


def test_an_empty_window_says_so_and_draws_no_empty_chart(open_page: Open) -> None:
    screen = open_page()
    assert screen.verdict == "No results in the last 24 hours."
    assert charts(screen) == []
    assert "How this check stands" in screen.text


def test_errors_are_counted_apart_and_named(open_page: Open) -> None:
    past = results(SeriesId("check", "web"), 60)
    now = time.time()
    refused = [(now - 3 * n, SeriesId("check", "web"), None, Outcome.CONNECT) for n in (3, 2, 1)]
    late = [(now - 2 * n, SeriesId("check", "web"), 10.0, Outcome.TIMEOUT) for n in (2, 1)]
    screen = open_page(Past([*past.results, *refused, *late]))
    assert screen.metrics["Not ok"][1] == "5 of 65"
    assert screen.metrics["Results"] == ("65", "62 with a time")
    assert "3 not connected, 2 timed out" in screen.text
    assert sorted(names(charts(screen)[-1])) == ["not connected", "timed out"]


def test_a_window_in_which_all_is_well_says_so_instead_of_an_empty_chart(open_page: Open) -> None:
    screen = open_page(results(SeriesId("check", "web"), 60))
    assert "All 60 results were ok." in screen.text


def test_events_are_marked_in_the_chart_and_listed(open_page: Open) -> None:
    past = a_day()
    screen = open_page(past)
    assert "deployment" in names(charts(screen)[0])
    assert "Release 4f2a9c1 is live" in screen.text


def test_every_series_of_the_store_is_offered_by_kind(open_page: Open) -> None:
    past = results(SeriesId("route", "GET /invoices"), 40)
    others = results(SeriesId("api", "accounting"), 40)
    screen = open_page(Past([*past.results, *others.results]), series="route:GET /invoices")
    kinds = next(one for one in screen.at.get("button_group") if one.key == "kind_choice")
    assert [option.content for option in kinds.proto.options] == [
        "Checks",
        "Routes",
        "External APIs",
    ]
    assert screen.at.selectbox(key="series_choice").value == "route:GET /invoices"
    assert screen.verdict.startswith("Half of the answers came within 100 ms")
    assert "Error budget · 30 d" not in screen.metrics


def test_one_check_alone_needs_no_choice_of_kinds(open_page: Open) -> None:
    screen = open_page(a_day())
    assert not [one for one in screen.at.get("button_group") if one.key == "kind_choice"]


def test_a_choice_is_in_the_url(open_page: Open) -> None:
    service = SHOP.model_copy(update={"checks": (WEB, Check(name="b", url="https://b.example"))})
    screen = open_page(a_day(), service)
    assert screen.at.query_params["series"] == "check:web"
    screen.at.selectbox(key="series_choice").set_value("check:b")
    screen.run()
    assert screen.at.query_params["series"] == "check:b"
    assert screen.verdict == "No results in the last 24 hours."


def test_a_link_with_a_frozen_window_shows_a_colleague_the_same(open_page: Open) -> None:
    now = time.time()
    query = {
        "series": "check:web",
        "from": iso(now - 7 * HOUR),
        "to": iso(now - HOUR),
        "percentile": "p99",
    }
    screen = open_page(believable("web", now, 2, 10), **query)
    colleague = Screen("response_times", **query)
    assert screen.verdict == colleague.verdict
    assert screen.verdict.split(" in ")[0].startswith("95 of 100")
    assert screen.metrics == colleague.metrics
    assert charts(screen) == charts(colleague)
    assert "Frozen" in screen.text
    assert "p99 of this window" in screen.at.get("plotly_chart")[1].proto.alt
    assert "Charts below" not in screen.text


def test_freezing_keeps_what_came_in_the_minute_under_way(open_page: Open) -> None:
    now = time.time()
    series = SeriesId("check", "web")
    lately = [(now - 0.1 * n, series, 0.1, Outcome.OK) for n in range(40, 0, -1)]
    screen = open_page(Past(lately), window="1h")
    assert screen.metrics["Results"][0] == "40"
    screen.click("Freeze")
    assert "Frozen" in screen.text
    assert screen.metrics["Results"][0] == "40"


def test_a_series_that_is_not_there_is_told_and_another_one_shown(open_page: Open) -> None:
    screen = open_page(a_day(), series="route:<b>x</b>")
    assert "There is no series" in screen.text
    assert "this is Website" in screen.text
    assert screen.at.query_params["series"] == "route:<b>x</b>"


def test_a_hostile_title_is_shown_as_text(open_page: Open) -> None:
    evil = WEB.model_copy(update={"title": "<script>x</script> **b** :fire: [a](http://x.y)"})
    service = SHOP.model_copy(update={"checks": (evil,)})
    event = Event("e", time.time() - 60, Kind.DEPLOYMENT, "**bold** [x](http://x.y) <b>y</b>")
    screen = open_page(Past(a_day().results, [event]), service, series="check:nothing")
    for markdown in (*screen.at.markdown, *screen.at.warning, *screen.at.info):
        assert "[a](http" not in markdown.value
        assert "**b**" not in markdown.value
    assert not any("<b>y" in json.dumps(chart) for chart in charts(screen))


def test_a_thousand_checks_are_offered_in_one_list(open_page: Open) -> None:
    service = many_checks(1000)
    screen = open_page(a_day("tenant-0500"), service, series="check:tenant-0500")
    assert len(screen.at.selectbox(key="series_choice").options) == 1000
    assert screen.at.selectbox(key="series_choice").value == "check:tenant-0500"
    assert screen.verdict.startswith("95 of 100")


def test_another_service_has_its_own_series(valkey_url: str, operator: None) -> None:
    other = Service(
        name="other",
        title="Other",
        checks=(Check(name="web", title="Other website", url="https://other.example"),),
    )
    asyncio.run(write(valkey_url, "other", a_day(), time.time()))
    use(valkey_url, SHOP, other)
    screen = Screen("response_times", service="other")
    assert screen.verdict.startswith("95 of 100")
    screen.at.selectbox(key="service_choice").set_value("shop")
    screen.run()
    assert screen.verdict == "No results in the last 24 hours."


def test_a_service_without_checks_says_what_to_set(open_page: Open) -> None:
    screen = open_page(None, Service(name="shop", checks=()))
    assert "SERVICE\\_URL" in screen.text or "SERVICE_URL" in screen.text


def test_a_store_that_is_away_leaves_the_last_figures_and_says_why(
    restartable: ValkeyProcess, operator: None
) -> None:
    asyncio.run(write(restartable.url, SHOP.name, a_day(), time.time()))
    use(restartable.url, SHOP)
    screen = Screen("response_times")
    told = screen.verdict
    restartable.kill()
    screen.until("The console cannot read its store")
    assert told.split(" in the last")[0] in screen.text
    assert charts(screen)


def test_a_store_that_was_never_there_shows_no_figures(
    restartable: ValkeyProcess, operator: None
) -> None:
    restartable.kill()
    use(restartable.url, SHOP)
    screen = Screen("response_times")
    assert "The console cannot read its store" in screen.text
    assert screen.metrics == {}
    assert charts(screen) == []


def test_the_figures_can_be_taken_as_csv(open_page: Open) -> None:
    screen = open_page(a_day())
    (button,) = screen.at.get("download_button")
    assert button.proto.label == "CSV"


def test_a_paused_page_keeps_its_figures(open_page: Open) -> None:
    screen = open_page(a_day())
    screen.at.session_state[STOPPED] = True
    assert "Not refreshing" in screen.run().text
    assert screen.verdict.startswith("95 of 100")


def test_a_long_window_is_counted_by_the_hour(open_page: Open) -> None:
    slow = WEB.model_copy(update={"interval": 1800.0})
    service = SHOP.model_copy(update={"checks": (slow,)})
    screen = open_page(believable("web", time.time(), 60, 1800), service, window="90d")
    assert "since its history began, " in screen.verdict
    assert "the hour" in next(one.help for one in screen.at.metric if one.label == "Results")
    assert screen.metrics["Results"][0] == f"{60 * 48:,}"


def test_results_without_a_time_are_told_once_and_draw_nothing(open_page: Open) -> None:
    now = time.time()
    beats = [(now - 60.0 * n, SeriesId("check", "job"), None, Outcome.OK) for n in range(30, 0, -1)]
    job = SHOP.model_copy(update={"checks": (Check(name="job", type="push", interval=60),)})
    screen = open_page(Past(beats), job)
    assert "its 30 results carry none" in screen.verdict
    assert charts(screen) == []
    assert screen.text.count("No result in this window has a response time.") == 1
    assert "All 30 results were ok." in screen.text


def test_a_viewer_sees_all_of_it(valkey_url: str, viewer: None) -> None:
    asyncio.run(write(valkey_url, SHOP.name, a_day(), time.time()))
    use(valkey_url, SHOP)
    assert Screen("response_times").verdict.startswith("95 of 100")
