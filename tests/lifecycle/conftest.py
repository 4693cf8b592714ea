"""Whole consoles as real processes, of which nothing is left behind even where a test fails."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.console_process import Console, console_in

Make = Callable[..., Console]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Make a console that is not started yet; it ends with the module."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("this system does not tell which processes are a console's")
    consoles: list[Console] = []

    def make(**environment: str) -> Console:
        console = console_in(tmp_path_factory.mktemp("console"), **environment)
        consoles.append(console)
        return console

    yield make
    for console in consoles:
        console.stop()
        for pid in console.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
