"""The program that analyses a keyspace: python -m console.cache.scan

A process of its own, so that neither pages nor probes feel it. Reads {"url", "most"} from standard
input, which stays open: it ends with its parent. Writes one JSON object a line: {"progress"} about
four times a second, then {"result"} or {"problem"}.

Where scripts are allowed one script looks at a batch and answers sums; else TYPE, PTTL and MEMORY
USAGE go through a pipeline. Batches are kept so short that other clients wait a few milliseconds
at most.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from importlib import resources
from typing import Any

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from console.cache.exchange import Exchange, question
from console.cache.keyspace import NO_EXPIRY, SAMPLES, TTL_GROUPS, Accumulator, Analysis
from console.cache.keyspace import printable as text_of
from console.cache.refusals import is_refusal, sentence
from console.parent import told, when_parent_ends
from console.service_redis import CONNECT_SECONDS, place_of

BATCH = 200  # keys; the first batch, and what costs are told with
LEAST_BATCH, MOST_BATCH = 20, 1000
TARGET_SECONDS = 0.001  # of the server's time for one batch: what others may wait longer
READ_SECONDS = 10.0  # one huge key may take long
PROGRESS_SECONDS = 0.25
_GROUPS = [NO_EXPIRY, *(label for label, _ in TTL_GROUPS)]


class Problem(Exception):
    """Why it cannot go on, one sentence without a secret."""


class Scan:
    """One analysis."""

    def __init__(self, url: str, most: int) -> None:
        self._place, self._most = place_of(url), most
        try:
            # The commands of redis-py have incomplete types; each answer is given its own here.
            self._client: Any = redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
                url,
                socket_connect_timeout=CONNECT_SECONDS,
                socket_timeout=READ_SECONDS,
                retry=Retry(NoBackoff(), 0),
                client_name="ops-console-analysis",
                protocol=2,
                single_connection_client=True,
            )
        except exceptions.RedisError as error:  # it connects at once
            raise Problem(sentence(self._place, error)) from None
        self._source = (resources.files("console.cache") / "scan.lua").read_text("utf-8")
        self._sha = hashlib.sha1(self._source.encode()).hexdigest()  # noqa: S324  EVALSHA's own
        self._batch = BATCH
        self._way = 0.0  # seconds of the way there and back
        self._exchange: Exchange | None = None
        self._names: list[bytes] = []  # of the batch that is to be asked about
        self._answered: tuple[list[bytes], list[bytes]] = [], []
        self.accumulator = Accumulator()
        self.commands = 0
        self.total = 0
        self.sized = self.scripted = True

    def run(self) -> Iterator[tuple[int, int]]:
        """Work; yields keys looked at and keys in all after each batch. Raises Problem."""
        try:
            self._prepare()
            cursor = b"0"
            while True:
                began = time.perf_counter()
                cursor = self._script(cursor) if self.scripted else self._pipeline(cursor)
                self._adapt(time.perf_counter() - began)
                yield self.accumulator.scanned, self.total
                if cursor == b"0" or self.accumulator.scanned >= self._most:
                    return
        except exceptions.RedisError as error:
            raise Problem(sentence(self._place, error)) from None

    def result(self, at: float, seconds: float) -> Analysis:
        """What was found."""
        return self.accumulator.result(
            at=at,
            seconds=seconds,
            total=self.total,
            sized=self.sized,
            scripted=self.scripted,
            commands=self.commands,
        )

    def _prepare(self) -> None:
        self.total = int(self._client.execute_command("DBSIZE"))
        ways: list[float] = []
        for _ in range(3):
            began = time.perf_counter()
            self._client.execute_command("PING")
            ways.append(time.perf_counter() - began)
        self._way = min(ways)
        self.commands += 6
        try:
            self._client.execute_command("MEMORY", "USAGE", "ops:console:no-such-key")
        except exceptions.ResponseError as error:
            if not is_refusal(error):
                raise
            self.sized = False
        try:
            self._client.execute_command("SCRIPT", "LOAD", self._source)
        except exceptions.ResponseError as error:
            if not is_refusal(error):
                raise
            self.scripted = False

    def _script(self, cursor: bytes) -> bytes:
        words = (cursor, self._batch, SAMPLES, self.accumulator.threshold, int(self.sized))
        self.commands += 1
        try:
            answer = self._client.execute_command("EVALSHA", self._sha, 0, *words)
        except exceptions.NoScriptError:
            answer = self._client.execute_command("EVAL", self._source, 0, *words)
        except exceptions.ResponseError as error:
            if not is_refusal(error):
                raise
            self.scripted = False  # e.g. a server that wants every key declared
            return self._pipeline(cursor)
        at = 2
        while answer[at] != b"":
            kind, group, prefix, keys, size = answer[at : at + 5]
            name = text_of(prefix) if prefix else "(none)"
            self.accumulator.group(kind.decode(), _GROUPS[int(group)], name, int(keys), int(size))
            at += 5
        for place in range(at + 1, len(answer), 3):
            name, kind, size = answer[place : place + 3]
            self.accumulator.big(name, kind.decode(), int(size))
        return answer[0]

    def _pipeline(self, cursor: bytes) -> bytes:
        """One batch: its questions are answered while the keys of the batch before are added up."""
        if self._exchange is None:
            # redis-py has connected and logged in; from here on nobody else reads this socket
            self._exchange = Exchange(self._client.connection._sock)
            self._exchange.send(_scan(cursor, self._batch))
            cursor, self._names = self._exchange.scanned()
            self.commands += 1
        exchange, names, last = self._exchange, self._names, cursor == b"0"
        ask = _QUESTIONS if self.sized else _QUESTIONS[:2]
        questions = [
            b"".join([head + b"$%d\r\n%s\r\n" % (len(n), n) + tail for head, tail in ask])
            for n in names
        ]
        exchange.send(*questions, *([] if last else [_scan(cursor, self._batch)]))
        self._add()
        answers = exchange.lines(len(ask) * len(names))
        self._answered = names, answers
        self.commands += len(answers) + (not last)
        if last:
            self._add()
            return b"0"
        cursor, self._names = exchange.scanned()
        # the names of the last batch are still to be asked about
        return cursor if cursor != b"0" else self._pipeline(cursor)

    def _add(self) -> None:
        """Take the keys whose answers are here; those that are gone since are left out."""
        names, answers = self._answered
        self._answered = [], []
        step = 3 if self.sized else 2
        kinds, ttls = answers[::step], answers[1::step]
        sizes = answers[2::step] if self.sized else [b":0"] * len(names)
        there = [at for at, kind in enumerate(kinds) if kind != b"+none"]
        if len(there) < len(names):
            names, kinds = [names[at] for at in there], [kinds[at] for at in there]
            ttls, sizes = [ttls[at] for at in there], [sizes[at] for at in there]
        self.accumulator.keys(
            names,
            [kind[1:] for kind in kinds],
            [int(ttl[1:]) for ttl in ttls],
            [int(size[1:]) if size != b"$-1" else 0 for size in sizes],
        )

    def _adapt(self, seconds: float) -> None:
        """Make batches as large as they may be without anybody else waiting."""
        served = max(1e-5, seconds - self._way)
        wanted = int(self._batch * min(2.0, TARGET_SECONDS / served))
        self._batch = max(LEAST_BATCH, min(MOST_BATCH, wanted))


# What is asked of one key: before and after its name, in Redis' protocol.
_QUESTIONS = (
    (b"*2\r\n$4\r\nTYPE\r\n", b""),
    (b"*2\r\n$4\r\nPTTL\r\n", b""),
    (
        b"*5\r\n$6\r\nMEMORY\r\n$5\r\nUSAGE\r\n",
        b"$7\r\nSAMPLES\r\n$%d\r\n%d\r\n" % (len(str(SAMPLES)), SAMPLES),
    ),
)


def _scan(cursor: bytes, count: int) -> bytes:
    return question(b"SCAN", cursor, b"COUNT", str(count).encode())


def main() -> None:
    """Analyse, telling how far it is."""
    given = told()
    when_parent_ends(lambda: os._exit(0))
    at, began = time.time(), time.monotonic()
    said, scan = 0.0, None
    try:
        scan = Scan(given["url"], int(given["most"]))
        for scanned, total in scan.run():
            if time.monotonic() - said >= PROGRESS_SECONDS:
                said = time.monotonic()
                _say({"progress": [scanned, total, scan.commands]})
        _say({"result": asdict(scan.result(at, time.monotonic() - began))})
    except Problem as problem:
        if scan is None or not scan.accumulator.scanned:
            _say({"problem": str(problem)})
            return
        part = scan.result(at, time.monotonic() - began)  # what was looked at is worth showing
        _say({"result": asdict(replace(part, broken_off=str(problem)))})
    except ValueError:
        _say({"problem": "The URL of the service's Redis is not valid."})


def _say(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
