"""The activity log on a real server: several writers, a killed one, retention."""

import multiprocessing
import time
from collections.abc import Iterator

import pytest

from console.activity.chain import verify
from console.errors import StoreAway
from console.store import keys
from console.store.journal import Journal, entry
from tests.kit.conftest import own_valkey
from tests.valkey_process import ValkeyProcess

__all__ = ["own_valkey"]

pytestmark = pytest.mark.every_server


@pytest.fixture
def journal(valkey_url: str) -> Iterator[Journal]:
    made = Journal(valkey_url)
    yield made
    made.close()


def mode(**more: str):
    return entry("mode", actor="ann", role="operator", **more)


def test_an_action_is_two_entries_and_the_newest_come_first(journal: Journal):
    begun = journal.begin(mode(service="relay", before="live", after="dry_run", reason="a test"))
    journal.end(begun, "done", "3 of 3 instances")
    journal.note(entry("refused", actor="bob", role="viewer"))
    third, second, first = journal.newest(10)
    assert (first.step, second.step, third.kind) == ("begun", "ended", "refused")
    assert first.action == second.action != third.action
    assert (second.outcome, second.evidence, second.reason) == (
        "done",
        "3 of 3 instances",
        "a test",
    )
    assert [one.sequence for one in journal.newest(2, before=3)] == [2, 1]
    assert journal.newest(10, before=1) == []
    assert journal.verify().problem == ""
    assert abs(first.at - time.time()) < 5


def test_an_empty_log_is_verified(journal: Journal):
    assert (journal.verify().entries, journal.newest(5)) == (0, [])


def write(url: str, count: int) -> None:
    made = Journal(url)
    for _ in range(count):
        made.note(mode())
    made.close()


def test_writers_that_race_never_fork_the_chain(journal: Journal, valkey_url: str):
    writers = [multiprocessing.Process(target=write, args=(valkey_url, 40)) for _ in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(60)
    found = journal.verify()
    assert (found.entries, found.problem) == (160, "")


def test_a_writer_that_is_killed_leaves_a_whole_chain(journal: Journal, valkey_url: str):
    writer = multiprocessing.Process(target=write, args=(valkey_url, 100_000))
    writer.start()
    end = time.monotonic() + 20
    while journal.head().sequence < 20:
        assert time.monotonic() < end
    writer.kill()
    writer.join(10)
    journal.note(mode())
    assert journal.verify().problem == ""


def test_what_somebody_changes_or_takes_out_of_the_store_shows(
    journal: Journal, valkey_process: ValkeyProcess
):
    for _ in range(3):
        journal.note(mode(reason="why"))
    with valkey_process.client() as client:
        text = client.hget(keys.JOURNAL, "2")
        client.hset(keys.JOURNAL, "2", text.replace(b"why", b"who"))
        assert "Entry 2 was changed" in journal.verify().problem
        client.hdel(keys.JOURNAL, "2")
        assert "Entry 2 is missing" in journal.verify().problem
        client.hset(keys.JOURNAL, "2", text)
        client.hset(keys.JOURNAL, "4", text)
        assert "another place" in journal.verify().problem


def test_retention_cuts_the_oldest_and_the_rest_stays_verifiable(valkey_url: str):
    every = Journal(valkey_url)
    for _ in range(5):
        every.note(mode())
    short = Journal(valkey_url, days=0.0)
    time.sleep(0.002)  # older than 0 days by the server's clock, which is told in ms
    last = short.note(mode(reason="the one that cuts"))
    entries, tail, head = short.whole()
    assert tail.sequence == 4, "the newest entry before it stays, whatever its age"
    assert [one.kind if one else "" for one in entries] == ["mode", "retention", "mode"]
    assert (head.sequence, head.hash) == (last.sequence, last.hash) == (7, last.hash)
    assert verify(entries, tail, head).problem == ""
    every.close()
    short.close()


def test_a_store_that_is_away_is_said(own_valkey: ValkeyProcess):
    made = Journal(own_valkey.url)
    made.note(mode())
    own_valkey.kill()
    with pytest.raises(StoreAway, match="CONSOLE_STORE_URL"):
        made.note(mode())
    made.close()
