import errno
import json
import logging
import multiprocessing
import os
import resource
import signal
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console.health.model import Outcome, Phases, Result, Status
from console.store.read import Store
from console.store.spool import Spool, SpoolBusy
from console.store.spool_lines import type_of_record
from console.store.write import CollectorStore
from tests.store.collected import API, NOW, SERVICE, batch_of, holding

Open = Callable[..., Spool]


def result(number: int) -> Result:
    phases = Phases(connect=0.001)
    return Result("api", NOW + number, Status.PASS, Outcome.OK, f"said\nno {number}", 0.1, phases)


def records(first: int, count: int = 1) -> list[type_of_record]:
    return [(number, SERVICE, result(number)) for number in range(first, first + count)]


def sequences(spool: Spool, after: int = 0) -> list[int]:
    return [sequence for sequence, _, _ in spool.replay(after)]


@pytest.fixture
def open_spool(tmp_path: Path) -> Iterator[Open]:
    """Open the one spool of a test, again and again as after a restart."""
    opened: list[Spool] = []

    def open_(limit: int = 64 * 2**20, now: float = 0.0) -> Spool:
        for spool in opened:
            spool.close()
        opened.append(Spool(tmp_path / "spool", limit, clock=lambda: now))
        return opened[-1]

    yield open_
    for spool in opened:
        spool.close()


def segments(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "spool").glob("*.spool"))


def test_results_come_back_whole_and_in_order(open_spool: Open) -> None:
    spool = open_spool()
    spool.append(records(1, 3))
    spool.append(records(4, 2))
    assert list(spool.replay(0)) == records(1, 5)
    assert sequences(spool, after=3) == [4, 5]


def test_results_survive_a_restart(open_spool: Open) -> None:
    first = open_spool()
    first.append(records(1, 3))
    again = open_spool()
    assert again.id == first.id
    assert list(again.replay(1)) == records(2, 2)


def test_sequence_numbers_of_a_later_process_are_always_higher(open_spool: Open) -> None:
    first = open_spool(now=1000.0)
    assert first.last_sequence == 1_000_000
    first.append(records(first.last_sequence + 1, 5))
    assert open_spool(now=1001.0).last_sequence == 1_001_000
    assert open_spool(now=10.0).last_sequence == 1_000_005  # the clock went back


def test_what_the_store_has_is_let_go(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool()
    spool.append(records(1, 3))
    assert spool.size > 0
    spool.truncate()
    assert (sequences(spool), spool.size, segments(tmp_path)) == ([], 0, [])
    spool.truncate()
    spool.append(records(4))
    assert sequences(spool) == [4]


@pytest.mark.parametrize("cut", [1, 2, 9, 40])
def test_a_torn_tail_costs_only_its_own_result(open_spool: Open, tmp_path: Path, cut: int) -> None:
    open_spool().append(records(1, 3))
    (segment,) = segments(tmp_path)
    os.truncate(segment, segment.stat().st_size - cut)
    spool = open_spool()
    spool.append(records(4))
    # only the newline missing is no loss
    assert sequences(spool) == ([1, 2, 3, 4] if cut == 1 else [1, 2, 4])


def test_a_damaged_line_costs_only_its_own_result(open_spool: Open, tmp_path: Path) -> None:
    open_spool().append(records(1, 3))
    (segment,) = segments(tmp_path)
    lines = segment.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b"said", b"lied")
    segment.write_bytes(b"\0garbage\n" + b"".join(lines) + b"\xff\xfe")
    assert sequences(open_spool()) == [1, 3]


def test_a_result_of_another_version_costs_only_itself(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool()
    spool.append(records(1, 2))
    (segment,) = segments(tmp_path)
    document = json.dumps({"check": "api"}).encode()
    content = b"3 main " + document
    with segment.open("ab") as file:
        file.write(b"%08x %s\n" % (zlib.crc32(content), content))
    assert sequences(spool) == [1, 2]


def test_at_the_bound_the_oldest_results_go_and_are_counted(open_spool: Open) -> None:
    spool = open_spool(limit=16_000)
    for number in range(1, 1001):
        spool.append(records(number))
    kept = sequences(spool)
    assert spool.size <= 16_000
    assert kept == list(range(1001 - len(kept), 1001))
    assert spool.dropped == 1000 - len(kept)
    assert spool.size >= 16_000 * 14 // 16


def test_a_full_disk_is_counted_and_said_and_never_raises(
    open_spool: Open, caplog: pytest.LogCaptureFixture
) -> None:
    spool = open_spool()
    spool.append(records(1, 2))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (spool.size + 100, before[1]))
    try:
        with caplog.at_level(logging.ERROR):
            spool.append(records(3, 5))
            spool.append(records(8, 5))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert spool.dropped == 10
    assert caplog.text.count(os.strerror(errno.EFBIG)) == 1  # said once
    spool.append(records(13))
    assert sequences(spool) == [1, 2, 13]


def test_a_directory_that_cannot_be_used_never_raises(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no directory")
    spool = Spool(tmp_path / "file" / "spool")
    spool.append(records(1, 3))
    assert (spool.dropped, sequences(spool), spool.size) == (3, [], 0)
    spool.truncate()
    spool.close()
    assert "cannot be used" in caplog.text


def test_two_collectors_do_not_share_a_spool(open_spool: Open, tmp_path: Path) -> None:
    open_spool()
    with pytest.raises(SpoolBusy, match="CONSOLE_DATA_DIR"):
        Spool(tmp_path / "spool")


def test_the_spool_is_private(open_spool: Open, tmp_path: Path) -> None:
    open_spool().append(records(1))
    assert [path.stat().st_mode & 0o077 for path in (tmp_path / "spool").iterdir()] == [0, 0]


def _append_until_killed(directory: Path) -> None:
    spool = Spool(directory, clock=lambda: 0.0)
    for number in range(1, 1_000_000):
        spool.append(records(number))


def test_a_killed_process_loses_nothing_it_had_appended(open_spool: Open, tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(
        target=_append_until_killed, args=(tmp_path / "spool",)
    )
    child.start()
    while not segments(tmp_path) or segments(tmp_path)[0].stat().st_size < 50_000:
        assert child.is_alive()
    child.kill()
    child.join()
    spool = open_spool()
    kept = sequences(spool)
    assert len(kept) > 100
    assert kept == list(range(1, len(kept) + 1))


async def replay(store: CollectorStore, spool: Spool) -> int:
    """What a collector does when it takes the lease."""
    _, _, flushed = await store.load(SERVICE)
    replayed = last = 0
    for sequence, service, one in spool.replay(flushed.get(spool.id, 0)):
        store.open_period.add(service, API, one.at, one.duration, one.outcome)
        replayed, last = replayed + 1, sequence
    if replayed:
        await store.flush(batch_of(store, NOW, flushed={spool.id: last}))
    return replayed


async def test_a_replay_that_is_repeated_counts_nothing_twice(
    valkey_url: str, open_spool: Open
) -> None:
    spool = open_spool()
    spool.append(records(1, 20))
    async with holding(valkey_url) as store:
        assert await replay(store, spool) == 20
    # killed here, before the spool was let go of; the next one takes up both
    spool = open_spool()
    spool.append(records(21, 5))
    async with holding(valkey_url) as store:
        assert await replay(store, spool) == 5
        assert await replay(store, spool) == 0
    reader = Store(valkey_url, clock=lambda: NOW)
    assert reader.cells(SERVICE, API, NOW - 60, NOW + 120).counts.sum() == 25
    reader.close()
