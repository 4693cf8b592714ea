"""What people did and decided, as small documents in the store: runs, batches, approvals,
emergencies, decisions about patterns of errors, and what was said of the checklist."""

from typing import Any, Generic, TypeVar

from console.checklist.record import Frozen, SignOff, Word
from console.controls.batches import Batch
from console.controls.rules import Approval, Emergency
from console.controls.runs import Run
from console.logs.model import Decision
from console.store import client, keys
from console.store.documents import Document

MOST = 200  # documents of one kind that are kept
DECISIONS = "log_patterns"  # what was decided about patterns of errors, by the pattern's id
SLACK = 50  # beyond that before the oldest are dropped
RUNS, WORDS = "runs", "words"  # kinds that are read elsewhere as well
T = TypeVar("T", Run, Batch, Approval, Emergency, Decision, Word, SignOff, Frozen)


class Shelf(Generic[T]):
    """The documents of one kind, by service and id. Every failure is a StoreError."""

    def __init__(self, redis: Any, url: str, kind: type[T], name: str) -> None:
        self._redis, self._url, self._name = redis, url, name
        self._document: Document[T] = Document(kind)

    def keep(self, service: str, id: str, value: T) -> None:
        """Write one."""
        key = keys.control(service, self._name)
        with client.told(self._url):
            self._redis.hset(key, id, self._document.encode(value))
            if self._redis.hlen(key) > MOST + SLACK:
                oldest = list(self._all(service))[MOST:]
                self._redis.hdel(key, *oldest)

    def find(self, service: str, id: str) -> T | None:
        """The one with this id."""
        with client.told(self._url):
            text: bytes | None = self._redis.hget(keys.control(service, self._name), id)
        return None if text is None else self._document.decode(text)

    def newest(self, service: str) -> list[T]:
        """All that can be read, newest first."""
        with client.told(self._url):
            return list(self._all(service).values())

    def _all(self, service: str) -> dict[str, T]:
        stored: dict[bytes, bytes] = self._redis.hgetall(keys.control(service, self._name))
        found = self._document.decode_each(stored)
        return dict(sorted(found.items(), key=lambda one: -one[1].at))


class ControlRecords:
    """All that controls remember."""

    def __init__(self, url: str, read_timeout: float = 5.0) -> None:
        # The commands of redis-py have incomplete types; each answer is given its own here.
        self._redis: Any = client.connect(url, read_timeout)
        self.runs = Shelf(self._redis, url, Run, RUNS)
        self.batches = Shelf(self._redis, url, Batch, "batches")
        self.approvals = Shelf(self._redis, url, Approval, "approvals")
        self.emergencies = Shelf(self._redis, url, Emergency, "emergencies")
        self.decisions = Shelf(self._redis, url, Decision, DECISIONS)
        self.words = Shelf(self._redis, url, Word, WORDS)
        self.sign_offs = Shelf(self._redis, url, SignOff, "sign_offs")
        self.frozen = Shelf(self._redis, url, Frozen, "frozen")

    def close(self) -> None:
        """Disconnect."""
        self._redis.close()
