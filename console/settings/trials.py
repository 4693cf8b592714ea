"""Trials that run in a thread of their own, so that no page waits for the network."""

import asyncio
import threading
from collections.abc import Mapping, Sequence

from console.settings.gather.live import SERVICE_URL, WAYS, to_try, try_all, way_of
from console.settings.interpolation import references
from console.settings.model import Spec, Variable
from console.settings.trial import Trial

__all__ = ["SERVICE_URL", "WAYS", "Attempt", "start", "to_try", "way_of"]

MOST = 50  # variables of one attempt
_running = threading.BoundedSemaphore(2)  # attempts of this process


class Attempt:
    """One attempt at several values. The values are forgotten when it is over."""

    def __init__(self, variables: Sequence[Variable], values: Mapping[str, str]) -> None:
        self.count = len(variables)
        self.results: list[Trial] = []
        self.done = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(variables, values), name="settings-trial", daemon=True
        )
        self._thread.start()

    def _run(self, variables: Sequence[Variable], values: Mapping[str, str]) -> None:
        try:
            self.results = asyncio.run(try_all(variables, values))
        finally:
            _running.release()
            self.done.set()


def start(spec: Spec, values: Mapping[str, str]) -> Attempt | None:
    """Begin; None where two run already."""
    if not _running.acquire(blocking=False):
        return None
    variables = to_try(spec, values)[:MOST]
    names = {one.name for one in variables} | _named(variables) | {SERVICE_URL}
    return Attempt(variables, {name: text for name, text in values.items() if name in names})


def _named(variables: Sequence[Variable]) -> set[str]:
    """The variables that an address names."""
    return {match[1] for one in variables for match in references(one.live_url)}
