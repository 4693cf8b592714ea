"""What lives as long as the web process: the embedded server, the store's client, the children.

There is one Runtime in a process. It is kept in a synthetic module, which has no file: Streamlit's
watcher evicts modules whose files changed and "Clear cache" empties its caches, and neither may
start a second collector.
"""

import atexit
import sys
import threading
import types
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from console.alerts.desk import AlertDesk
from console.cache.analyses import Analyses
from console.config import Config, load_here
from console.controls.desk import Desk
from console.controls.running import Running
from console.deployments.act import Actor
from console.errors import ConfigError, ConsoleError
from console.instances.scaling.applier import Applier
from console.instances.scaling.gather import SampleScaler
from console.instances.scaling.platform import platform_scalers
from console.instances.scaling.scaler import Scaler
from console.processes import Child, module, private_directory
from console.sample.service import CACHE_VARIABLE, RUN_TOKEN_VARIABLE, SERVICE, service
from console.sample.world import World
from console.store.embedded import EmbeddedServer
from console.store.profile import Profile
from console.store.read import Store
from console.uploads import Uploads

WATCH_INTERVAL = 1.0  # seconds between two looks at the embedded servers
WATCH_LIMIT = 10.0  # seconds that a stop waits for the look under way


class Runtime:
    """Everything one web process owns. Made with its parts, so that tests can give others."""

    def __init__(self, config: Config, store: Store) -> None:
        self.config = config
        self.store = store
        self.collector: Child | None = None
        self.server: EmbeddedServer | None = None
        self.world: World | None = None
        self.analyses = Analyses()
        self.desk = Desk(config)
        self.running = Running(config, self.desk)
        self.uploads = Uploads()
        self.alerts = AlertDesk(config, self.desk)
        self.scaling = Applier(config, store, self.desk, {})
        self.actor = Actor(config, store, self.desk)
        self._stopped = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="console-watch", daemon=True)

    @property
    def profile(self) -> Profile:
        """How often pages look at the store."""
        return self.store.profile

    def start(self) -> None:
        """Start the collector, and look after the servers from now on."""
        if self.config.settings.collector:
            self.collector = Child(
                "collector",
                [*module("console.collector"), "--child"],
                self.config.settings.data_dir,
                self.config.to_dict,
            )
            self.collector.start()
        self._watcher.start()
        self.scaling.start()

    def scale_by(
        self, scalers: Mapping[str, Scaler], reasons: Mapping[str, str] | None = None
    ) -> None:
        """Give what scales the services, by their names, and why others cannot be; before the
        start."""
        self.scaling = Applier(self.config, self.store, self.desk, scalers, reasons=reasons)

    def stop(self) -> None:
        """Stop everything: first what writes to the store, last the store."""
        self._stopped.set()
        self.scaling.stop()
        self.desk.stop()
        self.alerts.stop()
        self.analyses.stop()
        if self._watcher.is_alive():  # or it would start again what is stopped here
            self._watcher.join(WATCH_LIMIT)
        if self.collector:
            self.collector.stop()
        if self.world:
            self.world.stop()
        self.store.close()
        if self.server:
            self.server.stop()

    def _watch(self) -> None:
        said = ""
        while not self._stopped.wait(WATCH_INTERVAL):
            try:
                if self.server:
                    self.server.ensure()
                if self.world:
                    self.world.watch()
            except (ConsoleError, OSError) as error:  # tried again at the next look
                if str(error) != said:
                    said = str(error)
                    print(f"The embedded server: {error}", file=sys.stderr, flush=True)
            else:
                said = ""


def build(config: Config) -> Runtime:
    """Make and start the runtime of a web process.

    Raises ConfigError where the data directory cannot be used, StoreRefused where the embedded
    server cannot run. A store elsewhere that does not answer is no reason not to start: the pages
    say so.
    """
    data_dir = _data_dir(config.settings.data_dir)
    settings = config.settings.model_copy(update={"data_dir": data_dir})
    config = replace(config, settings=settings)
    server = world = None
    try:
        if settings.store_url is None:
            server = EmbeddedServer(data_dir / "valkey")
            config = config.with_store(server.start())
        url = config.store_url
        if config.sample:
            world = World(data_dir, url, settings.sample_instances)
            at = world.start()
            secrets = {CACHE_VARIABLE: at.cache, RUN_TOKEN_VARIABLE: world.run_token}
            config = replace(config, services=(service(at),), secrets=secrets)
        runtime = Runtime(config, Store(url, settings.store_profile))
        runtime.server, runtime.world = server, world
        if world:
            runtime.scale_by({SERVICE: SampleScaler(world)})
        else:
            runtime.scale_by(*platform_scalers(config))
        runtime.start()
    except BaseException:
        if world:
            world.stop()
        if server:
            server.stop()
        raise
    return runtime


def _data_dir(path: Path) -> Path:
    try:
        return private_directory(path).resolve()
    except OSError as error:
        reason = f"{path} cannot be used ({error.strerror})"
        raise ConfigError([f"CONSOLE_DATA_DIR: {reason}"]) from None


def get_runtime(load: Callable[[], Config] = load_here) -> Runtime:
    """The runtime of this process; started where there is none yet.

    Raises ConfigError or StoreRefused where it cannot be started.
    """
    with _registry.lock:
        if _registry.runtime is None:
            _registry.runtime = build(load())
            _registry.starts += 1
            atexit.register(stop_runtime)  # where no lifespan does it
        return _registry.runtime


def running() -> Runtime | None:
    """The runtime of this process where there is one; never starts it."""
    with _registry.lock:
        return _registry.runtime


def set_runtime(runtime: Any) -> None:
    """Put another runtime in its place, or none: for tests."""
    with _registry.lock:
        _registry.runtime = runtime


def stop_runtime() -> None:
    """Stop the runtime of this process, if there is one."""
    with _registry.lock:
        runtime, _registry.runtime = _registry.runtime, None
    if runtime is not None:
        runtime.stop()


def starts() -> int:
    """How many runtimes this process has started."""
    return _registry.starts


class _Registry(types.ModuleType):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.lock = threading.Lock()
        self.runtime: Runtime | None = None
        self.starts = 0


_REGISTRY_NAME = "_console_process"
_registry = cast("_Registry", sys.modules.setdefault(_REGISTRY_NAME, _Registry(_REGISTRY_NAME)))
