"""Probes at once what an operator asks for, and answers with the result.

A request without a check asks to look at the deployments of its service at once.
"""

import logging
from collections.abc import Callable

from console.collector.prober import Prober
from console.config import Config
from console.errors import StoreError
from console.store.model import ProbeRequest
from console.store.write import CollectorStore

log = logging.getLogger(__name__)


class Requests:
    """Serves the requests of one store; `probed` is called after each probe, `look_now` with the
    name of the service whose deployments are asked for."""

    def __init__(
        self,
        config: Config,
        store: CollectorStore,
        prober: Prober,
        probed: Callable[[], None],
        look_now: Callable[[str], None],
    ) -> None:
        self._config, self._store, self._prober = config, store, prober
        self._probed, self._look_now = probed, look_now

    async def serve(self) -> None:
        """Until it is cancelled. Only the holder of the lease answers."""
        async for request in self._store.requests():
            if not self._store.fence:
                continue
            if request.check:
                await self._answer(request)
            else:
                self._look_now(request.service)

    async def _answer(self, request: ProbeRequest) -> None:
        service = self._config.service(request.service)
        check = service.check(request.check) if service else None
        if service is None or check is None:
            log.warning("A request for a check that is not configured is ignored.")
            return
        result = await self._prober.probe(service, check)
        if result is None:
            return
        self._probed()
        try:
            await self._store.answer(request.id, result)
        except StoreError as error:
            log.warning("A requested probe ran, its answer is lost: %s", error)
