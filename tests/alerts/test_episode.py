"""The history of alerts: what becomes of one from its firing to its end."""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from console.alerts.book import evaluate
from console.alerts.episode import (
    KEPT,
    MOST,
    MOST_TAKEN,
    MOST_TOLD,
    Episode,
    Told,
    arrived,
    changed,
    follow,
    old,
    tell,
    within,
)
from console.alerts.history import as_csv, delivered, figures, told_words
from console.alerts.message import Message
from console.alerts.model import Acknowledgement, Alert, Phase
from console.alerts.outbox import Delivery, Stage
from console.alerts.record import Notice, Record, Telling
from console.alerts.signal import FACTS, Signal
from console.health.model import Status

NOW = 1_800_000_000.0
ANN = Acknowledgement("ann", "on it", NOW + 60)


def firing(**more) -> Record:
    told = {"title": "API", "status": Status.WARN, "summary": "Slow.", "fired_at": NOW - 30}
    return Record("api", **(told | {"alert": Alert(Phase.FIRING, NOW)} | more))


def one_of(episodes: Mapping[str, Episode]) -> Episode:
    (one,) = episodes.values()
    return one


def test_an_episode_goes_from_firing_over_its_taking_to_its_end():
    known = follow({}, {"api": firing()}, NOW)
    taken = replace(firing().alert, phase=Phase.ACKNOWLEDGED, acknowledgement=ANN)
    known = follow(known, {"api": firing(alert=taken, status=Status.FAIL)}, NOW + 60)
    known = follow(known, {"api": firing(alert=taken)}, NOW + 65)
    over = firing(alert=Alert(), resolved_at=NOW + 90, ending="It answers.", summary="Slow.")
    known = follow(known, {"api": over}, NOW + 90)
    assert one_of(known) == Episode(
        f"api@{int(NOW * 1000)}", "api", "API", NOW - 30, NOW, Status.FAIL, "Slow.",
        resolved_at=NOW + 90, ending="It answers.", taken=(ANN,),
    )  # fmt: skip
    assert one_of(known).lasted(NOW + 500) == 120


def test_an_alert_that_fires_again_leaves_the_first_time_as_it_was():
    over = firing(alert=Alert(), resolved_at=NOW + 10, ending="Well.")
    known = follow(follow({}, {"api": firing()}, NOW), {"api": over}, NOW + 10)
    known = follow(known, {"api": firing(summary="Down.", fired_at=NOW + 20)}, NOW + 20)
    assert [(one.summary, one.resolved_at) for one in known.values()] == [
        ("Slow.", NOW + 10),
        ("Down.", None),
    ]


def test_the_book_itself_makes_episodes():
    """Over the real state machine, a hundred times."""
    book: Mapping[str, Record] = {}
    known: dict[str, Episode] = {}
    for step in range(200):
        status = Status.FAIL if step % 2 == 0 else Status.PASS
        at = NOW + 60 * step
        book = evaluate(book, [Signal("api", "API", status, "…", thresholds=FACTS)], at).records
        known = follow(known, book, at)
    assert len(known) == 100
    assert all(one.resolved_at == one.fired_at + 60 for one in known.values())


def test_what_nobody_watches_any_more_is_over():
    known = follow(follow({}, {"api": firing()}, NOW), {}, NOW + 5)
    assert (one_of(known).resolved_at, one_of(known).ending) == (
        NOW + 5,
        "It is not watched any more.",
    )


def notice(telling: Telling = Telling.FIRED) -> Notice:
    return Notice(telling, firing())


def message(telling: Telling = Telling.FIRED, id: str = "m1") -> Message:
    return Message(id, "g", "", "", telling=telling, keys=("api",))


def delivery(stage: Stage, channel: str, message: str = "m1") -> Delivery:
    return Delivery(f"{message}/{channel}", channel, "", "shop", "g", "", "", NOW, stage=stage)


def test_what_people_were_told_and_whether_it_arrived():
    known = follow({}, {"api": firing()}, NOW)
    known = tell(known, [notice(), notice(Telling.WORSE)], [message()], 3, NOW)
    under_way = [delivery(Stage.DUE, "a"), delivery(Stage.SENDING, "b")]
    assert arrived(known, under_way) == known
    known = arrived(known, [delivery(Stage.SENT, "a"), delivery(Stage.GIVEN_UP, "b")])
    known = arrived(known, [delivery(Stage.UNCERTAIN, "c"), delivery(Stage.SENT, "a", "other")])
    assert one_of(known).told == (Told(Telling.FIRED, NOW, "m1", 3, sent=1, lost=2),)


def test_only_what_lasts_is_written_at_once():
    known = follow({}, {"api": firing()}, NOW)
    assert changed({}, known) == list(known.values())
    reworded = follow(known, {"api": firing(summary="Slow, for 3 min.")}, NOW + 5)
    assert changed(known, reworded) == []
    worse = follow(known, {"api": firing(status=Status.FAIL)}, NOW + 5)
    assert changed(known, worse) == list(worse.values())


def test_the_history_is_bounded_and_what_fires_stays():
    ended = {
        str(n): Episode(str(n), "k", "K", NOW - n, NOW - n, resolved_at=NOW - n)
        for n in range(MOST + 5)
    }
    ancient = Episode("ancient", "k", "K", 0, 0, resolved_at=NOW - KEPT - 1)
    open_one = Episode("open", "k", "K", 0, 0)
    assert set(old(ended | {"ancient": ancient, "open": open_one}, NOW)) == {
        "ancient", *(str(n) for n in range(MOST, MOST + 5))
    }  # fmt: skip


def test_an_episode_of_weeks_stays_small_and_keeps_its_beginning():
    known = follow({}, {"api": firing()}, NOW)
    known = tell(known, [notice()], [message()], 1, NOW)
    for n in range(100):
        reminder = message(Telling.REMINDER, f"r{n}")
        known = tell(known, [notice(Telling.REMINDER)], [reminder], 1, NOW + n)
        taken = Alert(Phase.ACKNOWLEDGED, NOW, acknowledgement=replace(ANN, at=NOW + n))
        known = follow(known, {"api": firing(alert=taken)}, NOW + n)
    one = one_of(known)
    assert (len(one.told), len(one.taken)) == (MOST_TOLD, MOST_TAKEN)
    assert (one.told[0].message, one.told[-1].message) == ("m1", "r99")


def test_a_window_shows_what_touches_it_newest_first():
    def made(id: str, began: float, ended: float | None) -> Episode:
        return Episode(id, "k", "K", began, began, resolved_at=ended)

    every = [made("a", 0, 50), made("b", 10, 150), made("c", 120, None), made("d", 300, 310)]
    assert [one.id for one in within(every, 100, 200)] == ["c", "b"]


def test_the_figures_say_how_fast_and_what_comes_again():
    assert figures([]) == "No alert fired in this window."
    over = Episode("a", "k", "API", NOW, NOW, resolved_at=NOW + 120, taken=(ANN,))
    assert figures([over, replace(over, taken=()), replace(over, resolved_at=None)]) == (
        "3 alerts; 2 resolved, half of them within 2 min; 2 acknowledged, half of them within "
        "1 min. Most often: API (3 times)."
    )
    lapsed = replace(over, taken=(), lapsed=True)
    assert figures([over, lapsed]) == (
        "2 alerts; 1 resolved, after 2 min; 1 no longer known; 1 acknowledged, after 1 min."
    )


def test_who_was_not_told_has_a_reason():
    one = Episode("a", "k", "API", NOW, NOW)
    assert told_words(one) == "nobody"
    assert told_words(replace(one, planned=True)) == "nobody: under maintenance"
    explained = replace(one, explained_by="Accounting API")
    assert told_words(explained) == "not by itself: because of Accounting API"
    told = (Told(Telling.FIRED, NOW, "m", 2, 1, 0), Told(Telling.REMINDER, NOW, "n", 2, 2, 0))
    assert told_words(replace(one, told=(*told, told[1]))) == "fired, 2 × reminder"
    assert delivered(told) == (3, 0, 1)


def test_the_export_has_times_with_their_zone_and_no_formula():
    one = Episode("a", "k", "=cmd", NOW, NOW, summary="+1", resolved_at=NOW + 60, taken=(ANN,))
    (row,) = csv.DictReader(io.StringIO(as_csv([one], ZoneInfo("Asia/Tokyo"), NOW)))
    assert row["began"] == "2027-01-15T17:00:00+09:00"
    assert (row["alert"], row["what"], row["lasted_seconds"]) == ("'=cmd", "'+1", "60.0")
    assert (row["taken_by"], row["taken_why"]) == ("ann", "on it")
