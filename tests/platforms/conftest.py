"""One local platform for a test, with everything it started ended afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platforms.local_service import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    made.controller.end()
