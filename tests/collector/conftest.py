"""The Redis of a service that is collected from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.valkey_process import ValkeyProcess


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ValkeyProcess]:
    """The service's own Redis, beside the console's store."""
    directory = tmp_path / "cache"
    directory.mkdir()
    server = ValkeyProcess(directory)
    server.start()
    yield server
    server.kill()
