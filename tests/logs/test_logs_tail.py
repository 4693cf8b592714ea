"""What the collector keeps of a log: portions for the store, deployments, and the reading."""

import json

from console.logs import load
from console.logs.chunks import CHUNK_BYTES, MOST_CHUNKS, Chunks, unpack
from console.logs.deployment import Deployed, newest
from console.logs.keeping import kept
from console.logs.load import Kept
from console.logs.model import Decision, Explained, Kind, Level, Line, Source, State
from console.logs.parse import parse
from console.logs.tail import Tail
from console.logs.times import Clock

T0 = 1_795_500_000.0
CLOCK = Clock(T0)
KIT = [Source("kit")]


def error(text: str, at: float, **fields: str) -> Line:
    told = {"ts": at, "level": "error", "event": text, **fields}
    return parse(json.dumps(told), Clock(at))[0]


def info(at: float, **fields: str) -> Line:
    return parse(json.dumps({"ts": at, "level": "info", "event": "request", **fields}), Clock(at))[
        0
    ]


def stored(tail: Tail, now: float) -> dict[int, bytes]:
    return dict(tail.take(KIT, [], [], now).changes.changed)


def test_portions_are_bounded_and_the_oldest_go():
    chunks = Chunks()
    line = "x" * 1000
    for _ in range(MOST_CHUNKS + 5):
        chunks.add([line] * (CHUNK_BYTES // 1000 + 1))
    changes = chunks.take()
    assert len(changes.changed) == MOST_CHUNKS
    assert changes.gone == (1, 2, 3, 4, 5)
    assert (chunks.first, chunks.last) == (6, MOST_CHUNKS + 6)


def test_a_portion_grows_and_goes_on_after_a_restart():
    chunks = Chunks()
    chunks.add(["one"])
    before = chunks.take()
    again = Chunks(before.changed)
    again.add(["two"])
    after = again.take()
    assert list(after.changed) == [1]
    assert unpack(after.changed[1]) == b"one\ntwo\n"
    assert again.take().changed == {}


def test_a_damaged_portion_is_empty_and_is_not_written_over():
    chunks = Chunks({3: b"not packed"})
    chunks.add(["new"])
    assert unpack(b"not packed") == b""
    assert list(chunks.take().changed) == [4]


def test_a_kept_line_is_read_back_as_the_same_line():
    lines = [
        error("no answer", T0 - 5, phase="post"),
        parse("plain words, no time", CLOCK)[0],
        Line(1, T0 - 9, Level.WARN, "of a label", {"service": "web", "n": 3}, "of a label"),
        Line(1, T0 - 8, Level.ERROR, "job failed", {"a": "b"}, "job failed", "  at x\n  at y"),
        Line(1, T0 - 7, Level.INFO, "two\nlines", {}, "two\nlines"),
    ]
    for line in lines:
        text = kept(line, CLOCK)
        assert "\n" not in text
        (again,) = parse(text, CLOCK)
        assert (again.time, again.level, again.message) == (line.time, line.level, line.message)
        assert dict(again.fields) == dict(line.fields)
        assert again.stack == line.stack


def test_a_secret_in_a_line_is_not_kept():
    (line,) = parse('{"level":"error","event":"x","password":"hunter2x","n":1}', CLOCK)
    assert "hunter2x" not in kept(line, CLOCK)


def test_a_new_commit_is_a_deployment_and_scaling_is_none():
    known = newest(None, [("aaa", T0)], [])
    assert known == Deployed("aaa", T0)
    assert newest(known, [("aaa", T0), ("aaa", T0 + 50)], []) == known
    after = newest(known, [("aaa", T0), ("bbb", T0 + 60), ("bbb", T0 + 61)], [])
    assert after == Deployed("bbb", T0 + 60, ("aaa",))
    old_one_writes_on = [info(T0 + 90, commit="aaa")]
    assert newest(after, [], old_one_writes_on) == after
    back = newest(after, [("bbb", T0 + 60), ("aaa", T0 + 99)], [])
    assert back == Deployed("aaa", T0 + 99, ("bbb",))


def test_lines_tell_a_deployment_where_no_instance_does():
    lines = [info(T0, commit="aaa"), info(T0 + 5, commit="bbb"), info(T0 + 9, commit="bbb")]
    assert newest(None, [], lines) == Deployed("bbb", T0 + 5, ("aaa",))


def test_the_reading_names_the_new_pattern_and_the_api():
    tail = Tail(None, {}, CLOCK)
    tail.add([info(T0 + n, commit="aaa") for n in range(300)], Clock(T0 + 300))
    tail.take(KIT, [("aaa", T0)], [], T0 + 300)
    bad = [error("call failed: status 503", T0 + 310 + n, api="accounting") for n in range(20)]
    tail.add(bad, Clock(T0 + 340))
    reading = tail.take(KIT, [("aaa", T0)], [], T0 + 340).reading
    (pattern,) = reading.patterns
    assert (pattern.new, pattern.count, pattern.state) == (True, 20, State.OPEN)
    assert (reading.lines, reading.errors, reading.commit) == (320, 20, "aaa")
    assert reading.diagnosis is not None
    assert reading.diagnosis.explained is Explained.ONE_AREA
    cause = reading.diagnosis.causes[0]
    assert (cause.names, cause.values, cause.support) == (("api",), ("accounting",), 20)


def test_a_reading_survives_its_document_and_a_restart():
    tail = Tail(None, {}, CLOCK)
    tail.add([error("boom", T0 - 50), info(T0 - 40)], CLOCK)
    tail.marks["kit"] = "1-0"
    taken = tail.take(KIT, [], [], T0)
    again = load.decode(load.encode(taken.reading))
    assert again == taken.reading
    other = Tail(again, taken.changes.changed, CLOCK)
    after = other.take(KIT, [], [], T0 + 1).reading
    assert (after.lines, after.errors, after.marks) == (2, 1, {"kit": "1-0"})
    assert after.patterns[0].first == T0 - 50


def test_a_resolved_pattern_that_comes_back_has_regressed_and_a_reopened_one_is_open():
    tail = Tail(None, {}, CLOCK)
    tail.add([error("boom", T0 - 50)], CLOCK)
    key = tail.take(KIT, [], [], T0).reading.patterns[0].key
    resolved = Decision(key, Kind.RESOLVE, "mended", "ann", T0)
    assert tail.take(KIT, [], [resolved], T0 + 1).reading.patterns[0].state is State.RESOLVED
    tail.add([error("boom", T0 + 5)], Clock(T0 + 6))
    assert tail.take(KIT, [], [resolved], T0 + 6).reading.patterns[0].state is State.REGRESSED
    again = Decision(key, Kind.REOPEN, "not mended", "ann", T0 + 7)
    assert tail.take(KIT, [], [again], T0 + 8).reading.patterns[0].state is State.OPEN


def test_a_muted_pattern_is_back_after_a_day_of_quiet_even_when_its_lines_are_gone():
    tail = Tail(None, {}, CLOCK)
    tail.add([error("boom", T0 - 50)], CLOCK)
    first = tail.take(KIT, [], [], T0)
    muted = Decision(first.reading.patterns[0].key, Kind.MUTE, "known", "ann", T0)
    later = T0 + 90_000
    other = Tail(first.reading, {}, Clock(later))  # the lines are no longer kept
    assert other.take(KIT, [], [muted], later).reading.patterns == ()
    other.add([error("boom", later)], Clock(later + 1))
    (pattern,) = other.take(KIT, [], [muted], later + 1).reading.patterns
    assert (pattern.state, pattern.first) == (State.REGRESSED, T0 - 50)


def test_errors_of_a_muted_pattern_explain_nothing():
    tail = Tail(None, {}, CLOCK)
    tail.add([info(T0 - 100 + n / 10) for n in range(100)], CLOCK)
    tail.add([error("known noise", T0 - 80 + n, api="ads") for n in range(40)], CLOCK)
    key = tail.take(KIT, [], [], T0).reading.patterns[0].key
    muted = Decision(key, Kind.MUTE, "known", "ann", T0 - 1)
    reading = tail.take(KIT, [], [muted], T0).reading
    assert reading.diagnosis is not None
    assert reading.diagnosis.errors == 0


def test_a_time_that_is_yet_to_come_is_taken_for_now():
    tail = Tail(None, {}, CLOCK)
    tail.add([error("from the future", T0 + 80_000)], CLOCK)
    reading = tail.take(KIT, [], [], T0).reading
    assert (reading.last, reading.patterns[0].count) == (T0, 1)


def test_what_a_log_without_a_line_tells_is_nothing():
    reading = Tail(None, {}, CLOCK).take(KIT, [], [], T0).reading
    assert (reading.lines, reading.since, reading.silent, reading.patterns) == (0, None, None, ())
    assert stored(Tail(None, {}, CLOCK), T0) == {}


def test_lines_that_came_into_the_last_portion_are_another_version_to_search():
    assert Kept({3: b"a\n"}, (3, 3)).version != Kept({3: b"a\nb\n"}, (3, 3)).version
