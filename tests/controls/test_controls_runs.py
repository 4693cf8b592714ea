"""Runs: what is an item, what came of it, how it compares."""

from dataclasses import replace

import pytest

from console.controls.batches import Batch, batch_sentence
from console.controls.runs import (
    Run,
    asked_again,
    counterpart,
    difference,
    fingerprint_of,
    item_problem,
    last_run,
    planned_of,
    sentence,
    settled,
    stages_of,
    standing_of,
    usual,
    writes_of,
)
from console.health.summary import Standing

NOW = 1_800_000_000.0


def run(**more: object) -> Run:
    told = {"id": "k", "service": "relay", "item": "INV-1", "dry": True, "by": "ann", "at": NOW,
            "seconds": 60.0, "state": "ended", "outcome": "held"}  # fmt: skip
    return Run(**(told | more))


def took(milliseconds: float, **more: object) -> Run:
    return run(report={"milliseconds": milliseconds}, **more)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("", "Choose an item"),
        ("  ", "Choose"),
        ("x" * 10_000, "10,000"),
        ("a\x00b", "do not print"),
    ],
)
def test_what_is_no_item_is_said(item: str, words: str):
    assert words in item_problem(item)


@pytest.mark.parametrize("item", ["INV-1", "a\"b'c", "a/b?c=d", "😀", "x" * 200])
def test_quotes_slashes_and_emoji_are_items(item: str):
    assert item_problem(item) == ""


@pytest.mark.parametrize(
    ("made", "standing", "words"),
    [
        (run(), Standing.PASS, "was held: nothing was written"),
        (run(dry=False, outcome="done"), Standing.PASS, "(live) was done"),
        (run(outcome="already_done"), Standing.PASS, "nothing was done again"),
        (
            run(outcome="failed", reason="no such customer"),
            Standing.FAIL,
            "failed: no such customer",
        ),
        (run(state="aborted", reason="Closed."), Standing.UNKNOWN, "was aborted. Closed."),
        (run(state="unknown"), Standing.UNKNOWN, "is not known"),
        (run(state="running"), Standing.UNKNOWN, "runs dry"),
    ],
)
def test_what_became_of_a_run_is_one_sentence(made: Run, standing: Standing, words: str):
    assert standing_of(made) is standing
    assert words in sentence(made)


def test_a_run_whose_console_is_gone_is_not_known_and_never_passed():
    lost = settled(run(state="running"), NOW + 91)
    assert (lost.state, lost.passed) == ("unknown", False)
    assert "Ask again" in sentence(lost)
    assert settled(run(state="running"), NOW + 89).state == "running"


def test_slower_and_faster_are_against_this_items_earlier_runs_of_the_kind():
    earlier = [took(100.0, id=str(n)) for n in range(3)]
    assert "2.0 times slower" in usual(took(200.0), earlier)
    assert "4.0 times faster" in usual(took(25.0), earlier)
    assert "As fast as usual" in usual(took(110.0), earlier)
    assert "Too few" in usual(took(200.0), earlier[:2])
    others = [replace(one, item="INV-2") for one in earlier] + [
        replace(one, dry=False) for one in earlier
    ]
    assert "(0)" in usual(took(200.0), others)
    assert usual(run(), earlier) == ""


def test_the_difference_of_dry_and_live_leaves_out_times_and_identifiers():
    dry = run(
        report={"outcome": "held", "milliseconds": 1, "request_id": "a", "planned": ["POST x"]}
    )
    live = run(report={"outcome": "done", "milliseconds": 9, "request_id": "b", "planned": []})
    lines = "\n".join(difference(dry, live))
    assert '- "outcome": "held"' in lines
    assert '+ "outcome": "done"' in lines
    assert "request_id" not in lines
    assert "milliseconds" not in lines
    assert difference(dry, dry) == []


def test_the_counterpart_is_the_last_run_of_the_other_kind():
    live = run(id="l", dry=False)
    assert counterpart(run(), [run(id="o"), run(id="x", dry=False, item="INV-2"), live]) is live
    assert counterpart(run(), [run(dry=False, state="running")]) is None


def test_the_last_run_that_ended_is_what_going_live_asks_for():
    runs = [run(state="running"), run(outcome="failed", fingerprint="f", at=5.0), run()]
    found = last_run(runs)
    assert found is not None
    assert (found.at, found.passed, found.fingerprint) == (5.0, False, "f")
    assert last_run([]) is None
    lost = last_run([run(state="aborted"), run(state="unknown"), run()])
    assert lost is not None
    assert not lost.passed, "nobody knows that it passed"


def test_a_run_that_was_cut_off_is_asked_again_under_its_own_key():
    other = run(id="other", item="INV-2", state="unknown")
    cut = run(id="cut", dry=False, state="unknown")
    assert asked_again([other, cut, run(id="old", dry=False)], "INV-1", dry=False) == "cut"
    assert asked_again([run(id="new", dry=False), cut], "INV-1", dry=False) == ""
    assert asked_again([cut], "INV-1", dry=True) == ""


def test_fingerprints_that_differ_are_not_comparable():
    assert fingerprint_of({"a"}) == "a"
    assert fingerprint_of({"a", "b"}) == fingerprint_of(set()) == "not comparable"


def test_a_report_of_garbage_is_shown_as_far_as_it_is_one():
    odd = run(
        report={"stages": [1, {"stage": "x", "milliseconds": "y"}], "planned": 7, "writes": []}
    )
    assert stages_of(odd) == [("x", 0.0)]
    assert planned_of(odd) == []
    assert writes_of(odd) == ""
    assert writes_of(run(report={"writes": {"granted": 1}})) == "1 by the single-use permit"


def test_a_batch_passes_only_whole():
    batch = Batch("k", "relay", 10, False, "ann", NOW, "ended", 3, 3, {"done": 3})
    assert batch.passed
    assert batch_sentence(batch) == "10 % live: 3 items. 3 done."
    assert not replace(batch, counts={"failed": 1}).passed
    nothing = replace(batch, done=0, of=0, counts={})
    assert not nothing.passed, "nothing was tried"
    assert "Nothing was left to do" in batch_sentence(nothing)
    stopped = replace(batch, stopped="2 failed")
    assert not stopped.passed
    assert "Stopped: 2 failed." in batch_sentence(stopped)
    assert not replace(batch, state="unknown").passed
