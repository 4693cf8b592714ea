"""The activity log in the store: appended in optimistic transactions, read newest first.

Two consoles that append at once never fork the chain: each watches its head (WATCH, MULTI, EXEC,
which every server offers, also where scripts are refused). Nothing here is applied twice: a
transaction that lost is made anew on the new head.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, cast
from uuid import uuid4

from redis import exceptions

from console.activity.chain import Entry, Head, Verified, decode, encode, follow, verify
from console.errors import StoreAway
from console.store import client, keys

ATTEMPTS = 50  # of an append against others that append
CUT_AT_ONCE = 500  # entries that retention takes away with one append
DAYS_KEPT = 400.0
DAY = 86_400.0


class Journal:
    """The log of one console, all services. Every failure is StoreAway or StoreRefused."""

    def __init__(self, url: str, days: float = DAYS_KEPT, read_timeout: float = 5.0) -> None:
        self._url, self._days = url, days
        # The commands of redis-py have incomplete types; each answer is given its own here.
        self._redis: Any = client.connect(url, read_timeout)

    def close(self) -> None:
        """Disconnect."""
        self._redis.close()

    def begin(self, entry: Entry) -> Entry:
        """Write that an action begins, before anything is changed. Raises StoreError."""
        return self._append(replace(entry, step="begun", action=entry.action or uuid4().hex))

    def end(self, begun: Entry, outcome: str, evidence: str = "", after: str = "") -> Entry:
        """Write what became of it. Raises StoreError."""
        ended = replace(begun, step="ended", outcome=outcome, evidence=evidence)
        return self._append(replace(ended, after=after or begun.after))

    def note(self, entry: Entry) -> Entry:
        """Write what has no duration. Raises StoreError."""
        return self._append(replace(entry, step="noted", action=entry.action or uuid4().hex))

    def head(self) -> Head:
        """The end of the chain. Raises StoreError."""
        with client.told(self._url):
            return _head(self._redis.get(keys.JOURNAL_HEAD))

    def newest(self, count: int, before: int | None = None) -> list[Entry]:
        """So many entries before number `before`, or the end, newest first. Raises StoreError."""
        with client.told(self._url):
            last = _head(self._redis.get(keys.JOURNAL_HEAD)).sequence
            top = last if before is None else min(last, before - 1)
            wanted = list(range(top, max(0, top - count), -1))
            texts: list[bytes | None] = self._redis.hmget(keys.JOURNAL, wanted) if wanted else []
        found = [decode(text) for text in texts if text is not None]
        return [entry for entry in found if entry is not None]

    def whole(self) -> tuple[list[Entry | None], Head, Head]:
        """Every entry that is kept, oldest first, the tail and the head. Raises StoreError."""
        with client.told(self._url):
            pipeline: Any = self._redis.pipeline(transaction=True)
            pipeline.get(keys.JOURNAL_TAIL)
            pipeline.get(keys.JOURNAL_HEAD)
            pipeline.hgetall(keys.JOURNAL)
            tail_text, head_text, texts = pipeline.execute()
        tail, head = _head(tail_text), _head(head_text)
        by_number = cast("dict[bytes, bytes]", texts)
        last = max([head.sequence, *(int(number) for number in by_number if number.isdigit())])
        entries = [
            None if (text := by_number.get(b"%d" % number)) is None else decode(text)
            for number in range(tail.sequence + 1, last + 1)
        ]
        return entries, tail, head

    def verify(self) -> Verified:
        """Look at the whole chain. Raises StoreError."""
        return verify(*self.whole())

    def _append(self, entry: Entry) -> Entry:
        with client.told(self._url):
            for _ in range(ATTEMPTS):
                try:
                    return self._try(entry)
                except exceptions.WatchError:
                    continue
        raise StoreAway("Too many consoles write to the activity log at once: try again.")

    def _try(self, entry: Entry) -> Entry:
        """One attempt. Raises WatchError where another one appended meanwhile."""
        with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.watch(keys.JOURNAL_HEAD)
            head = _head(pipeline.get(keys.JOURNAL_HEAD))
            seconds, microseconds = pipeline.time()
            now = max(head.at, int(seconds) + int(microseconds) / 1e6)
            cut, tail = self._old(pipeline, head, now)
            added = [entry]
            if cut:
                added.insert(0, self._retention(tail))
            pipeline.multi()
            for one in added:
                made = follow(head, one, now)
                pipeline.hset(keys.JOURNAL, str(made.sequence), encode(made))
                head, entry = Head(made.sequence, made.hash, made.at), made
            pipeline.set(keys.JOURNAL_HEAD, json.dumps(asdict(head)))
            if cut:
                pipeline.hdel(keys.JOURNAL, *cut)
                pipeline.set(keys.JOURNAL_TAIL, json.dumps(asdict(tail)))
            pipeline.execute()
        return entry

    def _retention(self, tail: Head) -> Entry:
        """What is written of a cut: the chain itself holds the hash that it goes on from."""
        text = f"Entries up to {tail.sequence} were cut: older than {self._days:g} days."
        told = entry("retention", actor="", role="", target=str(tail.sequence), reason=text)
        return replace(told, step="noted", action=uuid4().hex, outcome="done", evidence=tail.hash)

    def _old(self, pipeline: Any, head: Head, now: float) -> tuple[Sequence[str], Head]:
        """What retention cuts from the tail, and the tail afterwards. The newest entry stays."""
        tail = _head(pipeline.get(keys.JOURNAL_TAIL))
        limit = now - self._days * DAY
        first = tail.sequence + 1
        text = pipeline.hget(keys.JOURNAL, str(first)) if first < head.sequence else None
        oldest = decode(text) if text else None
        if oldest is None or oldest.at >= limit:
            return [], tail
        numbers = [str(n) for n in range(first, min(head.sequence, first + CUT_AT_ONCE))]
        cut: list[str] = []
        for number, found in zip(numbers, pipeline.hmget(keys.JOURNAL, numbers), strict=True):
            entry = decode(found) if found else None
            if entry is None or entry.at >= limit:
                break  # what cannot be read is evidence: it is never cut
            cut.append(number)
            tail = Head(entry.sequence, entry.hash, entry.at)
        return cut, tail


def _head(text: bytes | None) -> Head:
    if text is None:
        return Head()
    told = cast("dict[str, Any]", json.loads(text))
    return Head(int(told["sequence"]), str(told["hash"]), float(told["at"]))


def entry(kind: str, *, actor: str, role: str, **more: str) -> Entry:
    """An entry that is to be written; its place and time are given by the store."""
    return Entry(0, time.time(), "", kind, "", actor=actor, role=role, **more)
