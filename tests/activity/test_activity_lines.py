"""The log and the events as one list."""

import csv
import io
import json
from dataclasses import replace
from zoneinfo import ZoneInfo

from console.activity.chain import Entry
from console.activity.lines import LOST_AFTER, as_csv, as_json_lines, chosen, lines
from console.activity.model import Event, Kind

NOW = 1_800_000_000.0
TOKYO = ZoneInfo("Asia/Tokyo")


def entry(step: str, at: float, **more: object) -> Entry:
    return Entry(**({"sequence": 1, "at": at, "step": step, "kind": "mode", "action": "a",
                     "actor": "ann", "service": "relay"} | more))  # fmt: skip


def test_an_action_is_one_line_with_its_outcome():
    begun = entry("begun", NOW - 5, before="live", after="dry_run", reason="why", ticket="T-1")
    ended = replace(begun, step="ended", at=NOW - 4, outcome="done", evidence="epoch 4")
    (line,) = lines([begun, ended], [], "relay", NOW)
    assert (line.before, line.after, line.outcome) == ("live", "dry run", "done")
    assert (line.why, line.evidence) == ("why (T-1)", "epoch 4")


def test_an_action_that_did_not_end_is_under_way_and_then_not_known():
    begun = entry("begun", NOW - 5)
    assert lines([begun], [], "relay", NOW)[0].outcome == "under way"
    assert lines([begun], [], "relay", NOW + LOST_AFTER)[0].outcome == "not known"


def test_events_stand_between_actions_newest_first():
    event = Event("e", NOW - 3, Kind.INCIDENT, "Cache is failing", status="fail")
    found = lines([entry("noted", NOW - 5), entry("noted", NOW - 1)], [event], "relay", NOW)
    assert [line.kind for line in found] == ["mode", "incident", "mode"]
    assert found[1].service == "relay"


def test_what_the_log_tells_is_not_told_once_more_as_an_event():
    taken = entry("noted", NOW - 3, kind="alert", target="Cache", outcome="done")
    signed = entry("noted", NOW - 9, kind="sign_off", target="go", evidence="Go. By Bo (ann). SHA")
    events = [
        Event("a", NOW - 3.1, Kind.INCIDENT, "ann acknowledged Cache.", actor="ann"),
        Event("b", NOW - 9, Kind.SIGN_OFF, "Signed off: go", actor="Bo (ann)"),
        Event("c", NOW - 300, Kind.INCIDENT, "ann acknowledged Cache.", actor="ann"),
    ]
    found = lines([taken, signed], events, "relay", NOW)
    assert [line.what for line in found] == [
        "acknowledge Cache", "sign off go", "ann acknowledged Cache.",
    ]  # fmt: skip


def test_lines_are_chosen_by_kind_person_service_and_words():
    every = lines(
        [
            entry("noted", NOW, actor="ann", target="live", outcome="done"),
            entry("noted", NOW, kind="run", actor="bob", target="INV-1", service="other"),
        ],
        [],
        "relay",
        NOW,
    )
    assert len(chosen(every, [])) == 2
    assert [line.who for line in chosen(every, ["run"])] == ["bob"]
    assert [line.who for line in chosen(every, [], who="ann")] == ["ann"]
    assert [line.who for line in chosen(every, [], service="other")] == ["bob"]
    assert [line.who for line in chosen(every, [], text="inv run")] == ["bob"]


def test_exports_hold_every_line_and_no_formula():
    every = lines([entry("noted", NOW, reason='=HYPERLINK("x")\n"quoted"')], [], "relay", NOW)
    (row,) = csv.DictReader(io.StringIO(as_csv(every, TOKYO)))
    assert (row["time"], row["at"]) == ("2027-01-15T17:00:00.000+09:00", "1800000000.0")
    assert row["why"] == '\'=HYPERLINK("x")\n"quoted"'
    (line,) = as_json_lines(every, TOKYO).splitlines()
    assert json.loads(line)["why"].startswith("=HYPERLINK")
