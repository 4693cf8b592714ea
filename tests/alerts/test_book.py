"""What signals change in the book, and what people are told: every rule by itself."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from console.alerts.book import (
    FORGOTTEN_AFTER,
    KEPT,
    UNKNOWN_GRACE,
    Evaluation,
    by_cause,
    evaluate,
    take,
)
from console.alerts.model import Acknowledgement, Phase
from console.alerts.record import Record, Telling
from console.alerts.signal import FACTS, READINGS, Signal, of_items
from console.alerts.tell import EXPLAINED_GRACE, FLAP_CALM, FLAP_CHANGES, REMINDER
from console.alerts.timeline import events_of
from console.health.model import Status

NOW = 1_800_000_000.0
KEY = "check:api"


def signal(status: Status = Status.FAIL, key: str = KEY, **more) -> Signal:
    told = {"summary": f"It is {status.value}.", "thresholds": FACTS} | more
    return Signal(key, key.partition(":")[2], status, **told)


class Book:
    """A book that is looked at again and again."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.now = NOW
        self.last = Evaluation({})

    def look(self, *signals: Signal, after: float = 10.0, **more) -> list[Telling]:
        self.now += after
        self.last = evaluate(self.records, signals, self.now, **more)
        self.records = dict(self.last.records)
        return [one.telling for one in self.last.notices]

    def take(self, until: float | None = None) -> None:
        taken = Acknowledgement("ann", "on it", self.now, until)
        self.records[KEY], _ = take(self.records[KEY], taken)

    @property
    def record(self) -> Record:
        return self.records[KEY]


GOOD, BAD, UNKNOWN = signal(Status.PASS), signal(), signal(Status.UNKNOWN)
CHILD = signal(key="check:child", explained_by="api", group=KEY)


def test_what_is_well_has_no_record():
    book = Book()
    assert book.look(GOOD, UNKNOWN) == []
    assert book.records == {}


def test_a_fact_fires_at_once_and_is_told_once():
    book = Book()
    assert book.look(BAD) == [Telling.FIRED]
    assert book.look(BAD) == []
    assert book.look(GOOD) == [Telling.RESOLVED]
    assert book.look(GOOD) == []


def test_readings_fire_when_two_in_a_row_are_bad():
    book = Book()
    reading = replace(BAD, thresholds=READINGS)
    assert book.look(replace(reading, at=NOW)) == []
    assert book.record.alert.phase is Phase.PENDING
    assert book.look(replace(reading, at=NOW)) == []  # the same reading again
    assert book.look(replace(reading, at=NOW + 5)) == [Telling.FIRED]


def test_a_pending_alert_that_gets_well_leaves_nothing():
    book = Book()
    book.look(replace(BAD, thresholds=READINGS))
    assert book.look(replace(GOOD, thresholds=READINGS)) == []
    assert book.records == {}
    assert book.last.gone == (KEY,)


def test_unknown_neither_fires_nor_resolves():
    book = Book()
    book.look(BAD)
    assert book.look(UNKNOWN) == []
    assert book.record.alert.active
    assert not book.record.known


def test_the_beginning_is_that_of_the_trouble_and_not_of_the_look():
    book = Book()
    book.look(replace(BAD, since=NOW - 90))
    assert book.record.fired_at == NOW - 90
    book.look(GOOD)
    assert book.record.resolved_at == book.now


def test_what_fires_again_begins_again_although_it_is_about_something_old():
    bad = Signal("a", "A", Status.FAIL, "…", since=NOW - 900, thresholds=FACTS)
    book = evaluate({}, [bad], NOW).records
    assert book["a"].fired_at == NOW - 900
    book = evaluate(book, [replace(bad, status=Status.PASS)], NOW + 60).records
    assert evaluate(book, [bad], NOW + 90).records["a"].fired_at == NOW + 90


def test_a_restart_between_two_looks_tells_nothing_twice():
    book = Book()
    book.look(BAD)
    assert book.last.changed == (KEY,)
    restarted = Book()
    restarted.records = dict(book.records)
    assert restarted.look(BAD) == []


def test_only_what_lasts_is_written():
    book = Book()
    book.look(BAD)
    book.look(BAD)
    assert book.last.changed == ()


def test_what_a_cause_explains_is_not_told():
    book = Book()
    assert book.look(BAD, CHILD) == [Telling.FIRED]
    assert book.last.notices[0].record.key == KEY
    assert [one.key for one in book.last.fired] == [KEY]  # one failure, one line of the timeline
    assert book.look(GOOD, replace(CHILD, status=Status.PASS, explained_by="")) == [
        Telling.RESOLVED
    ]
    assert [one.key for one in book.last.resolved] == [KEY]


def test_a_failure_that_outlives_its_cause_is_told_then():
    book = Book()
    book.look(BAD, CHILD)
    alone = replace(CHILD, explained_by="", group="check:child")
    assert book.look(GOOD, alone, after=1) == [Telling.RESOLVED]
    assert book.look(GOOD, alone, after=EXPLAINED_GRACE - 2) == []
    assert book.look(GOOD, alone, after=1) == [Telling.FIRED]
    assert [one.key for one in book.last.fired] == ["check:child"]


def test_what_gets_well_a_moment_after_its_cause_is_never_told():
    book = Book()
    book.look(BAD, CHILD)
    alone = replace(CHILD, explained_by="", group="check:child")
    book.look(GOOD, alone, after=1)
    assert book.look(GOOD, replace(alone, status=Status.PASS), after=1) == []


def test_what_others_explain_does_not_flap():
    book = Book()
    well = replace(CHILD, status=Status.PASS, explained_by="")
    for _ in range(FLAP_CHANGES):
        for looked_at in ((BAD, CHILD), (GOOD, well)):
            book.look(*looked_at, after=60)
            assert {one.record.key for one in book.last.notices} <= {KEY}


def test_worse_is_told_and_better_is_not():
    book = Book()
    warn = signal(Status.WARN)
    assert book.look(warn) == [Telling.FIRED]
    assert book.look(BAD) == [Telling.WORSE]
    assert book.look(warn) == []
    assert book.look(BAD) == []  # people know that it is bad


def test_reminders_come_while_nobody_has_it():
    book = Book()
    book.look(BAD)
    assert book.look(BAD, after=REMINDER - 11) == []
    assert book.look(BAD, after=11) == [Telling.REMINDER]
    assert book.look(BAD, after=60) == []
    book.take()
    assert book.look(BAD, after=REMINDER) == []
    assert book.look(GOOD) == [Telling.RESOLVED]


def test_reminders_can_be_switched_off():
    book = Book()
    book.look(BAD)
    assert book.look(BAD, after=10 * REMINDER, reminder=0) == []


def test_an_acknowledgement_that_runs_out_is_told():
    book = Book()
    book.look(BAD)
    book.take(until=book.now + 60)
    assert book.look(BAD, after=59) == []
    assert book.look(BAD, after=1) == [Telling.REFIRED]
    assert book.record.alert.acknowledgement is None


def test_taking_what_does_not_fire_changes_nothing():
    record = Record(KEY, "api")
    assert take(record, Acknowledgement("ann", "why", NOW)) == (record, None)


def test_taking_tells_only_those_who_were_told_before():
    book = Book()
    book.look(BAD, planned={KEY})
    taken = Acknowledgement("ann", "on it", book.now)
    assert take(book.record, taken)[1] is None
    book.look(BAD)
    notice = take(book.record, taken)[1]
    assert notice is not None
    assert notice.telling is Telling.ACKNOWLEDGED


def test_what_was_taken_before_it_fired_again_does_not_count():
    """The request waited in the store while the alert was resolved and fired anew."""
    book = Book()
    book.look(BAD)
    early = Acknowledgement("ann", "on it", book.now)
    book.look(GOOD)
    book.look(BAD, after=3600)
    assert take(book.record, early) == (book.record, None)


def test_a_figure_that_changes_is_not_written_at_once():
    book = Book()
    book.look(replace(BAD, summary="27 calls are left."))
    book.look(replace(BAD, summary="26 calls are left."))
    assert (book.last.changed, book.last.reworded) == ((), (KEY,))
    assert book.record.summary == "26 calls are left."


def test_under_maintenance_nothing_is_told_and_afterwards_what_still_fires():
    book = Book()
    assert book.look(BAD, planned={KEY}) == []
    assert book.record.planned
    assert book.look(BAD) == [Telling.FIRED]


def test_what_began_and_ended_under_maintenance_is_never_told():
    book = Book()
    book.look(BAD, planned={KEY})
    assert book.look(GOOD, planned={KEY}) == []
    assert book.look(GOOD) == []


def test_a_resolution_under_maintenance_is_told_afterwards():
    book = Book()
    book.look(BAD)
    assert book.look(GOOD, planned={KEY}) == []
    assert book.look(GOOD) == [Telling.RESOLVED]


def flap(book: Book) -> list[Telling]:
    told: list[Telling] = []
    for number in range(FLAP_CHANGES):
        told += book.look(GOOD if number % 2 else BAD, after=60)
    return told


def test_what_flaps_is_told_once_until_it_is_steady():
    book = Book()
    told = flap(book)
    assert told[-1] is Telling.FLAPPING
    assert book.look(BAD, after=60) == book.look(GOOD, after=60) == []
    assert book.look(GOOD, after=FLAP_CALM - 1) == []
    assert book.look(GOOD, after=1) == [Telling.STEADY]
    assert book.look(GOOD) == []
    assert book.look(BAD) == [Telling.FIRED]


def test_what_is_steady_and_bad_is_resolved_later():
    book = Book()
    flap(book)
    book.look(BAD, after=60)
    assert book.look(BAD, after=FLAP_CALM) == [Telling.STEADY]
    assert book.record.told is Status.FAIL
    assert book.look(GOOD) == [Telling.RESOLVED]


def test_slow_changes_do_not_flap():
    book = Book()
    for number in range(2 * FLAP_CHANGES):
        assert Telling.FLAPPING not in book.look(GOOD if number % 2 else BAD, after=1200)


def test_an_alert_whose_signal_is_gone_ends_after_a_while():
    book = Book()
    book.look(BAD)
    assert book.look(after=FORGOTTEN_AFTER - 1) == []
    assert book.record.alert.active
    assert book.look(after=1) == [Telling.LAPSED]
    assert book.record.ending == "It is not watched any more."


def test_a_resolved_alert_is_forgotten_after_some_days():
    book = Book()
    book.look(BAD)
    book.look(GOOD)
    book.look(GOOD, after=KEPT - 1)
    assert KEY in book.records
    book.look(GOOD, after=1)
    assert book.records == {}


def test_firing_alerts_are_grouped_under_their_cause():
    book = Book()
    book.look(CHILD, BAD, signal(key="quota:acc"))
    groups = by_cause(list(book.records.values()))
    assert [(root.key, [one.key for one in rest]) for root, rest in groups] == [
        (KEY, ["check:child"]),
        ("quota:acc", []),
    ]


def test_other_rooms_give_plain_items():
    items = [("B1", "Settings set?", Status.FAIL, "RUN_TOKEN is missing.", "checklist")]
    (one,) = of_items("checklist", items, at=5.0)
    assert (one.key, one.page, one.at) == ("checklist:B1", "checklist", 5.0)


steps = st.lists(
    st.tuples(
        st.sampled_from([Status.PASS, Status.WARN, Status.FAIL, Status.UNKNOWN]),
        st.booleans(),  # under maintenance
        st.sampled_from([5.0, 60.0, 2000.0]),
    ),
    max_size=60,
)


@given(steps)
def test_people_always_end_up_believing_what_is_so(history: list[tuple[Status, bool, float]]):
    """Whatever happened, some calm looks later what was told last is how it stands."""
    book, believed = Book(), False
    steady = [(Status.PASS, False, 3000.0)] * 3
    for status, planned, after in [*history, *steady]:
        for telling in book.look(signal(status), after=after, planned={KEY} if planned else set()):
            record = book.last.notices[0].record
            if telling is Telling.RESOLVED:
                assert believed
                believed = False
            elif telling is Telling.FIRED:
                assert not believed
                believed = True
            elif telling in (Telling.STEADY, Telling.FLAPPING):
                believed = record.alert.active
    assert not believed
    assert all(record.told is None for record in book.records.values())


def test_an_unknown_that_lasts_ends_an_alert_without_saying_that_it_is_well():
    book = Book()
    assert book.look(BAD) == [Telling.FIRED]
    assert book.look(UNKNOWN) == []
    began = book.now
    while book.now + 10.0 < began + UNKNOWN_GRACE:
        assert book.look(UNKNOWN) == []
        assert book.record.alert.active
    assert book.look(UNKNOWN) == [Telling.LAPSED]
    assert book.record.lapsed
    assert not book.record.alert.active
    assert book.record.ending.startswith("Not known since ")
    assert "unknown" in book.record.ending
    assert book.look(UNKNOWN) == []
    assert book.look(BAD) == [Telling.FIRED]  # a new episode
    assert not book.record.lapsed
    assert book.record.fired_at == book.now
    assert book.look(GOOD) == [Telling.RESOLVED]


def test_a_look_that_was_missed_begins_the_grace_of_an_unknown_anew():
    book = Book()
    book.look(BAD)
    book.look(UNKNOWN)
    assert book.look(UNKNOWN, after=10 * UNKNOWN_GRACE) == []  # offline, or the store was away
    assert book.record.alert.active


def test_an_unknown_that_comes_and_goes_ends_nothing():
    book = Book()
    book.look(BAD)
    for _ in range(30):
        book.look(UNKNOWN)
        assert book.look(BAD) == []
    assert book.record.alert.active


def test_a_signal_that_holds_keeps_its_alert_through_unknowns():
    book = Book()
    held = replace(UNKNOWN, holds=True)
    book.look(BAD)
    for _ in range(30):
        assert book.look(held) == []
    assert book.record.alert.active


def test_the_timeline_says_that_it_is_no_longer_known():
    book = Book()
    key = "checklist:times"
    book.look(signal(key=key))
    for _ in range(13):
        book.look(signal(Status.UNKNOWN, key))
    (event,) = events_of(book.last, book.now)
    assert event.status == "unknown"
    assert event.title.startswith("No longer known")
