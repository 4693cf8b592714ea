"""What people decided, as a manager reads it."""

import pytest

from console.activity.chain import Entry
from console.month_end.decisions import MOST_DECISIONS, decisions


def entry(kind: str, **more: str) -> Entry:
    return Entry(1, 100.0, more.pop("step", "ended"), kind, "a", "ann", outcome="done", **more)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (entry("scaling", before="2", after="4", target="Render"), "instances 2 to 4 by Render"),
        (entry("mode", before="dry_run", after="live"), "mode dry run to live"),
        (entry("mode", after="paused", target="emergency"), "mode paused, as an emergency"),
        (entry("sign_off", target="no-go", after="no-go"), "checklist signed off: no-go"),
        (entry("run", target="inv-1", after="dry run"), "run of inv-1 as a dry run"),
        (entry("batch", target="10 %", after="live"), "run of 10 % of the items"),
        (entry("approval", target="live"), "approval of live"),
        (entry("rollback", target="to a1b2c3d"), "rollback to a1b2c3d"),
        (entry("waive", target="Tokens last?"), "waived: Tokens last?"),
    ],
)
def test_a_decision_is_said_in_plain_words(made: Entry, told: str):
    (found,) = decisions([made], 0.0)
    assert (found.what, found.who, found.came) == (told, "ann", "done")


def test_a_sign_off_tells_its_word_once():
    made = Entry(1, 100.0, "ended", "sign_off", "a", "ann", target="go", after="go", outcome="go")
    assert decisions([made], 0.0)[0].came == "done"


def test_what_only_began_what_was_before_and_what_is_no_decision_are_left_out():
    entries = [entry("mode", step="begun"), entry("sign_in"), *[entry("abort")] * 30]
    assert len(decisions(entries, 0.0)) == MOST_DECISIONS
    assert decisions(entries, 101.0) == ()
