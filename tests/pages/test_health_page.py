import time

import pytest

from console.health.state import fall_asleep
from tests.pages.conftest import Show
from tests.pages.filling import Past, accounting_is_down, good, invoice_service, many_checks


def test_the_worst_check_comes_first_with_its_reason(show: Show):
    rows = show("health", invoice_service(), tell=accounting_is_down(time.time() - 610)).rows
    assert [row["word"] for row in rows] == ["Failing"] * 3 + ["Passing"] * 3
    assert rows[0]["name"] == "Accounting API"
    assert rows[0]["note"] == "Accounting API answers 503: [STATUS] == 200 (503)"
    assert rows[0]["since"].endswith("(10 min)")
    assert rows[0]["last"] == "212 ms"


def test_uptime_is_there_for_four_windows_and_as_a_bar_of_thirty_days(show: Show):
    past = Past(down={"accounting": {2: 3600.0, 20: 30.0}}, unknown_days=(5,))
    row = show("health", invoice_service(), past=past).rows[0]
    assert row["name"] == "Accounting API"
    assert row["figures"][0] == ["100 %", ""]
    # an hour of six to seven days, four hours of them unknown: how many is the time of day
    assert 99.28 <= float(row["figures"][1][0].removesuffix(" %")) <= 99.4
    assert len(row["days"]) == 30
    assert row["days"][-3] == "f"  # an hour is below an objective of 99.9 %
    assert row["days"][-21] == "w"  # half a minute is within it
    assert row["told"]["27"] == "95.83 % up · down 1 h"
    assert row["told"]["24"] == "100 % up · unknown 4 h"


def test_an_uptime_that_rests_on_little_says_on_how_much(show: Show):
    figures = show("health", invoice_service(), past=Past(days=3)).rows[0]["figures"]
    assert figures[0] == ["100 %", ""]
    assert figures[1][1].startswith("of 3 d")
    assert figures[2][1].startswith("of 3 d")


def test_a_row_is_a_link_that_opens_the_check(show: Show):
    screen = show("health", invoice_service())
    assert screen.rows[1]["href"] == "?service=invoice-relay&check=cache"


def test_nothing_is_wider_than_a_page_of_twenty_five(show: Show):
    screen = show("health", many_checks(1000), hours=0.01)
    assert len(screen.rows) == 25
    assert "1,000 checks, the worst first" in screen.text


def test_the_search_finds_by_name_and_says_when_it_finds_nothing(show: Show):
    screen = show("health", many_checks(60), hours=0.01)
    screen.at.text_input(key="health_search").set_value("TENANT 0042")
    assert [row["name"] for row in screen.run().rows] == ["Tenant 0042"]
    screen.at.text_input(key="health_search").set_value("nowhere")
    assert "No check fits the search and the filter." in screen.run().text


def test_the_filter_leaves_only_the_chosen_status(show: Show):
    screen = show("health", invoice_service(), tell=accounting_is_down(time.time() - 610))
    screen.at.get("button_group")[0].set_value(["fail"])
    assert {row["word"] for row in screen.run().rows} == {"Failing"}


def test_old_results_are_unknown_and_say_how_old(show: Show):
    now = time.time()
    screen = show("health", invoice_service(), now=now - 7000, beat_at=now)
    first = screen.rows[0]
    assert first["word"] == "Unknown"
    assert first["note"].startswith("No result for 1 h 5")
    assert "pass" not in {row["mark"] for row in screen.rows if row["id"] != "nightly"}


def test_a_sleeping_check_is_asleep_and_not_failing(show: Show):
    def sleep(states):
        states["website"] = fall_asleep(states["website"], time.time() - 300)

    screen = show("health", invoice_service(), change=sleep)
    asleep = next(row for row in screen.rows if row["id"] == "website")
    assert (asleep["word"], asleep["note"]) == ("Asleep", "Scaled to zero; a probe would wake it.")


@pytest.mark.parametrize("name", ["gone", "../etc", "<b>"])
def test_a_link_to_a_check_that_is_gone_says_so_and_shows_the_list(show: Show, name: str):
    screen = show("health", invoice_service(), tell=good, query={"check": name})
    assert "That check is not configured any more." in screen.text
    assert len(screen.rows) == 6
