"""Words and sign-offs over a real store: roles, names, limits, the log, and what is frozen."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

import pytest

from console.access import Role, Visitor
from console.checklist.document import digest_of, document, markdown, read_frozen
from console.checklist.load import words_of
from console.checklist.model import Answer, Checklist, Finding, Release, checklist
from console.checklist.questions import QUESTIONS
from console.checklist.record import WordKind
from console.checklist.sign_off import Signing, Wish, place_of, tampered
from console.controls.desk import Desk
from console.errors import NotAllowed, Objection
from console.store import keys
from console.store.read import Store
from tests.checklist.storing import config
from tests.valkey_process import ValkeyProcess

NOW = 1_800_000_000.0
DAY = 86_400.0
ANN = Visitor("ann@example.com", Role.OPERATOR, "")
SEAT = Visitor("local user", Role.OPERATOR, "")
EVE = Visitor("eve@example.com", Role.VIEWER, "You may look.", "Ask for it.")
WHY = "seen in the bank's portal"


@pytest.fixture
def store(valkey_url: str) -> Iterator[Store]:
    fresh = Store(valkey_url, "local")
    yield fresh
    fresh.close()


@pytest.fixture
def desk(valkey_url: str) -> Iterator[Desk]:
    made = Desk(config(valkey_url))
    yield made
    made.stop()


@pytest.fixture
def signing(desk: Desk, store: Store) -> Signing:
    return Signing(desk, store, lambda: NOW)


def listed(answer: Answer = Answer.PASS) -> Checklist:
    finding = Finding(answer, "It is so `now`.", "3", "items", evidence=("<b>a</b>",), at=NOW)
    findings = {one.key: finding for one in QUESTIONS}
    return checklist(
        "relay", QUESTIONS, findings, (), Release("3f2a1b9c", "0123456789abcdef", 2), NOW
    )


def newest(desk: Desk) -> tuple[str, str, str, str]:
    entry = desk.journal.newest(1)[0]
    return entry.kind, entry.step, entry.outcome, entry.actor


def test_a_word_is_kept_with_name_reason_end_and_release_and_is_in_the_log(
    signing: Signing, desk: Desk, store: Store
):
    found = listed(Answer.UNKNOWN)
    said = signing.say(ANN, found, found.items[2], Wish(WordKind.ATTEST, WHY, 30 * DAY))
    assert words_of(store, "relay") == (said,)
    assert (said.by, said.reason, said.until) == ("ann@example.com", WHY, NOW + 30 * DAY)
    assert (said.commit, said.fingerprint) == ("3f2a1b9c", "0123456789abcdef")
    assert newest(desk) == ("attest", "ended", "done", "ann@example.com")
    again = signing.say(ANN, found, found.items[2], Wish(WordKind.ATTEST, "seen once more", DAY))
    assert words_of(store, "relay") == (again,)
    assert desk.journal.verify().problem == ""


def test_a_viewer_can_give_no_word_and_sign_nothing_and_the_try_is_in_the_log(
    signing: Signing, desk: Desk, store: Store
):
    found = listed()
    with pytest.raises(NotAllowed):
        signing.say(EVE, found, found.items[0], Wish(WordKind.WAIVE, WHY, DAY))
    with pytest.raises(NotAllowed):
        signing.sign(EVE, found, True, "")
    with pytest.raises(NotAllowed):
        signing.withdraw(EVE, "relay", "attest:tokens")
    assert words_of(store, "relay") == ()
    assert desk.records.sign_offs.newest("relay") == []
    assert {entry.outcome for entry in desk.journal.newest(10)} == {"refused"}


def test_who_sits_at_the_machine_has_to_say_who_it_is(signing: Signing, desk: Desk):
    found = listed()
    with pytest.raises(Objection, match="Say who you are"):
        signing.say(SEAT, found, found.items[0], Wish(WordKind.WAIVE, WHY, DAY))
    assert newest(desk)[2] == "refused"
    said = signing.say(SEAT, found, found.items[0], Wish(WordKind.WAIVE, WHY, DAY, " Ann  B. "))
    assert said.by == "Ann B. (local user)"


def test_nobody_signs_under_a_name_that_is_not_theirs(signing: Signing):
    found = listed()
    said = signing.say(ANN, found, found.items[0], Wish(WordKind.WAIVE, WHY, DAY, "bob"))
    assert said.by == "ann@example.com"


@pytest.mark.parametrize(
    "wish",
    [
        Wish(WordKind.ATTEST, "short", DAY),
        Wish(WordKind.ATTEST, WHY, 91 * DAY),
        Wish(WordKind.ATTEST, WHY, 0),
        Wish(WordKind.WAIVE, "x" * 501, DAY),
        Wish(WordKind.WAIVE, WHY, 91 * DAY),
    ],
)
def test_a_word_needs_a_reason_and_an_end(signing: Signing, desk: Desk, wish: Wish):
    found = listed(Answer.FAIL)
    with pytest.raises(Objection):
        signing.say(ANN, found, found.items[2], wish)
    assert newest(desk)[2] == "refused"


def test_a_word_of_a_release_holds_for_a_day_at_most(signing: Signing):
    found = listed(Answer.UNKNOWN)
    with pytest.raises(Objection, match="1 days at most"):
        signing.say(ANN, found, found.items[1], Wish(WordKind.ATTEST, WHY, 2 * DAY))


def test_a_word_can_be_taken_back_once(signing: Signing, store: Store):
    found = listed(Answer.FAIL)
    said = signing.say(ANN, found, found.items[2], Wish(WordKind.WAIVE, WHY, DAY))
    signing.withdraw(ANN, "relay", place_of(said))
    assert not words_of(store, "relay")[0].holds(NOW)
    with pytest.raises(Objection):
        signing.withdraw(ANN, "relay", place_of(said))


def test_a_sign_off_freezes_the_list_and_the_log_holds_its_fingerprint(
    signing: Signing, desk: Desk, store: Store
):
    found = listed()
    signed = signing.sign(ANN, found, True, "T-1")
    frozen = desk.records.frozen.find("relay", signed.id)
    assert frozen is not None
    assert json.loads(frozen.text) == document(found)
    assert digest_of(frozen.text) == signed.digest
    (entry,) = desk.journal.newest(1, before=signed.entry + 1)
    assert (entry.kind, entry.outcome) == ("sign_off", "go")
    assert signed.digest in entry.evidence
    assert tampered(signed, frozen, entry.evidence) == ""
    (event,) = store.events("relay", NOW - 1, NOW + 1)
    assert (event.kind.value, event.status) == ("sign_off", "pass")
    assert desk.records.sign_offs.newest("relay") == [signed]


def test_a_double_click_signs_once(signing: Signing, desk: Desk):
    first = signing.sign(ANN, listed(), True, "T-1", key="k1")
    assert signing.sign(ANN, listed(), True, "", key="k1") == first
    assert len(desk.records.sign_offs.newest("relay")) == 1
    assert signing.sign(ANN, listed(), True, "", key="k2").id == "k2"


def test_a_frozen_list_that_is_changed_afterwards_shows(
    signing: Signing, desk: Desk, valkey_process: ValkeyProcess
):
    signed = signing.sign(ANN, listed(), True, "T-1")
    frozen = desk.records.frozen.find("relay", signed.id)
    assert frozen is not None
    logged = desk.journal.newest(1)[0].evidence
    changed = replace(frozen, text=frozen.text.replace("pass", "fail"))
    assert "was changed" in tampered(signed, changed, logged)
    both = replace(signed, digest=digest_of(changed.text))
    assert "does not hold this sign-off" in tampered(both, changed, logged)
    with valkey_process.client() as client:
        client.hdel(keys.control("relay", "frozen"), signed.id)
    assert "not in the store" in tampered(
        signed, desk.records.frozen.find("relay", signed.id), logged
    )


def test_a_no_go_is_signed_only_with_a_reason(signing: Signing, desk: Desk):
    found = listed(Answer.FAIL)
    with pytest.raises(Objection, match="This is a no-go"):
        signing.sign(ANN, found, False, "")
    signed = signing.sign(ANN, found, False, "the bank is closed today")
    assert not signed.go
    assert newest(desk)[2] == "no-go"


def test_a_list_that_turned_while_it_was_looked_at_is_not_signed(signing: Signing, desk: Desk):
    with pytest.raises(Objection, match="changed while you looked"):
        signing.sign(ANN, listed(Answer.UNKNOWN), True, "the bank is closed today")
    assert desk.records.sign_offs.newest("relay") == []


def test_the_markdown_of_a_sign_off_holds_outside_text_as_text(signing: Signing, desk: Desk):
    signed = signing.sign(ANN, listed(), True, "a `tick` <b>note</b>")
    frozen = desk.records.frozen.find("relay", signed.id)
    told = read_frozen(frozen.text) if frozen else None
    assert told is not None
    text = markdown(signed, told, UTC)
    assert "# Sign-off of relay: go" in text
    assert "`a 'tick' <b>note</b>`" in text
    assert "`It is so 'now'.`" in text
    assert text.count("\n- ✓ **") == 9


def test_what_is_no_frozen_list_is_none():
    assert read_frozen("{") is None
    assert read_frozen("[]") is None
