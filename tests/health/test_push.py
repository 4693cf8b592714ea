"""How a job that reports by itself stands, by its last report."""

import pytest

from console.health.check import Check
from console.health.gather.push import decide, is_news
from console.health.model import Outcome, Status
from console.store.model import PushBeat

NOW = 1_790_000_000.0
CHECK = Check(name="backup", type="push", interval=3600, timeout=300)


def test_before_the_first_report_nothing_is_known() -> None:
    result = decide(CHECK, None, NOW)
    assert (result.status, result.outcome) == (Status.UNKNOWN, Outcome.MISSED)


@pytest.mark.parametrize("status", [Status.PASS, Status.WARN, Status.FAIL])
def test_a_fresh_report_says_how_the_job_stands(status: Status) -> None:
    beat = PushBeat(NOW - 60, status, "412 files", duration=8.5)
    result = decide(CHECK, beat, NOW)
    assert result.status is status
    assert result.message == f"Reported {status}: 412 files"
    assert result.duration == 8.5


def test_silence_within_the_grace_is_no_failure_and_beyond_it_is() -> None:
    beat = PushBeat(NOW, Status.PASS)
    assert decide(CHECK, beat, NOW + 3900).status is Status.PASS
    late = decide(CHECK, beat, NOW + 3901)
    assert (late.status, late.outcome) == (Status.FAIL, Outcome.MISSED)
    assert late.message == "No report for 1 h 5 min; one is due every 1 h."


def test_a_report_from_a_clock_ahead_is_just_now() -> None:
    assert decide(CHECK, PushBeat(NOW + 900, Status.PASS), NOW).status is Status.PASS


def test_the_words_of_a_job_are_one_line_of_masked_text() -> None:
    beat = PushBeat(NOW, Status.FAIL, "postgres://u:hunter22@db\n\x1b[31mrefused" + "x" * 500)
    message = decide(CHECK, beat, NOW).message
    assert message.startswith("Reported fail: postgres://•••@db [31mrefused")
    assert len(message) < 250


def test_a_report_counts_once_and_lasting_silence_once_an_interval() -> None:
    beat = PushBeat(NOW, Status.PASS)
    first = decide(CHECK, beat, NOW + 1)
    assert is_news(CHECK, None, None, beat, NOW + 1)
    assert not is_news(CHECK, first, NOW, beat, NOW + 10)
    assert is_news(CHECK, first, NOW, PushBeat(NOW + 5, Status.PASS), NOW + 10)
    late = decide(CHECK, beat, NOW + 4000)
    assert is_news(CHECK, first, NOW, beat, NOW + 4000)
    assert not is_news(CHECK, late, NOW, beat, NOW + 4005)
    assert is_news(CHECK, late, NOW, beat, NOW + 4000 + 3600)
