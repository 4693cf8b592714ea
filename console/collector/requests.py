"""What an operator asks for at once: a probe, answered with its result; a look at deployments."""

import logging
from collections.abc import Callable

from console.collector.prober import Prober
from console.config import Config
from console.errors import StoreError
from console.store.model import ProbeRequest
from console.store.write import CollectorStore

log = logging.getLogger(__name__)


class Requests:
    """Serves the requests of one store.

    `probed` is called after each probe, `deployments` with the service whose are asked for.
    """

    def __init__(
        self,
        config: Config,
        store: CollectorStore,
        prober: Prober,
        probed: Callable[[], None],
        deployments: Callable[[str], None],
    ) -> None:
        self._config, self._store, self._prober = config, store, prober
        self._probed, self._deployments = probed, deployments

    async def serve(self) -> None:
        """Until it is cancelled. Only the holder of the lease answers.

        A request without a check asks for the deployments.
        """
        async for request in self._store.requests():
            if self._store.fence and not request.check:
                self._deployments(request.service)
            elif self._store.fence:
                await self._answer(request)

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
