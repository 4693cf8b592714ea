"""The program: configuration in, signals and the end of the parent out."""

import argparse
import asyncio
import logging
import signal
import sys

from console.collector.collector import Collector
from console.config import Config, as_table, load_here
from console.errors import ConfigError, ConsoleError
from console.parent import told, when_parent_ends
from console.store.spool import Spool
from console.store.write import CollectorStore

log = logging.getLogger("console.collector")


def main() -> int:
    """Collect until a signal or, as a child, the parent's end. Returns the exit code."""
    arguments = argparse.ArgumentParser("console.collector", description=__doc__)
    arguments.add_argument(
        "--child",
        action="store_true",
        help="read the configuration from standard input and end with it",
    )
    child = arguments.parse_args().child
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        config = Config.from_dict(told()) if child else load_here()
        _check_alone(config)
    except ConfigError as error:
        print(as_table(error.problems), file=sys.stderr)
        return 1
    try:
        asyncio.run(_collect(config, child))
    except ConsoleError as error:
        log.error("%s", error)
        return 1
    return 0


def _check_alone(config: Config) -> None:
    """A collector of its own needs a store and services that exist without the web process."""
    problems: list[str] = []
    if config.settings.store_url is None:
        problems.append(
            "CONSOLE_STORE_URL: is not set; a collector that runs alone shares the console's store"
        )
    if not config.services:
        problems.append("SERVICE_URL: is not set, and there is no services file: nothing to watch")
    if problems:
        raise ConfigError(problems)


async def _collect(config: Config, child: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if child:
        when_parent_ends(lambda: loop.call_soon_threadsafe(_end, stop))
    settings = config.settings
    spool = Spool(settings.data_dir / "spool")
    # Only one process can have the spool open: whoever has it may take the lease of its last user,
    # so that a restart after a crash need not wait until the lease runs out.
    store = CollectorStore(config.store_url, settings.store_profile, owner=spool.id)
    await Collector(config, store, spool).run(stop)


def _end(stop: asyncio.Event) -> None:
    log.info("The console has ended; so does its collector.")
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
