"""What may get into the way of a closing, and that what is not known says so."""

from dataclasses import replace

import pytest

from console.health.model import CheckState, Incident
from console.health.summary import Standing
from console.month_end.model import closing_of
from console.month_end.risks import Deployed, Risk, risks
from console.month_end.snapshot import Outside, Quota, Snapshot, Token
from console.month_end.work import Work
from tests.month_end.closings import RULES, TOKYO, present

NOW_SHOWN = present("2026-11", 1000, 0.5, waiting=40)
NOW = NOW_SHOWN.at
FOUND = closing_of("2026-11", RULES, TOKYO)
assert FOUND is not None
CLOSING = FOUND[0]
WORK = Work(100, 2.0, calls={"accounting": 3.0})
OWN = Quota("accounting", "own", limit=60, window=60, at=NOW)
FINE = {"web": CheckState("web")}


def told(
    outside: Outside | None = None,
    snapshot: Snapshot = NOW_SHOWN,
    states: dict[str, CheckState] | None = None,
    deployed: tuple[Deployed, ...] | None = (),
    work: Work = WORK,
    now: float = NOW,
    expected: int | None = 1000,
) -> dict[str, Risk]:
    sums = snapshot.sums()
    assert sums is not None
    found = risks(
        CLOSING, snapshot, replace(sums, expected=expected), outside, work,
        FINE if states is None else states, deployed, now, TOKYO,
    )  # fmt: skip
    return {one.what: one for one in found}


def test_nothing_that_was_not_read_passes():
    found = told(None, states={}, deployed=None, now=CLOSING.freeze_from + 1)
    assert {one.standing for name, one in found.items() if name != "Failed items"} == {
        Standing.UNKNOWN
    }


def test_what_was_read_long_ago_is_not_known():
    old = Outside(NOW - 3000, tokens=(Token("a", "ok", NOW + 1e8),))
    assert told(old)["Tokens and quotas"].standing is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("token", "standing", "words"),
    [
        (Token("a", "ok", CLOSING.deadline), Standing.WARN, "inside the window"),
        (Token("a", "ok", NOW + 60 * 86_400), Standing.PASS, "after the window"),
        (Token("a", "ok", NOW - 60), Standing.FAIL, "It expired"),
        (Token("a", "spent_unknown", NOW + 1e8), Standing.FAIL, "must sign in again"),
        (Token("a", "ok"), Standing.UNKNOWN, "was not told"),
    ],
)
def test_a_token_that_ends_inside_the_window_is_said(token: Token, standing: Standing, words: str):
    found = told(Outside(NOW, tokens=(token,)))["Token a"]
    assert found.standing is standing
    assert words in found.text


def test_the_quota_is_held_against_what_is_left_until_the_deadline():
    fits = told(Outside(NOW, quotas=(OWN,)))["Quota until the deadline"]
    assert fits.standing is Standing.PASS
    assert "60 calls a minute, 3.0 an item: 1,200 items an hour" in fits.text
    late = CLOSING.deadline - 900  # 300 items fit
    outside = Outside(late, quotas=(OWN,))
    assert told(outside, now=late)["Quota until the deadline"].standing is Standing.FAIL
    unsure = told(Outside(NOW, quotas=(OWN,)), expected=None)["Quota until the deadline"]
    assert unsure.standing is Standing.UNKNOWN


def test_without_calls_of_items_the_quota_is_not_known():
    found = told(Outside(NOW, quotas=(OWN,)), work=Work())["Quota until the deadline"]
    assert found.standing is Standing.UNKNOWN


def test_an_api_that_asked_to_wait_and_a_daily_quota_that_runs_out_are_said():
    blocked = replace(OWN, blocked_until=NOW + 120)
    assert (
        "asked to wait for 2 min" in told(Outside(NOW, quotas=(blocked,)))["Quota accounting"].text
    )
    daily = Quota("crm", "day", 1000, 100, NOW + 43_200, 86_400, NOW)
    assert "used up in 1 h 20 min" in told(Outside(NOW, quotas=(daily,)))["Quota crm"].text


def test_open_incidents_and_failed_items_are_said():
    down = {"web": CheckState("web", incident=Incident("1", "web", NOW - 60, "503"))}
    assert told(states=down)["Incidents"].standing is Standing.FAIL
    failed = replace(NOW_SHOWN, failed=3, retryable=2, oldest_failed=NOW - 3600)
    found = told(snapshot=failed)["Failed items"]
    assert found.text == "3 items, the oldest 1 h ago, 2 of them can be tried again."


def test_what_began_to_run_in_the_freeze_is_said():
    inside = CLOSING.freeze_from + 60
    found = told(deployed=(Deployed("commit abc", inside),), now=inside + 60)
    assert found["Deployments in the freeze"].standing is Standing.WARN
    before = told(deployed=(Deployed("commit abc", CLOSING.freeze_from - 60),), now=inside)
    assert before["Freeze"].standing is Standing.PASS
