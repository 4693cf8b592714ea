"""Token keeper: OAuth refresh tokens that can be used once, shared by all instances.

Spending such a token twice, or losing the answer, locks the service out. Therefore:
1. before a refresh token is sent, `spending_by` is written beside it (write-ahead), in one step
   that only one instance can win; two instances never refresh at once;
2. the answer is stored encrypted in the same step that removes the marker;
3. a marker that outlives its refresh means that the token may be spent and its answer is lost:
   the keeper says 'needs re-authorisation', instead of trying and never silently.
The seed from the environment is used once; a different seed later is a re-authorisation.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
import time
from contextvars import Context
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from .errors import NeedsReauthorisation, NotSpent, RedisError
from .keys import Keys
from .locks import acquire, release, step
from .oauth import Grant, Refresh, Refused
from .server import Server

REFRESH_SECONDS = 20.0
"""A refresh may take this long; its lock and marker are believed for LOCK_SECONDS."""

LOCK_SECONDS = 30.0
MARGIN = 0.1
"""A token is refreshed when this share of its life is left, at most MARGIN_MOST seconds."""

MARGIN_MOST = 300.0
POLL_SECONDS = 0.1

SEEDS_KEPT = 50
"""Prints of used seeds that are remembered."""

OK, SPENT, REFUSED = "ok", "spent_unknown", "refused"


class TokenKeeper:
    """Keeps one named token. `key` is OPS_TOKEN_KEY (a Fernet key), the same on all instances."""

    def __init__(
        self,
        server: Server,
        keys: Keys,
        name: str,
        key: str,
        refresh: Refresh,
        *,
        seed: str | None = None,
        instance: str = "",
        lock_seconds: float = LOCK_SECONDS,
    ) -> None:
        self.name = name
        self._server, self._refresh, self._instance = server, refresh, instance
        self._fernet, self._seed = Fernet(key), seed
        self._seed_print = _seed_print(key, seed) if seed else ""
        self._hash, self._index = keys.of("token", name), keys.of("tokens")
        self._lock, self._lock_seconds = keys.of("lock", "token", name), lock_seconds
        self._access = ""
        self._fresh_until = 0.0  # Unix seconds
        self._expires_at = 0.0
        self._unsaved: tuple[dict[str, str], dict[str, str]] | None = None
        self._task: asyncio.Task[str] | None = None

    async def get(self) -> str:
        """A valid access token, refreshed where it is about to expire.

        Raises NeedsReauthorisation; while the last access token is valid it is given out all the
        same. Raises RedisError when Redis is away and no valid token is known, NotSpent when no
        token can be had now. A caller that is
        cancelled, or whose deadline passes, does not interrupt a refresh.
        """
        if self._access and time.time() < self._fresh_until and self._unsaved is None:
            return self._access
        if self._task is None or self._task.done():
            # An empty context: the deadline of one request must not cut off what all wait for.
            self._task = asyncio.create_task(self._renewed(), context=Context())
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            return await asyncio.shield(self._task)
        except (RedisError, NeedsReauthorisation, NotSpent):
            if self._access and time.time() < self._expires_at:
                return self._access
            raise

    async def _renewed(self) -> str:
        give_up = time.monotonic() + self._lock_seconds + REFRESH_SECONDS
        await self._save()
        while True:
            known = await self._read()
            if self._adopt(known):
                return self._access
            if known.get("state", OK) != OK:
                raise NeedsReauthorisation(self.name, known.get("reason", "") or known["state"])
            owner = await acquire(self._server, self._lock, self._lock_seconds)
            if owner is not None:
                try:
                    await self._rotate(await self._read())
                finally:
                    await self._let_go(owner)
            elif time.monotonic() >= give_up:
                raise NeedsReauthorisation(self.name, "another instance is still refreshing")
            else:
                await asyncio.sleep(POLL_SECONDS)

    async def _read(self) -> dict[str, str]:
        """The stored fields; a seed that was never used before replaces what was stored.

        While a service is rolled out, instances with the old seed and with the new one live side
        by side: the old one is spent, and must not come back.
        """
        known: dict[str, str] = await self._server.command("HGETALL", self._hash)
        used = known.get("seeds", "")
        if not self._seed or self._seed_print in used.split(","):
            return known
        where = {"seeds": used}
        fields = {
            "seeds": ",".join([*used.split(",")[-SEEDS_KEPT:], self._seed_print]).lstrip(","),
            "sealed": self._seal(Grant("", self._seed, 0.0)),
            "generation": str(int(known.get("generation", "0")) + 1),
            "state": OK,
        }
        gone = ("spending_by", "spending_at", "reason", "expires_at", "rotated_at", "rotated_by")
        change = {**dict.fromkeys((*gone, "refresh_expires_at"), ""), **fields}
        await step(self._server, self._hash, where, change)
        await self._server.command("SADD", self._index, self.name)
        return await self._server.command("HGETALL", self._hash)

    def _adopt(self, known: dict[str, str]) -> bool:
        """Use the stored access token, if it is fresh."""
        expires, rotated = float(known.get("expires_at") or 0), float(known.get("rotated_at") or 0)
        margin = min(MARGIN_MOST, MARGIN * max(0.0, expires - rotated))
        if time.time() >= expires:
            return False
        self._access, self._expires_at = self._open(known)["access"], expires
        self._fresh_until = expires - margin
        return time.time() < self._fresh_until

    async def _rotate(self, known: dict[str, str]) -> None:
        """Spend the refresh token. The caller holds the lock and has read `known` under it."""
        if self._adopt(known):
            return
        if known.get("spending_by"):
            # A living holder would still hold the lock, or have removed its marker.
            where = {"generation": known["generation"], "spending_by": known["spending_by"]}
            why = "an instance died while it spent the refresh token"
            await self._give_up(where, SPENT, why)
            return
        if not known.get("sealed"):
            raise NeedsReauthorisation(self.name, "there is no refresh token, and no seed")
        mine = secrets.token_hex(8)
        generation = known["generation"]
        marker = {"spending_by": mine, "spending_at": f"{time.time():.3f}"}
        where = {"generation": generation, "spending_by": ""}
        spender = self._open(known)["refresh"]
        if not await step(self._server, self._hash, where, marker):
            return
        where = {"generation": generation, "spending_by": mine}
        try:
            async with asyncio.timeout(min(REFRESH_SECONDS, self._lock_seconds * 0.7)):
                grant = await self._refresh(spender)
        except NotSpent:
            await step(self._server, self._hash, where, {"spending_by": "", "spending_at": ""})
            raise
        except Refused as error:
            await self._give_up(where, REFUSED, f"the refresh token was refused ({error})")
            raise NeedsReauthorisation(self.name, f"refused ({error})") from error
        except (Exception, asyncio.CancelledError) as error:
            # Whatever happened after sending: the token may be spent, and its successor is lost.
            why = f"the answer to a refresh was lost ({type(error).__name__})"
            with contextlib.suppress(RedisError):  # the marker is there already, and says the same
                await asyncio.shield(self._give_up(where, SPENT, why))
            if isinstance(error, asyncio.CancelledError):
                raise
            raise NeedsReauthorisation(self.name, why) from error
        self._keep(where, grant)
        await self._save()

    def _keep(self, where: dict[str, str], grant: Grant) -> None:
        """From here on the new token exists in this process only, until `_save` succeeds."""
        now = time.time()
        refresh_ends = "" if grant.refresh_seconds is None else f"{now + grant.refresh_seconds:.3f}"
        fields = {
            "sealed": self._seal(grant),
            "generation": str(int(where["generation"]) + 1),
            "expires_at": f"{now + grant.access_seconds:.3f}",
            "refresh_expires_at": refresh_ends,
            "rotated_at": f"{now:.3f}",
            "rotated_by": self._instance,
            "state": OK,
        }
        self._unsaved = (where, {**fields, "reason": "", "spending_by": "", "spending_at": ""})
        self._adopt({**fields})

    async def _save(self) -> None:
        """Store a rotated token; when Redis is away it is tried again at every `get`."""
        for attempt in range(5):
            if self._unsaved is None:
                return
            try:
                await step(self._server, self._hash, *self._unsaved)
                self._unsaved = None
            except RedisError:
                if attempt == 4:
                    return
                await asyncio.sleep(0.1 * 2**attempt)

    async def _give_up(self, where: dict[str, str], state: str, reason: str) -> None:
        # The marker stays: if its holder is alive after all, it may still store what it got.
        change = {"state": state, "reason": reason}
        if state == REFUSED:
            change |= {"spending_by": "", "spending_at": ""}
        await step(self._server, self._hash, where, change)

    async def _let_go(self, owner: str) -> None:
        try:
            await release(self._server, self._lock, owner)
        except RedisError:
            return  # it runs out by itself

    def _seal(self, grant: Grant) -> str:
        text = json.dumps({"access": grant.access, "refresh": grant.refresh})
        return self._fernet.encrypt(text.encode()).decode()

    def _open(self, known: dict[str, str]) -> dict[str, Any]:
        try:
            return json.loads(self._fernet.decrypt(known["sealed"].encode()))
        except (InvalidToken, KeyError) as error:
            raise NeedsReauthorisation(
                self.name, "the stored token was sealed with another OPS_TOKEN_KEY"
            ) from error


def _seed_print(key: str, seed: str) -> str:
    return hmac.new(key.encode(), seed.encode(), hashlib.sha256).hexdigest()[:16]
