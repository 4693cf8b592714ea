"""Messages: one for each cause, plain text, nothing in them calls anybody or runs as markup."""

from datetime import UTC

import pytest

from console.alerts.message import MOST_MESSAGES, Tone, headline, messages, text
from console.alerts.model import Acknowledgement, Alert, Phase
from console.alerts.record import Notice, Record, Telling
from console.health.model import Status

NOW = 1_800_000_000.0  # 2027-01-15 08:00 UTC
FIRING = Alert(Phase.FIRING, NOW)


def record(key: str = "check:api", **more) -> Record:
    told = {"title": "Accounting API", "summary": "HTTP 500", "group": key, "alert": FIRING}
    return Record(key, **(told | {"fired_at": NOW - 240} | more))


def told(*notices: tuple[Telling, Record], book=(), link: str = ""):
    made = [Notice(*notice) for notice in notices]
    every = [*(notice.record for notice in made), *book]
    return messages(made, every, "shop", "Shop", NOW, UTC, link)


def test_a_message_says_what_since_when_and_where_to_look():
    child = record("check:web", title="Website", group="check:api", explained_by="Accounting API")
    (one,) = told((Telling.FIRED, record()), book=[child], link="https://ops.example/alerts")
    assert one.title == "[Failing] Accounting API · Shop"
    assert one.body.splitlines() == [
        "HTTP 500.",
        "Since 07:56 UTC (4 min).",
        "Because of it: Website.",
        "https://ops.example/alerts",
    ]
    assert one.tone is Tone.FAILURE


@pytest.mark.parametrize(
    ("telling", "more", "title", "words", "tone"),
    [
        (Telling.FIRED, {"status": Status.WARN}, "[Warning]", "Since 07:56", Tone.WARNING),
        (Telling.WORSE, {}, "[Worse]", "HTTP 500.", Tone.FAILURE),
        (Telling.REMINDER, {}, "[Still failing]", "4 min", Tone.FAILURE),
        (Telling.REFIRED, {}, "[Failing again]", "Nobody has it any more", Tone.FAILURE),
        (Telling.RESOLVED, {"ending": "HTTP 200", "alert": Alert()}, "[Resolved]",
         "HTTP 200.\nIt began at 07:56 UTC and lasted 4 min.", Tone.SUCCESS),
        (Telling.FLAPPING, {}, "[Unsteady]", "again and again", Tone.WARNING),
        (Telling.STEADY, {"alert": Alert()}, "[Steady: well]", "well for a while", Tone.SUCCESS),
        (Telling.STEADY, {}, "[Steady: failing]", "HTTP 500.", Tone.FAILURE),
    ],
)  # fmt: skip
def test_every_telling_has_its_words(telling, more, title, words, tone):
    (one,) = told((telling, record(**more)))
    assert one.title.startswith(title)
    assert words in one.body
    assert one.tone is tone


def test_who_took_it_and_why():
    taken = Acknowledgement("ann", "calling the provider", NOW, NOW + 3600)
    alert = Alert(Phase.ACKNOWLEDGED, NOW, acknowledgement=taken)
    (one,) = told((Telling.ACKNOWLEDGED, record(alert=alert)))
    assert "ann took it, until 09:00: calling the provider." in one.body


def test_one_cause_is_one_message_and_two_causes_are_two():
    same = record("quota:a", group="check:api")
    other = record("quota:b")
    made = told((Telling.FIRED, record()), (Telling.FIRED, same), (Telling.FIRED, other))
    assert [one.title.partition(" ·")[0] for one in made] == [
        "[Failing] Accounting API and 1 more",
        "[Failing] Accounting API",
    ]


def test_a_storm_is_one_message():
    storm = [(Telling.FIRED, record(f"check:{n}")) for n in range(MOST_MESSAGES + 20)]
    (one,) = told(*storm)
    assert one.title == "[Failing] Accounting API and 24 more · Shop"
    assert one.body.endswith("and 10 more")


def test_the_same_change_is_the_same_message():
    assert told((Telling.FIRED, record()))[0].id == told((Telling.FIRED, record()))[0].id


@pytest.mark.parametrize(
    "hostile", ["@everyone", "@channel", "<!here>", "<@U123>", "**bold**", "[a](http://b)", "`x`"]
)
def test_nothing_from_outside_calls_anybody_or_is_markup(hostile: str):
    shown = text(f"failed: {hostile} now", 200)
    assert hostile not in shown
    assert shown.replace("\u2060", "") == f"failed: {hostile} now"


def test_secrets_and_control_characters_stay_behind():
    shown = text("token=abcdef123456\x1b[31m\u202egnp.exe\nnext", 200)
    assert "abcdef123456" not in shown
    assert not {"\x1b", "\u202e", "\n"} & set(shown)


def test_a_long_text_is_cut():
    (one,) = told((Telling.FIRED, record(title="t" * 5000, summary="s" * 5000)))
    assert len(one.title) < 300
    assert len(one.body) < 600


@pytest.mark.parametrize(
    ("taken", "of", "said"),
    [
        (0, 0, "No alert fires."),
        (0, 1, "1 alert fires, and nobody has taken it yet."),
        (0, 2, "2 alerts fire, and nobody has taken any yet."),
        (1, 2, "2 alerts fire, 1 of them taken."),
        (2, 2, "2 alerts fire, taken by ann."),
    ],
)
def test_the_headline_counts(taken: int, of: int, said: str):
    has = Alert(Phase.ACKNOWLEDGED, NOW, acknowledgement=Acknowledgement("ann", "", NOW))
    records = [record(str(n), alert=has if n < taken else FIRING) for n in range(of)]
    assert headline(records) == said


def test_the_headline_counts_causes_where_alerts_have_one_in_common():
    has = Alert(Phase.ACKNOWLEDGED, NOW, acknowledgement=Acknowledgement("ann", "", NOW))
    api, child = record("api", group="api"), record("jobs", group="api", explained_by="API")
    taken = record("disk", alert=has)
    assert headline([api, child]) == "2 alerts fire from 1 cause, and nobody has taken it yet."
    assert headline([api, child, taken]) == "3 alerts fire from 2 causes, 1 of them taken."
    assert headline([record("api", alert=has, group="api"), child]).endswith("taken by ann.")
