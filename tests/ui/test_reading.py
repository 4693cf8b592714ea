import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from console.errors import StoreAway
from console.ui import reading
from console.ui.reading import Fetcher

LIMIT = 5.0  # seconds


def runtime(ttl: float = 0.0) -> Any:
    return SimpleNamespace(profile=SimpleNamespace(snapshot_ttl=ttl))


def test_equal_questions_share_one_answer_while_it_is_fresh():
    console, asked = runtime(ttl=60), []
    fetcher = Fetcher()
    values = [fetcher.fetch(console, "k", lambda: asked.append(1) or "told").value for _ in "abc"]
    assert values == ["told"] * 3
    assert len(asked) == 1


def test_what_this_process_changed_is_read_again_however_fresh():
    console, fetcher = runtime(ttl=60), Fetcher()
    assert fetcher.fetch(console, "k", lambda: "old").value == "old"
    fetcher.forget(console, "k")
    assert fetcher.fetch(console, "k", lambda: "new").value == "new"


def test_two_consoles_share_nothing():
    fetcher = Fetcher()
    one, two = runtime(60), runtime(60)
    assert fetcher.fetch(one, "k", lambda: "one").value == "one"
    assert fetcher.fetch(two, "k", lambda: "two").value == "two"


def test_a_failure_keeps_the_last_value_its_age_and_the_reason():
    console, fetcher = runtime(), Fetcher()
    good = fetcher.fetch(console, "k", lambda: "told")

    def away() -> str:
        raise StoreAway("The store does not answer.")

    bad = fetcher.fetch(console, "k", away)
    assert (bad.value, bad.at, bad.problem) == ("told", good.at, "The store does not answer.")
    assert fetcher.fetch(console, "k", lambda: "again").problem == ""


def test_a_defect_is_raised_and_not_taken_for_a_store_that_is_away():
    def defect() -> str:
        raise KeyError("oops")

    with pytest.raises(KeyError):
        Fetcher().fetch(runtime(), "k", defect)


def test_a_page_does_not_wait_for_a_store_that_hangs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "PATIENCE", 0.05)
    console, fetcher, release = runtime(), Fetcher(), threading.Event()
    fetcher.fetch(console, "k", lambda: "old")

    def hang() -> str:
        release.wait(LIMIT)
        return "new"

    started = time.monotonic()
    first = fetcher.fetch(console, "k", hang)
    second = fetcher.fetch(console, "k", hang)
    assert time.monotonic() - started < LIMIT / 2
    assert (first.value, second.value) == ("old", "old")
    assert second.problem.startswith("The store has not answered for")
    release.set()
    deadline = time.monotonic() + LIMIT
    while fetcher.fetch(console, "k", lambda: "new").value != "new":
        assert time.monotonic() < deadline


def test_no_more_than_so_many_answers_are_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "KEPT", 3)
    console, fetcher, asked = runtime(60), Fetcher(), []
    for key in (1, 2, 3, 4, 1):
        fetcher.fetch(console, key, lambda: asked.append(1))
    assert len(asked) == 5
