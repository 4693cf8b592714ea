"""Reads the service's cache: what the server tells of itself, and what the service tells of it.

A reading is one or two exchanges; what changes slowly (slow log, client list, the service's own
counters) is read once a minute. What a server does not offer is found out once and not asked again.
"""

import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from console.cache import info as reading
from console.cache import kit
from console.cache.commands import Spent, Steps, histograms_of, increases, spent_of
from console.cache.counting import Counted, Reading, base, began_anew, between, gauges, rate
from console.cache.model import CommandTime, Offer, Prefix, Quota, Slow, Snapshot, Token
from console.instances.gather import key
from console.service_redis import ServiceRedis, ServiceRedisError

SLOW_PERIOD = 60.0  # seconds between two readings of what changes slowly
ASK_AGAIN = 3600.0  # seconds after which what was not offered is asked again: an ACL may change
SLOW_ENTRIES = 20
HOURS = 24  # of the service's own counters
MOST_TOKENS = 20
MOST_NAMES = 12  # of clients
TEXT_LIMIT = 80  # characters
MOST_COMMANDS = 30  # of which percentiles are kept

# What is asked once, by the name that pages use.
PROBES: dict[str, Sequence[str]] = {
    "slow log": ("SLOWLOG", "LEN"),
    "client list": ("CLIENT", "LIST"),
    "latency histogram": ("LATENCY", "HISTOGRAM", "ping"),
    "memory usage": ("MEMORY", "USAGE", "ops:console:no-such-key"),
    "scripts": ("EVAL", "return 1", "0"),
    "configuration": ("CONFIG", "GET", "maxmemory-policy"),
}


@dataclass(slots=True)
class _Slowly:
    """What is read once a minute."""

    at: float = float("-inf")
    slow: tuple[Slow, ...] = ()
    names: tuple[tuple[str, int], ...] = ()
    prefixes: tuple[Prefix, ...] = ()
    tokens: tuple[Token, ...] = ()


class CacheReader:
    """Reads one cache again and again."""

    def __init__(self, redis: ServiceRedis, service: str) -> None:
        self._redis, self._service = redis, service
        self._offers: dict[str, Offer] = {}
        self._asked_at = float("-inf")
        self._before: Reading | None = None
        self._reset_at: float | None = None
        self._slowly = _Slowly()
        self._counted: list[Counted] = []
        self._spent_before: dict[str, Spent] | None = None
        self._spent_at = float("-inf")

    def history(self) -> list[Counted]:
        """What the last reading adds to the history; empty once it was taken."""
        counted, self._counted = self._counted, []
        return counted

    async def read(self, now: float) -> Snapshot:
        """What is known now. Never raises: a failure is in the snapshot's `problem`."""
        try:
            return await self._read(now)
        except ServiceRedisError as error:
            place, billed = self._redis.place, self._redis.billed
            return Snapshot(now, problem=str(error), place=place, billed=billed)

    async def _read(self, now: float) -> Snapshot:
        began = time.perf_counter()
        await self._redis.command("PING")
        round_trip = time.perf_counter() - began
        answers = await self._redis.commands(
            ("INFO", "all"), ("HGETALL", key(self._service, "limits"))
        )
        info_answer, limits = answers
        if now - self._asked_at >= ASK_AGAIN:
            await self._ask(now)
        info = reading.parse(_info_text(info_answer))
        if now - self._slowly.at >= SLOW_PERIOD:
            await self._read_slowly(now)
        server = reading.server_of(info) if info else None
        if server and server.name == "Upstash":  # behind a name of its own
            self._redis.billed = True
        uptime = server.uptime if server else None
        commands = reading.commands_of(info)
        present = Reading(now, info.get("run_id", ""), uptime, reading.totals_of(info))
        if self._before is not None and began_anew(self._before, present):
            self._reset_at = now
        memory = reading.memory_of(info)
        self._counted = [
            *between(self._before, present),
            *gauges(memory.used, round_trip),
            *await self._spent(commands, present),
        ]
        operations = rate(self._before, present)
        self._before = present
        offers = {**self._offers, "information": _offer_of(info_answer)}
        return Snapshot(
            at=now,
            place=self._redis.place,
            billed=self._redis.billed,
            server=server,
            memory=memory,
            totals=present.totals,
            clients=reading.clients_of(info, self._slowly.names),
            persistence=reading.persistence_of(info),
            keyspaces=reading.keyspaces_of(info),
            commands=commands[:MOST_COMMANDS],
            slow=self._slowly.slow,
            offers=tuple(offers.items()),
            round_trip=round_trip,
            operations=operations,
            reset_at=self._reset_at,
            prefixes=self._slowly.prefixes,
            quotas=_quotas(limits),
            tokens=self._slowly.tokens,
        )

    async def _ask(self, now: float) -> None:
        answers = await self._redis.commands(*PROBES.values())
        self._offers = {
            name: _offer_of(answer) for name, answer in zip(PROBES, answers, strict=True)
        }
        self._asked_at = now

    async def _read_slowly(self, now: float) -> None:
        hour = int(now) // 3600
        cachestats = [key(self._service, "cachestats", hour - n) for n in range(HOURS)]
        slow, clients, tokens, *hours = await self._redis.commands(
            ("SLOWLOG", "GET", SLOW_ENTRIES) if self._has("slow log") else ("ECHO", ""),
            ("CLIENT", "LIST") if self._has("client list") else ("ECHO", ""),
            ("SMEMBERS", key(self._service, "tokens")),
            *(("HGETALL", name) for name in cachestats),
        )
        names = sorted(_names(tokens))[:MOST_TOKENS]
        stored = await self._redis.commands(
            *(("HGETALL", key(self._service, "token", name)) for name in names)
        ) if names else []  # fmt: skip
        self._slowly = _Slowly(
            now,
            _slow(slow),
            _client_names(clients),
            kit.prefixes(
                cast("list[dict[bytes, bytes]]", [h for h in hours if isinstance(h, dict)])
            ),
            tuple(
                kit.token(name, cast("dict[bytes, bytes]", one))
                for name, one in zip(names, stored, strict=True)
                if isinstance(one, dict)
            ),
        )

    async def _spent(self, commands: Sequence[CommandTime], present: Reading) -> list[Counted]:
        """What each command cost since it was counted last, once a minute.

        Nothing where another server took over, and before the first count.
        """
        if self._before is not None and base(self._before, present) is None:
            self._spent_before = None
        if present.at - self._spent_at < SLOW_PERIOD or not commands:
            return []
        steps: dict[str, Steps] = {}
        if self._has("latency histogram"):
            (answer,) = await self._redis.commands(("LATENCY", "HISTOGRAM"))
            steps = histograms_of(answer)
        spent, before = spent_of(commands, steps), self._spent_before
        self._spent_before, self._spent_at = spent, present.at
        return [] if before is None else increases(before, spent)

    def _has(self, what: str) -> bool:
        return self._offers.get(what) is Offer.YES


def _offer_of(answer: Any) -> Offer:
    if not isinstance(answer, ServiceRedisError):
        return Offer.YES
    return {"UNSUPPORTED": Offer.NO, "NOPERM": Offer.FORBIDDEN}.get(answer.code, Offer.ERROR)


def _info_text(answer: Any) -> str:
    """The text of INFO: redis-py may have parsed it already, by version and protocol."""
    if isinstance(answer, ServiceRedisError):
        return ""
    if isinstance(answer, dict):
        return "\n".join(
            _line(name, value) for name, value in cast("dict[Any, Any]", answer).items()
        )
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else ""


def _line(name: Any, value: Any) -> str:
    if isinstance(value, dict):
        pairs = cast("dict[Any, Any]", value).items()
        value = ",".join(f"{one}={number}" for one, number in pairs)
    return f"{name}:{value}"


def _quotas(answer: Any) -> tuple[Quota, ...]:
    return kit.quotas(cast("dict[bytes, bytes]", answer)) if isinstance(answer, dict) else ()


def _names(answer: Any) -> list[str]:
    members = cast("Iterable[bytes]", answer if isinstance(answer, set | list) else ())
    return [member.decode("utf-8", "replace") for member in members if len(member) <= TEXT_LIMIT]


def _slow(answer: Any) -> tuple[Slow, ...]:
    """The entries of the slow log, without their arguments."""
    found: list[Slow] = []
    for entry in cast("list[list[Any]]", answer if isinstance(answer, list) else []):
        _, at, microseconds, words, *client = entry  # address and name since Redis 4
        named = [bytes(one).decode("utf-8", "replace") for one in reversed(client[:2])]
        found.append(
            Slow(
                float(at),
                int(microseconds),
                bytes(words[0]).decode("ascii", "replace").upper()[:TEXT_LIMIT],
                len(words) - 1,
                next((one for one in named if one), "")[:TEXT_LIMIT],
            )
        )
    return tuple(found)


def _client_names(answer: Any) -> tuple[tuple[str, int], ...]:
    """How many connections each name has; an address without its port where there is no name."""
    counts: Counter[str] = Counter()
    text: str = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else ""
    for line in text.splitlines():
        pairs = (pair.partition("=") for pair in line.split(" "))
        fields = {name: value for name, _, value in pairs}
        address = re.sub(r":\d+$", "", fields.get("addr", ""))
        if address or fields.get("name"):
            counts[(fields.get("name") or address)[:TEXT_LIMIT]] += 1
    return tuple(counts.most_common(MOST_NAMES))
