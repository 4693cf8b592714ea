"""Prism, which Stoplight wrote: serves an API's own description and refuses wrong requests."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.processes import end_with_this_process, free_port, wait_until

START = 60.0  # seconds that it may take to read a large description


@contextmanager
def prism(description: Path) -> Iterator[str]:
    """Its address while it serves; skips the test where it is not installed."""
    found = shutil.which("prism")
    if found is None:
        pytest.skip("Prism is not installed (npm i -g @stoplight/prism-cli)")
    port = free_port()
    command = [found, "mock", "--errors", "-h", "127.0.0.1", "-p", str(port), str(description)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=end_with_this_process,
    )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{url}/nothing", timeout=2).status_code == 404
        except httpx.HTTPError:
            return False

    try:
        wait_until(answers, START)
        yield url
    finally:
        process.kill()
        process.wait()
