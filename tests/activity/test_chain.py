"""The chain of the activity log: whatever is changed afterwards shows."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.activity.chain import (
    GENESIS,
    TEXT_LIMIT,
    Entry,
    Head,
    decode,
    encode,
    follow,
    hash_of,
    unfinished,
    verify,
    verify_export,
)

NONE = Head()


def blank(**more: str) -> Entry:
    return Entry(0, 0.0, "noted", "mode", more.pop("action", "a"), **more)


def chain(count: int, after: Head = NONE) -> list[Entry]:
    made: list[Entry] = []
    for number in range(count):
        made.append(follow(after, blank(actor="ann", reason=f"because {number}"), 100.0 + number))
        after = head_of(made)
    return made


def head_of(entries: list[Entry]) -> Head:
    last = entries[-1]
    return Head(last.sequence, last.hash, last.at)


def test_an_unbroken_chain_is_verified():
    made = chain(5)
    assert verify(made, NONE, head_of(made)).problem == ""
    assert verify([], NONE, NONE).problem == ""
    assert (made[0].previous, made[1].previous) == (GENESIS, made[0].hash)


TEXTS = [field.name for field in fields(Entry) if field.name not in ("sequence", "at", "hash")]


@given(place=st.integers(0, 5), name=st.sampled_from(TEXTS), text=st.text(max_size=20))
def test_whatever_is_changed_in_an_entry_shows(place: int, name: str, text: str):
    made = chain(6)
    changed = replace(made[place], **{name: text})
    if changed == made[place]:
        return
    entries = [*made[:place], changed, *made[place + 1 :]]
    found = verify(entries, NONE, head_of(made))
    assert "was changed" in found.problem
    assert found.sequence == place + 1


@given(place=st.integers(0, 5))
def test_a_changed_entry_with_a_new_hash_shows_at_the_next_one_or_the_head(place: int):
    made = chain(6)
    forged = replace(made[place], reason="nothing happened").sealed()
    entries = [*made[:place], forged, *made[place + 1 :]]
    assert verify(entries, NONE, head_of(made)).problem


@given(place=st.integers(0, 5))
def test_an_entry_that_is_gone_shows(place: int):
    made = chain(6)
    found = verify([*made[:place], None, *made[place + 1 :]], NONE, head_of(made))
    assert found.problem == f"Entry {place + 1} is missing or cannot be read."
    assert verify(made[:place] + made[place + 1 :], NONE, head_of(made)).problem


def test_entries_in_another_order_show():
    made = chain(4)
    found = verify([made[0], made[2], made[1], made[3]], NONE, head_of(made))
    assert "another place" in found.problem


def test_an_end_that_was_cut_off_shows():
    made = chain(4)
    assert "end of the log" in verify(made[:-1], NONE, head_of(made)).problem


def test_a_whole_chain_written_anew_shows_by_an_exported_head():
    made = chain(4)
    forged = [follow(NONE, blank(reason="forged"), 100.0)]
    forged += chain(3, head_of(forged))
    assert verify(forged, NONE, head_of(forged)).problem == ""
    assert "still holds" in verify_export(head_of(made), made, NONE)
    assert "rewritten" in verify_export(head_of(made), forged, NONE)
    assert "not in the log" in verify_export(Head(99, "x"), made, NONE)


def test_what_retention_left_is_verified_from_the_last_that_was_cut():
    made = chain(6)
    tail = head_of(made[:3])
    assert verify(made[3:], tail, head_of(made)).problem == ""
    assert "does not follow" in verify(made[3:], Head(3, "x"), head_of(made)).problem
    assert "cut away" in verify_export(head_of(made[:2]), made[3:], tail)
    assert "still holds" in verify_export(tail, made[3:], tail)


def test_an_entry_comes_back_as_it_was_stored():
    made = follow(NONE, blank(reason='quotes " and \u2028 and 😀'), 1.5)
    assert decode(encode(made)) == made
    assert hash_of(made) == made.hash


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"\xff", b'{"sequence":1}', b"null", b"7"])
def test_what_is_no_entry_is_none(text: bytes):
    assert decode(text) is None


def test_an_entry_of_wrong_types_is_none():
    made = chain(1)[0]
    for name, value in (("sequence", "1"), ("at", None), ("actor", 7), ("hash", [])):
        assert decode(encode(replace(made, **{name: value}))) is None


def test_long_texts_are_cut_before_they_are_hashed():
    made = follow(NONE, blank(reason="x" * 10_000), 1.0)
    assert len(made.reason) == TEXT_LIMIT
    assert verify([made], NONE, Head(1, made.hash)).problem == ""


def test_an_action_that_began_and_did_not_end_is_unfinished():
    begun = [replace(blank(action=name), step="begun") for name in ("a", "b")]
    ended = replace(blank(action="a"), step="ended")
    assert [one.action for one in unfinished([*begun, ended])] == ["b"]
