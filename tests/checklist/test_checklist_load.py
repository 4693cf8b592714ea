"""The checklist out of a real store, and how long that takes."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

import pytest

from console.checklist.load import load, signal_items
from console.checklist.model import Answer, Checklist, Phase
from console.checklist.questions import Asked
from console.checklist.record import Word, WordKind
from console.checklist.usual import HOUR, calendar_of, hours_like
from console.checklist.watched import Watched
from console.config import Config
from console.health.model import Outcome, Status
from console.month_end.model import Rules
from console.store import keys
from console.store.batch import Batch
from console.store.controls import WORDS
from console.store.documents import Document
from console.store.read import Store
from console.store.series import SeriesId
from console.store.write import CollectorStore
from tests.checklist.evident import DAY, word
from tests.checklist.storing import RELAY, config, store_good
from tests.pages.filling import fill, good
from tests.valkey_process import ValkeyProcess


@pytest.fixture
def store(valkey_url: str) -> Iterator[Store]:
    fresh = Store(valkey_url, "local")
    yield fresh
    fresh.close()


def loaded(store: Store, made: Config, now: float) -> Checklist:
    return load(store, made, made.services[0], now)


def answers(found: Checklist) -> dict[str, Answer]:
    return {one.question.key: one.answer for one in found.items}


def test_an_empty_store_answers_everything_with_unknown(store: Store, valkey_url: str):
    found = loaded(store, config(valkey_url), time.time())
    assert set(answers(found).values()) == {Answer.UNKNOWN}
    assert len(found.items) == 9
    assert not found.go


def test_a_service_that_is_well_passes_all_but_what_needs_weeks_of_history(
    store: Store, valkey_url: str, valkey_process: ValkeyProcess
):
    now = store_good(valkey_process)
    asyncio.run(fill(valkey_url, RELAY, now))
    found = answers(loaded(store, config(valkey_url), now))
    assert found.pop("times") is Answer.UNKNOWN
    assert found.pop("area") is Answer.NOT_APPLICABLE
    assert set(found.values()) == {Answer.PASS}


def test_what_nobody_wrote_for_two_minutes_is_unknown(
    store: Store, valkey_url: str, valkey_process: ValkeyProcess
):
    now = store_good(valkey_process)
    found = answers(loaded(store, config(valkey_url), now + 181))
    assert set(found.values()) == {Answer.UNKNOWN}


def test_what_another_version_wrote_is_unknown_and_stops_nothing(
    store: Store, valkey_url: str, valkey_process: ValkeyProcess
):
    now = store_good(valkey_process)
    with valkey_process.client() as client:
        client.hset(keys.found("relay"), "logs", b"no packed document")
        client.hset(keys.control("relay", WORDS), "x", b"{")
    found = answers(loaded(store, config(valkey_url), now))
    assert found["logs"] is Answer.UNKNOWN
    assert found["variables"] is Answer.PASS


def test_questions_of_a_team_are_answered_by_a_check_or_by_a_person(
    store: Store, valkey_url: str, valkey_process: ValkeyProcess
):
    now = store_good(valkey_process)
    asyncio.run(fill(valkey_url, RELAY, now))
    asked = (
        Asked(question="API reachable?", phase=Phase.DURING, check="api"),
        Asked(question="Customers told?", service="relay"),
        Asked(question="Of another service?", service="other"),
    )
    made = config(valkey_url, questions=asked)
    found = answers(loaded(store, made, now))
    assert found["own:api-reachable"] is Answer.PASS
    assert found["own:customers-told"] is Answer.UNKNOWN
    assert len(found) == 11
    said = word(WordKind.ATTEST, "own:customers-told", at=now, until=now + DAY)
    with valkey_process.client() as client:
        client.hset(keys.control("relay", WORDS), "x", Document(Word).encode(said))
    assert answers(loaded(store, made, now))["own:customers-told"] is Answer.PASS


async def write_hours(url: str, starts: dict[float, float]) -> None:
    """So many probes an hour of `check:api` and `check:cache`, each as long as told."""
    async with CollectorStore(url, "local") as collector:
        fence = await collector.acquire()
        assert fence is not None
        for start, seconds in starts.items():
            for n in range(120):
                for name in ("api", "cache"):
                    collector.open_period.add(
                        "relay", SeriesId("check", name), start + 30 * n, seconds, Outcome.OK
                    )
        await collector.flush(Batch(fence, max(starts) + HOUR, collector.open_period.take()))


def test_response_times_are_compared_with_the_same_weekday_and_hour(store: Store, valkey_url: str):
    now = time.time()
    until = (now - store.profile.flush_interval) // 60 * 60
    hours = hours_like(until - HOUR / 2, calendar_of(Rules(), now, UTC), UTC)
    earlier = dict.fromkeys(hours.weekday[:4], 0.2)
    asyncio.run(write_hours(valkey_url, {**earlier, until - HOUR: 0.4, until - 2 * HOUR: 0.2}))
    item = next(
        one for one in loaded(store, config(valkey_url), now).items if one.question.key == "times"
    )
    assert item.answer is Answer.WARN
    assert item.text.startswith("2 series slower than usual. Check api: p95 ")
    assert "4 earlier" in item.text


def test_alerts_get_every_item_and_what_is_waived_is_quiet(
    store: Store, valkey_url: str, valkey_process: ValkeyProcess
):
    now = store_good(valkey_process)
    asyncio.run(fill(valkey_url, RELAY, now))
    found = loaded(store, config(valkey_url), now)
    told = {key: (status, page) for key, _, status, _, page in signal_items(found)}
    assert told["variables"] == (Status.PASS, "checklist")
    assert told["times"] == (Status.UNKNOWN, "checklist")
    assert told["area"] == (Status.PASS, "checklist")
    waived = replace(found.items[0], answer=Answer.WAIVED)
    quiet = signal_items(replace(found, items=(waived,)))
    assert quiet[0][2] is Status.PASS


def test_alerts_look_at_most_every_ten_seconds_and_leave_out_what_others_raise(
    store: Store, valkey_url: str, valkey_process: ValkeyProcess
):
    now = store_good(valkey_process)
    asyncio.run(fill(valkey_url, RELAY, now))
    watched = Watched(store, config(valkey_url))
    first = watched.items("relay", now)
    assert not {"tokens", "limits", "area"} & {key for key, *_ in first}
    assert len(first) == 6
    with valkey_process.client() as client:
        client.flushall()
    assert watched.items("relay", now + 9) is first
    later = watched.items("relay", now + 10)
    assert {status for _, _, status, _, _ in later} == {Status.UNKNOWN}
    assert watched.items("nothing", now) == []


def test_loading_again_takes_a_few_milliseconds(
    store: Store, valkey_url: str, valkey_process: ValkeyProcess
):
    now = store_good(valkey_process)
    asyncio.run(fill(valkey_url, RELAY, now, tell=good))
    made = config(valkey_url)
    loaded(store, made, now)
    took: list[float] = []
    for n in range(20):
        began = time.perf_counter()
        loaded(store, made, now + n / 10)
        took.append(time.perf_counter() - began)
    assert sorted(took)[10] < 0.05
