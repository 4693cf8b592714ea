"""The kit of one process: everything wired together from settings.

kit = Kit(load(RelaySettings))            # RelaySettings extends KitSettings
app.add_middleware(OpsMiddleware, kit=kit)
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TextIO

import httpx
import structlog
from pydantic import SecretStr

from . import context, logs, settings
from .cache import Cache
from .draining import DRAIN_SECONDS, Drain
from .errors import KitError
from .heartbeat import Heart, Outbox, profile_for
from .histograms import Histograms
from .http import CALL_SECONDS, OpsTransport
from .idempotency import Idempotency
from .identity import Processor, identify, kit_version, memory_bytes
from .journal import Journal
from .keys import CONTRACT, Keys
from .kit_settings import KitSettings
from .ledger import Ledger
from .mode import ModeKeeper
from .oauth import Refresh
from .portal import LoopThread, Portal
from .rate_limit import Limit, RateLimiter
from .server import Server
from .settings_report import Reporter
from .tokens import TokenKeeper

Handler = Callable[[str], Awaitable[Any]]
Check = Callable[[], tuple[str, str]]
"""A check of /health: returns (pass, warn or fail; a sentence). It must not do any I/O."""


class Kit:
    """Everything the kit offers to one process. Start it on the event loop that will use it."""

    def __init__(
        self,
        given: KitSettings,
        *,
        environ: Mapping[str, str] | None = None,
        log_stream: TextIO | None = None,
        configure_logs: bool = True,
    ) -> None:
        self.settings = given
        environ = os.environ if environ is None else environ
        self.keys = Keys(given.ops_service)
        self.identity = identify(environ, time.time())
        instance = self.identity.instance
        url = _plain(given.redis_url)
        self.server = Server(url) if url else None
        self.profile = profile_for(url, given.ops_profile)
        journal = Journal(given.ops_journal)
        self.mode = ModeKeeper(self.server, self.keys, given.dry_run, instance, journal)
        self.histograms, self.in_flight, self.portal = Histograms(), context.InFlight(), Portal()
        self.outbox = Outbox()
        self.limits = RateLimiter(self.server, self.keys, self.outbox, self._alive)
        self.cache = Cache(self.server, self.keys, self.outbox, instance)
        self.sink = logs.LogSink(self.keys.of("logs"), log_stream)
        self.masker = logs.Masker(settings.secrets_of(given))
        if configure_logs:
            self._configure_logs()
        self.log: Any = structlog.get_logger()
        self._reporter = Reporter(given, environ, self.keys, instance, self.outbox)
        self.heart = self._make_heart()
        self.checks: dict[str, Check] = {}
        self.handler: Handler | None = None
        self.candidates: Callable[[], Awaitable[list[str]]] | None = None
        self.current_ledger: Ledger | None = None
        self._processor = Processor()
        self._thread: LoopThread | None = None
        self._starting: asyncio.Lock | None = None
        self.running = False
        self._drain = Drain(self.in_flight, self._say_draining)

    async def start(self) -> None:
        """Begin to speak. Redis may be away; then writing stays stopped until it answers."""
        self._starting = self._starting or asyncio.Lock()
        async with self._starting:
            if self.running:
                return
            self.portal.loop = asyncio.get_running_loop()
            if self.heart is not None:
                await self.heart.start()
            self.running = True
        view = self.mode.view()
        self.log.info("started", mode=view.mode, mode_reason=view.reason, profile=self.profile.name)

    async def drain(self, seconds: float = DRAIN_SECONDS) -> bool:
        """Begin nothing new, and let what is in flight end. False where it did not in time.

        Workers stop after their item, run endpoints answer 503, and the heartbeat says so at once.
        """
        return await self._drain.run(seconds)

    def drain_on_sigterm(self, seconds: float = DRAIN_SECONDS) -> None:
        """For a program without a web server: SIGTERM drains. Call it on the running loop.

        The program ends itself when its workers return; uvicorn and its like do it on their own.
        """
        self._drain.on_sigterm(seconds)

    async def stop(self) -> None:
        """Drain, send what waits, and leave."""
        if not self.running:
            return
        drained = await self.drain()
        self.running = False
        if not drained:
            self.log.warning("left in flight", **self.in_flight.figures(self.mode.epoch))
        self.log.info("stopped")
        if self.heart is not None:
            await self.heart.stop()
        if self.server is not None:
            await self.server.close()

    def start_in_thread(self) -> None:
        """For a service without an event loop; then use `portal.call` and `SyncTransport`."""
        self._thread = LoopThread()
        self._thread.start(self.start())

    def stop_thread(self) -> None:
        """The end of `start_in_thread`."""
        if self._thread is not None:
            self._thread.stop(self.stop())
            self._thread = None

    def item(self, handler: Handler) -> Handler:
        """Decorator: this function does one item; the run endpoints and `work_through` use it."""
        self.handler = handler
        return handler

    def transport(
        self, api: str, *, limit: Limit | None = None, total: float = CALL_SECONDS
    ) -> OpsTransport:
        """A transport for one external API; `limit` is shared by all instances."""
        return OpsTransport(api, self.mode, self.histograms, self.limits, limit=limit, total=total)

    def client(
        self, api: str, *, limit: Limit | None = None, total: float = CALL_SECONDS, **rest: Any
    ) -> httpx.AsyncClient:
        """An `httpx.AsyncClient` for one external API, with everything built in."""
        transport = self.transport(api, limit=limit, total=total)
        return httpx.AsyncClient(transport=transport, timeout=total, **rest)

    def idempotency(self, **options: Any) -> Idempotency:
        """Results shared by all instances. Raises KitError where there is no Redis."""
        return Idempotency(self._needed("idempotency"), self.keys, **options)

    def ledger(self, closing: str, **options: Any) -> Ledger:
        """The ledger of a closing; the run endpoints use the one made last."""
        ledger = Ledger(self._needed("the ledger"), self.keys, closing, **options)
        self.current_ledger = ledger
        return ledger

    def token(self, name: str, refresh: Refresh, **options: Any) -> TokenKeeper:
        """A keeper for a refresh token. Needs OPS_TOKEN_KEY."""
        key = _plain(self.settings.ops_token_key)
        if not key:
            raise KitError("OPS_TOKEN_KEY is not set: refresh tokens are only stored encrypted")
        options.setdefault("instance", self.identity.instance)
        return TokenKeeper(self._needed("tokens"), self.keys, name, key, refresh, **options)

    def report(self) -> dict[str, Any]:
        """What may be known of the settings elsewhere: never a value."""
        return self._reporter.make()

    def describe(self) -> dict[str, Any]:
        """The fields of the heartbeat (CONTRACT.md)."""
        view = self.mode.view()
        return {
            "v": CONTRACT,
            **self.identity.fields(),
            "at": round(time.time(), 3),
            "kit": kit_version(),
            "profile": self.profile.name,
            "interval": self.profile.interval,
            "mode": view.mode,
            "epoch": view.epoch,
            "mode_reason": view.reason,
            "environment": self.mode.ceiling if self.mode.ceiling != "live" else self.mode.default,
            **self.in_flight.figures(view.epoch),
            "draining": self.draining.is_set(),
            "writes": dict(self.mode.counts),
            "last_write_at": self.mode.last_write_at,
            "journal": len(self.mode.journal),
            "dropped_lines": self.sink.dropped,
            "dropped_minutes": self.histograms.dropped,
            "memory_bytes": memory_bytes(),
            "cpu_percent": self._processor.percent(),
            "settings": self._reporter.fingerprint,
        }

    @property
    def draining(self) -> asyncio.Event:
        """Set once it is being stopped."""
        return self._drain.begun

    def _say_draining(self) -> None:
        self.log.info("draining", **self.in_flight.figures(self.mode.epoch))
        if self.heart is not None:
            self.heart.wake()

    def _configure_logs(self) -> None:
        constant = {"service": self.keys.service, "instance": self.identity.instance}
        if self.identity.commit:
            constant["commit"] = self.identity.commit
        level = logging.getLevelNamesMapping()[self.settings.log_level.upper()]
        logs.configure(self.sink, self.masker, constant, level)

    def _make_heart(self) -> Heart | None:
        if self.server is None:
            return None
        heart = Heart(
            self.server,
            self.keys,
            self.identity.instance,
            self.mode,
            self.histograms,
            self.profile,
            self.outbox,
            self.describe,
        )
        heart.gatherers += [self.cache.counters.publish, self._reporter.publish]
        heart.lines, heart.unsent = self.sink.posts, self.sink.unsent
        return heart

    def _alive(self) -> int:
        return self.heart.instances if self.heart is not None else 1

    def _needed(self, what: str) -> Server:
        if self.server is None:
            raise KitError(f"REDIS_URL is not set: {what} must be shared by all instances")
        return self.server


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
