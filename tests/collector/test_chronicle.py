from console.collector import chronicle
from console.health.model import CheckState, Outcome, Result, Status

NOW = 1_790_000_000.0


def seen(at: float) -> CheckState:
    return CheckState("api", last=Result("api", at, Status.PASS, Outcome.OK, ""))


def test_a_short_restart_is_not_told():
    assert chronicle.unwatched([seen(NOW - 60)], NOW) is None


def test_a_service_that_was_never_watched_has_no_gap():
    assert chronicle.unwatched([CheckState("api")], NOW) is None


def test_a_long_gap_is_told_from_the_newest_result_of_any_check():
    event = chronicle.unwatched([seen(NOW - 9000), seen(NOW - 7200)], NOW)
    assert event is not None
    assert event.status == "unknown"
    assert "for 2 h" in event.title


def test_a_store_that_was_away_is_told_with_what_it_cost():
    assert "10 min; no result was lost" in chronicle.store_back(NOW - 600, NOW, 0).title
    lost = chronicle.store_back(NOW - 600, NOW, 1200)
    assert lost.status == "fail"
    assert "1,200 results were lost" in lost.title
