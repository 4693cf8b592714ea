"""What other rooms know of a deployment: log, settings and single-item runs, as the collector has
them. Nothing here raises: what cannot be read is evidence of nothing."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from console.collector.recorder import Recorder
from console.config import Config
from console.controls.runs import Run, settled
from console.deployments.evidence import ON_THE_WAY, of_log, of_run, of_settings
from console.deployments.model import Evidence, Record
from console.deployments.watch import RUN
from console.errors import StoreError
from console.health.check import Service
from console.health.model import Status
from console.instances.model import Life, judge
from console.instances.model import Snapshot as Instances
from console.logs import load as logs_document
from console.platforms.model import StageName
from console.settings import load as settings_document
from console.settings.overview import of_instances
from console.settings.profiles import find_again
from console.store import keys
from console.store.controls import RUNS
from console.store.documents import Document, DocumentError, unpacked
from console.store.write import CollectorStore

_RUN = Document(Run)
T = TypeVar("T")


class Witness:
    """Asked once a look, while a deployment is watched: about ten times each."""

    def __init__(
        self,
        config: Config,
        recorder: Recorder,
        store: CollectorStore,
        heard: Callable[[str], Instances | None],
        read_log: Callable[[str], None] = lambda _service: None,
    ) -> None:
        """`heard` gives the instances of a service as they were read last, `read_log` has its log
        read at once."""
        self._config, self._recorder, self._store = config, recorder, store
        self.heard, self._read_log = heard, read_log

    async def tell(
        self,
        service: Service,
        record: Record,
        now: float,
        apart: Sequence[tuple[float, float]] = (),
    ) -> tuple[Evidence, ...]:
        """The evidence of one deployment that is live; in `apart` ran versions found worse."""
        live = record.live_at or now
        begun = record.deployment.stage(StageName.DEPLOY).started_at or live
        reading = self._document(service.name, logs_document.NAME, logs_document.decode)
        until = live + service.verify_window
        of_lines = of_log(reading, begun, live, now, until, apart)
        if of_lines.pending and now >= until + ON_THE_WAY:
            self._read_log(service.name)
        return (
            of_lines,
            self._settings(service, live, now),
            await self._run(service, live, now),
        )

    def _settings(self, service: Service, live: float, now: float) -> Evidence:
        found = self._document(service.name, settings_document.NAME, settings_document.decode)
        if found is None:
            return of_settings(None, 0.0, live)
        named = service.settings_spec or self._config.settings.settings_spec
        spec, problems = find_again(named) if named else (None, [])
        return of_settings(of_instances(spec, found, problems, now), found.at, live)

    async def _run(self, service: Service, live: float, now: float) -> Evidence:
        try:
            (stored,) = await self._store.hashes(keys.control(service.name, RUNS))
        except StoreError:
            return Evidence(RUN, Status.UNKNOWN, "The runs cannot be read.", required=False)
        runs = [settled(run, now) for run in _RUN.decode_each(stored).values()]
        heard = self.heard(service.name)
        alive = heard.heard if heard and not heard.problem else ()
        alive = [one for one in alive if heard and judge(one, heard).life is Life.ALIVE]
        return of_run(sorted(runs, key=lambda run: -run.at), alive, live, now)

    def _document(self, service: str, name: str, decode: Callable[[bytes], T]) -> T | None:
        stored = self._recorder.latest.get((service, name))
        try:
            return None if stored is None else decode(unpacked(stored))
        except DocumentError:
            return None
