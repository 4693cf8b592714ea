"""Mode: may this instance send outbound writes now?

The instance learns the mode from its heartbeat. Each write is decided again in Redis by one
atomic script, which compares the epoch that the work carries with the present one and counts the
write; so an instance that missed a switch cannot write on, and the count is evidence.
"""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from . import context
from .errors import Contended, KitError, RedisAway, RedisError, RedisRefused, WriteRefused
from .journal import Journal
from .keys import Keys
from .present import GUARD, SWITCH, Mode, known_mode, read_present, safer
from .server import Server

MAX_STALE = 30.0
"""Seconds for which the last known mode holds without Redis; then writing stops."""

__all__ = ["MAX_STALE", "Mode", "ModeKeeper", "ModeView", "Permit", "switch"]


@dataclass(frozen=True, slots=True)
class ModeView:
    """The mode as this instance sees it. `reason`: redis, env, missing, went_back, unread, away."""

    mode: Mode
    epoch: int
    reason: str
    age: float  # seconds since Redis confirmed it


@dataclass(frozen=True, slots=True)
class Permit:
    """A write that may be sent. `verdict`: permitted, granted or unverified."""

    verdict: str
    mode: Mode
    epoch: int


class ModeKeeper:
    """What one instance knows of the mode. Reads are thread-safe; `guard` is for the event loop.

    `dry_run` is the environment's DRY_RUN: True is an upper bound that Redis cannot lift, False
    means live, None (not set) means dry run, the last two only while no mode was ever set.
    """

    def __init__(
        self,
        server: Server | None,
        keys: Keys,
        dry_run: bool | None,
        instance: str,
        journal: Journal | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._keys = keys
        self._instance = instance
        self._clock = clock
        self._lock = threading.Lock()
        self._mode: Mode | None = None
        self._epoch = 0
        self._reason = "unread"
        self._read_at: float | None = None
        self._away = False
        self._unguarded_since: float | None = None
        self.ceiling = Mode.DRY_RUN if dry_run else Mode.LIVE
        self.default = Mode.LIVE if dry_run is False else Mode.DRY_RUN
        self.journal = Journal() if journal is None else journal  # an empty one is falsy
        self.counts: dict[str, int] = {}
        self.last_write_at: float | None = None
        self.on_change: Callable[[], None] = lambda: None

    @property
    def epoch(self) -> int:
        """The greatest epoch this instance has seen."""
        return self._epoch

    def view(self) -> ModeView:
        """The mode now: what Redis last said, never above what the environment allows."""
        if self._server is None:
            return ModeView(self.default, 0, "env", 0.0)
        with self._lock:
            mode, epoch, reason, read_at = self._mode, self._epoch, self._reason, self._read_at
        if mode is None or read_at is None:
            return ModeView(Mode.PAUSED, epoch, "unread", float("inf"))
        age = self._clock() - read_at
        if self._away and age > MAX_STALE:
            return ModeView(Mode.PAUSED, epoch, "away", age)
        bounded = safer(mode, self.ceiling)
        return ModeView(bounded, epoch, reason if bounded is mode else "env", age)

    def learn(self, mode: Mode | None, epoch: int) -> bool:
        """Take in what Redis says now. True where mode or epoch differ from what was known."""
        with self._lock:
            before = (self._mode, self._epoch)
            if mode is None and self._epoch:
                mode, reason = Mode.PAUSED, "missing"
            elif epoch < self._epoch:
                mode, reason = Mode.PAUSED, "went_back"
            elif mode is None:
                mode, reason = self.default, "env"
            else:
                self._epoch, reason = epoch, "redis"
            self._mode, self._reason = mode, reason
            self._read_at, self._away = self._clock(), False
            return before != (self._mode, self._epoch)

    def lost(self) -> None:
        """Redis gave no answer: from now on the last known mode ages."""
        self._away = True

    async def refresh(self) -> ModeView:
        """Read the mode by plain reads, which a full or read-only server still answers."""
        if self._server is not None:
            try:
                mode, epoch, _ = await read_present(
                    self._server, self._keys.of("mode"), self._keys.of("epoch")
                )
            except RedisError:
                self.lost()
                raise
            self.learn(mode, epoch)
        return self.view()

    async def guard(self, what: str) -> Permit:
        """Ask for one outbound write, of the work at hand. Raises WriteRefused.

        `what` is for people and logs (method and path); it must not hold a secret.
        """
        work = context.current.get()
        try:
            permit = await self._decide(what, work)
        except WriteRefused as refusal:
            self._count(refusal.reason, work)
            if work is not None:
                work.planned.append(what)
            raise
        self._count(permit.verdict, work)
        self.last_write_at = time.time()
        return permit

    async def _decide(self, what: str, work: context.Work | None) -> Permit:
        view = self.view()
        carried = view.epoch if work is None else work.epoch
        ceiling = Mode.DRY_RUN if work is not None and work.dry else self.ceiling
        if self._server is None:
            if safer(view.mode, ceiling) is Mode.LIVE:
                return Permit("permitted", Mode.LIVE, 0)
            raise WriteRefused(what, "refused", safer(view.mode, ceiling), 0)
        default = Mode.PAUSED if self._epoch else self.default
        run, item, grant = (work.run, work.item, work.grant) if work else ("", "", "")
        keys = [self._keys.of(name) for name in ("mode", "epoch", "writes")]
        keys.append(self._keys.of("grant", grant or "-"))
        args = (carried, ceiling, default, run if grant else "", item)
        try:
            verdict, mode, epoch, _ = await self._server.run(GUARD, keys, args)
        except Contended as error:
            raise WriteRefused(what, "contended", view.mode, view.epoch) from error
        except (RedisAway, RedisRefused) as error:
            if isinstance(error, RedisAway):
                self.lost()
            return self._unverified(what, carried, ceiling, error)
        self._unguarded_since = None
        answered, now_epoch = known_mode(mode) or Mode.PAUSED, int(epoch)
        if self.learn(answered if now_epoch or self._epoch else None, now_epoch):
            self.on_change()
        if verdict in ("permitted", "granted"):
            return Permit(verdict, answered, now_epoch)
        raise WriteRefused(what, verdict, safer(answered, ceiling), now_epoch)

    def _unverified(self, what: str, carried: int, ceiling: Mode, error: KitError) -> Permit:
        """Without Redis: the last known mode for MAX_STALE seconds, and every write journalled."""
        view = self.view()
        mode = safer(view.mode, ceiling)
        if self._unguarded_since is None:
            self._unguarded_since = self._clock() - (0.0 if view.age > MAX_STALE else view.age)
        # A server that answers reads but cannot count (full, read-only) keeps the mode fresh, so
        # the time without a guard is limited as well as the age of the mode.
        unguarded = self._clock() - self._unguarded_since
        stale = max(view.age, unguarded) > MAX_STALE
        if mode is not Mode.LIVE or stale or carried != view.epoch:
            raise WriteRefused(what, "away", mode, view.epoch) from error
        kept = self.journal.append(
            {
                "id": secrets.token_hex(8),
                "at": round(time.time(), 3),
                "instance": self._instance,
                "epoch": view.epoch,
                "what": what[:200],
            }
        )
        if not kept:
            raise WriteRefused(what, "journal_full", mode, view.epoch) from error
        return Permit("unverified", mode, view.epoch)

    def _count(self, verdict: str, work: context.Work | None) -> None:
        self.counts[verdict] = self.counts.get(verdict, 0) + 1
        if work is not None:
            work.writes[verdict] = work.writes.get(verdict, 0) + 1


async def switch(
    server: Server,
    keys: Keys,
    mode: Mode,
    *,
    by: str,
    reason: str,
    epoch: int | None,
    expires_at: float | None = None,
    on_expiry: Mode | None = None,
    floor: int = 0,
) -> tuple[bool, int]:
    """Set the mode if the epoch is still `epoch`; `None` is for the safer side only.

    Returns whether it was set, and the epoch that holds now. The console does the same from the
    contract; this is for services that switch themselves (a breaker that trips to paused).
    """
    done, now_epoch = await server.run(
        SWITCH,
        [keys.of("mode"), keys.of("epoch")],
        (
            "" if epoch is None else epoch,
            mode,
            by,
            reason,
            "" if expires_at is None else f"{expires_at:.3f}",
            on_expiry or (Mode.PAUSED if expires_at is not None else ""),
            floor,
            keys.of("bell"),
        ),
    )
    return bool(done), int(now_epoch)
