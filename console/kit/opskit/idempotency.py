"""One result for one idempotency key, shared by all instances.

    claim = await idem.begin(key, payload)      # Done: return claim.result
    await claim.sending()                       # write-ahead: from here on it may have happened
    ... send, with the same key, or read back first where claim.uncertain ...
    await claim.done(result)

A process killed while working frees the key when its in-progress time runs out. If it had
declared `sending`, the next claim is `uncertain`: it must read back before it sends again.
A dry run reads, and never writes.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

from .errors import AlreadyRunning, KeyReused, LeaseLost
from .keys import Keys
from .locks import swap
from .server import Server

DAYS = 7.0
"""Results are kept this long: longer than any caller retries a month-end item."""

WORKING_SECONDS = 300.0
"""A claim runs out after this; it must exceed the longest single item."""

RESULT_LIMIT = 64_000
"""Characters of a stored result."""


@dataclass(slots=True)
class Claim:
    """The right to do the work of one key, or the result where it was done before."""

    key: str
    result: Any = None
    finished: bool = False  # `result` is the stored one: do nothing
    uncertain: bool = False  # someone may have sent it and died: read back before sending
    _server: Server | None = None
    _redis_key: str = ""
    _text: str = ""  # what is stored now
    _keep: float = DAYS * 86_400

    async def sending(self) -> None:
        """Record that the outbound write is about to be sent. Raises LeaseLost."""
        await self._become({"state": "sending"}, self._keep)

    async def done(self, result: Any) -> None:
        """Store the result for all instances. Raises LeaseLost, ValueError when it is too big."""
        if len(json.dumps(result, default=str)) > RESULT_LIMIT:
            raise ValueError(f"the result of {self.key} is larger than {RESULT_LIMIT} characters")
        await self._become({"state": "done", "result": result}, self._keep)
        self.finished, self.result = True, result

    async def unknown(self) -> None:
        """It was sent, and what became of it is not known: the next claim is uncertain at once."""
        await self._become({"state": "sending", "until": 0.0}, self._keep)

    async def abandon(self) -> None:
        """Nothing was sent: free the key at once."""
        if self._server is not None:
            await swap(self._server, self._redis_key, self._text, "", 1)

    async def _become(self, change: dict[str, Any], ttl: float) -> None:
        if self._server is None:
            return
        new = json.dumps({**json.loads(self._text), **change}, separators=(",", ":"), default=str)
        if not await swap(self._server, self._redis_key, self._text, new, ttl):
            raise LeaseLost(f"{self.key}: someone else works on it now")
        self._text = new


class Idempotency:
    """Keys of one service. Without Redis nothing is remembered, and `begin` raises RedisAway."""

    def __init__(
        self,
        server: Server,
        keys: Keys,
        *,
        days: float = DAYS,
        working: float = WORKING_SECONDS,
    ) -> None:
        self._server, self._keys = server, keys
        self._keep, self._working = days * 86_400, working

    async def begin(self, key: str, payload: Any = None, *, dry: bool = False) -> Claim:
        """Claim a key. Raises AlreadyRunning, KeyReused (another payload), RedisAway."""
        redis_key = self._keys.of("idem", _short(key))
        print_of = _print(payload)
        if dry:
            return self._judge(key, await self._server.command("GET", redis_key), print_of, 0)
        for _ in range(3):
            now = await self._server.now()
            mine = self._document("running", print_of, now)
            px = int(self._working * 1000)
            if await self._server.command("SET", redis_key, mine, "NX", "PX", px):
                return self._claim(key, redis_key, mine)
            stored = await self._server.command("GET", redis_key)
            found = self._judge(key, stored, print_of, now)
            if found.finished:
                return found
            # Declared as sending by someone whose time is over: take it over, unless another did.
            mine = self._document("sending", print_of, now)
            if found.uncertain and await swap(
                self._server, redis_key, str(stored), mine, self._keep
            ):
                return self._claim(key, redis_key, mine, uncertain=True)
        raise AlreadyRunning(key, self._working)

    def _document(self, state: str, print_of: str, now: float) -> str:
        owner, until = secrets.token_hex(8), round(now + self._working, 3)
        fields = {"state": state, "owner": owner, "payload": print_of, "until": until}
        return json.dumps(fields, separators=(",", ":"))

    def _claim(self, key: str, redis_key: str, text: str, uncertain: bool = False) -> Claim:
        return Claim(
            key,
            uncertain=uncertain,
            _server=self._server,
            _redis_key=redis_key,
            _text=text,
            _keep=self._keep,
        )

    def _judge(self, key: str, stored: str | None, print_of: str, now: float) -> Claim:
        """What a stored document means. `now` 0 is a dry run, which waits for nobody."""
        if stored is None:
            return Claim(key)
        try:
            document = json.loads(stored)
            payload, state = document["payload"], document["state"]
            left = float(document["until"]) - now
        except (ValueError, TypeError, KeyError) as error:
            # Whatever it was, something may have been sent: it is never taken for free.
            raise KeyReused(f"{key}: what is stored under it was not written by the kit") from error
        if payload != print_of:
            raise KeyReused(f"{key}: was used before, for another payload")
        if state == "done":
            return Claim(key, document.get("result"), finished=True)
        if now and left > 0:
            raise AlreadyRunning(key, left)
        return Claim(key, uncertain=state == "sending")


def _print(payload: Any) -> str:
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _short(key: str) -> str:
    """Keys of any length; a long one is told apart by its digest."""
    return key if len(key) <= 200 else hashlib.sha256(key.encode()).hexdigest()
