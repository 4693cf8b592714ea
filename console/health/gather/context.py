"""What all probes share: the HTTP client, TLS contexts, the resolver, the connectivity guard."""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import httpx

from console.health.check import Check
from console.health.gather import network
from console.health.gather.resolver import Resolver
from console.health.gather.trail import Failed, Target, Trail
from console.health.gather.transport import Transport, make_client

GUARD_TIMEOUT = 0.8  # seconds; a probe may take its time-out and one second, this included
GUARD_CACHE = 10.0  # seconds for which an answer holds


class Connectivity:
    """Whether the console itself has a network: told by one host that is always reachable."""

    def __init__(self, target: str, resolver: Resolver) -> None:
        host, _, port = target.rpartition(":")
        self.target = Target(host.strip("[]"), int(port)) if target else None
        self._resolver = resolver
        self._attempt: asyncio.Task[bool] | None = None
        self._until = 0.0

    async def is_offline(self) -> bool:
        """Whether the target is out of reach; `False` where there is none."""
        if self.target is None:
            return False
        if self._attempt is None or time.monotonic() >= self._until:
            self._until = time.monotonic() + GUARD_CACHE
            self._attempt = asyncio.create_task(self._try(self.target))
        return await asyncio.shield(self._attempt)  # other probes wait for the same attempt

    async def _try(self, target: Target) -> bool:
        check = Check(name="guard", type="tcp", url=f"tcp://{target}", timeout=GUARD_TIMEOUT)
        trail = Trail(check, 0.0)
        try:
            async with asyncio.timeout(GUARD_TIMEOUT):
                (await network.dial(target, trail, self._resolver)).close()
        except (Failed, TimeoutError):
            return True
        return False


class ProbeContext:
    """Use it as an async context manager, in the loop that runs the probes.

    `environment` has the variables that checks name in `url_env` and `bearer_env`. The
    `connectivity_target` is `host:port`, or empty for none. `clock` gives Unix seconds.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        connectivity_target: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.environment = environment
        self.clock = clock
        self.resolver = Resolver()
        self.connectivity = Connectivity(connectivity_target, self.resolver)
        self._verifying = network.verifying()
        self._trusting = network.trusting()
        self.client: httpx.AsyncClient = make_client(Transport(self))

    def tls(self, verify: bool) -> ssl.SSLContext:
        """The TLS context that verifies certificates, or the one that takes any."""
        return self._verifying if verify else self._trusting

    def url(self, check: Check) -> str | None:
        """The URL of the check, or `None` where its variable is not set."""
        return self.environment.get(check.url_env) or None if check.url_env else check.url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.client.aclose()
        self.resolver.close()
