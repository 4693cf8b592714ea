"""Errors are told by pattern: what is new, what came back, what was decided about them."""

import pytest

from console.logs.model import Level, Line, Value
from console.logs.patterns import covers
from console.logs.silence import silence
from console.logs.triage import (
    BARS,
    QUIET,
    Decision,
    Kind,
    State,
    Trend,
    Window,
    decide,
    decision_about,
    state_of,
    trend_of,
    triage,
)

T0 = 1_795_500_000.0
DAY = Window(T0, T0 + 86_400)


def line(message: str, at: float | None = T0, level: Level = Level.ERROR, stack: str = "",
         **fields: Value) -> Line:  # fmt: skip
    return Line(1, at, level, message, fields, message, stack)


def test_errors_of_one_pattern_are_counted_together():
    lines = [
        line(f"item {n} failed", T0 + n, instance=f"i{n % 2}", item=f"INV-{n}", customer="c1")
        for n in range(10)
    ]
    lines += [line("the disk is full", T0 + 5), line("item 3 done", T0, Level.INFO)]
    many, one = triage(lines, DAY)
    assert (many.pattern.template, many.count) == ("item <number> failed", 10)
    assert (many.first, many.last) == (T0, T0 + 9)
    assert many.instances.some == ("i0", "i1")
    assert (many.items.number, many.customers.number) == (10, 1)
    assert many.example.message == "item 9 failed"
    assert (many.state, many.new) == (State.OPEN, None)
    assert (one.pattern.template, one.count) == ("the disk is full", 1)


def test_the_error_in_a_trace_tells_patterns_apart():
    lines = [
        line("job failed", error_type="KeyError", error="'a'"),
        line("job failed", error_type="ValueError", error="no number"),
        line("job failed", error_type="KeyError", error="'b'"),
    ]
    assert [one.count for one in triage(lines, DAY)] == [2, 1]


def test_only_lines_of_the_window_count_and_those_without_a_time():
    lines = [line("a", T0 - 1), line("a", T0), line("a", T0 + 86_400), line("a", None)]
    (one,) = triage(lines, DAY)
    assert one.count == 2


def test_the_example_is_one_with_a_stack():
    lines = [line("failed", T0, stack="Traceback"), line("failed", T0 + 1)]
    assert triage(lines, DAY)[0].example.stack == "Traceback"


def test_what_first_came_after_the_deployment_is_new():
    window = Window(T0, T0 + 86_400, deployed=T0 + 1000)
    lines = [
        line("old and known", T0 + 5),
        line("old and known", T0 + 2000),
        line("never seen", T0 + 2000),
    ]
    new, old = triage(lines, window)
    assert (new.pattern.template, new.new) == ("never seen", True)
    assert old.new is False


def test_nothing_is_new_where_the_log_begins_after_the_deployment():
    window = Window(T0, T0 + 86_400, deployed=T0 - 5)
    assert triage([line("never seen")], window)[0].new is None


def test_what_is_remembered_from_before_is_not_new():
    window = Window(T0, T0 + 86_400, T0 + 10, {"never \0": T0 - 5000, "rare thing": T0 - 5000})
    lines = [line(text, T0 + 20) for text in ("never 7", "rare thing", "other thing")]
    found = {one.pattern.template: one.new for one in triage(lines, window)}
    assert found == {"never <number>": False, "rare thing": False, "other thing": True}


@pytest.mark.parametrize(
    ("bars", "trend"),
    [
        ([1] * 24, Trend.STEADY),
        ([1] * 18 + [6] * 6, Trend.RISING),
        ([6] * 18 + [0] * 6, Trend.FALLING),
        ([0] * 18 + [2] * 6, Trend.RISING),
        ([0] * 23 + [7], Trend.TOO_FEW),
        ([1] * 18 + [2, 1] * 3, Trend.STEADY),
    ],
)
def test_a_trend_is_told_where_chance_alone_would_not_do_it(bars: list[int], trend: Trend):
    assert trend_of(bars) is trend


def test_bars_cover_the_window():
    found = triage([line("a", T0), line("a", T0 + 86_399)], DAY)[0]
    assert len(found.bars) == BARS
    assert (found.bars[0], found.bars[-1]) == (1, 1)


def mute(at: float = T0, until: float | None = None, pattern: str = "a") -> Decision:
    return decide(pattern, Kind.MUTE, "known, ticket 12", "anna", at, until)


def resolve(at: float = T0) -> Decision:
    return decide("a", Kind.RESOLVE, "fixed in c0ffee", "anna", at)


def test_a_muted_pattern_stays_muted_while_it_goes_on():
    times = [T0 + hour * 3600 for hour in range(-5, 60)]
    assert state_of(mute(), times, T0 + 60 * 3600) is State.MUTED


def test_a_muted_pattern_that_returns_after_a_quiet_day_has_regressed():
    assert state_of(mute(), [T0 + 60, T0 + 61 + QUIET], T0 + 2 * QUIET) is State.REGRESSED


def test_a_mute_ends_and_a_line_after_it_is_a_return():
    ended = mute(until=T0 + 100)
    assert state_of(ended, [T0 + 50], T0 + 99) is State.MUTED
    assert state_of(ended, [T0 + 50], T0 + 200) is State.OPEN
    assert state_of(ended, [T0 + 150], T0 + 200) is State.REGRESSED


def test_a_resolved_pattern_that_comes_again_has_regressed():
    assert state_of(resolve(), [T0 - 5], T0 + 10) is State.RESOLVED
    assert state_of(resolve(), [T0 - 5, T0 + 5], T0 + 10) is State.REGRESSED


def test_muted_patterns_come_last_and_regressed_ones_first():
    lines = [line("a", T0 + n) for n in range(9)] + [line("b", T0 + 5), line("c", T0 + 5)]
    fixed = decide("c", Kind.RESOLVE, "fixed", "anna", T0)
    found = triage(lines, DAY, [mute(), fixed])
    assert [(one.pattern.template, one.state) for one in found] == [
        ("c", State.REGRESSED), ("b", State.OPEN), ("a", State.MUTED),
    ]  # fmt: skip
    assert found[2].decision == mute()


def test_a_decision_holds_for_narrower_patterns_and_never_for_wider_ones():
    wide, narrow = "user \0 failed", "user anna failed"
    assert covers(wide, narrow)
    assert not covers(narrow, wide)
    assert not covers("user \0 failed", "user anna failed!")
    assert decision_about(narrow, [mute(pattern=wide)]) is not None
    assert decision_about(wide, [mute(pattern=narrow)]) is None


def test_the_last_decision_counts():
    later = mute(T0 + 5)
    assert decision_about("a", [later, resolve(T0 + 1)]) == later


@pytest.mark.parametrize("reason", ["", "   ", "\x1b[31m\u200b "[5:]])
def test_a_decision_without_a_reason_is_refused(reason: str):
    with pytest.raises(ValueError, match="reason is missing"):
        decide("a", Kind.MUTE, reason, "anna", T0)


def test_a_mute_that_is_over_and_one_of_everything_are_refused():
    with pytest.raises(ValueError, match="over already"):
        mute(until=T0)
    with pytest.raises(ValueError, match="nothing in common"):
        mute(pattern="\0 \0")


def test_a_reason_holds_no_secret():
    assert "hunter2" not in decide("a", Kind.MUTE, "password=hunter2", "anna", T0).reason


def test_silence_is_told_beside_the_gaps_that_are_usual():
    lines = [line("a", T0 + 10 * n) for n in range(100)]
    last = T0 + 990
    assert silence(lines, last + 20).silent is False
    quiet = silence(lines, last + 300)
    assert (quiet.silent, quiet.seconds, quiet.usual) == (True, 300, 10)


def test_silence_is_unknown_where_too_little_is_known():
    assert silence([], T0).silent is None
    assert silence([line("a")], T0 + 9999).silent is None
