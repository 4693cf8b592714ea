"""Faults for demonstrations: one small file that every part of the sample world looks at.

The file lies in the console's private data directory, so who may write it owns the console.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PARTS = ("accounting", "cache", "relay")
FOREVER = 0.0  # in place of an end: until repaired


def broken(file: Path, part: str, now: float) -> bool:
    """Whether `part` is to be broken at `now` (Unix seconds)."""
    end = read(file).get(part)
    return end is not None and (end == FOREVER or now < end)


def read(file: Path) -> dict[str, float]:
    """The parts that are broken, with when that ends (Unix seconds, or FOREVER)."""
    try:
        content: Any = json.loads(file.read_text())
        return {str(part): float(end) for part, end in content.items()}
    except (OSError, ValueError, AttributeError, TypeError):  # none, or not ours: nothing broken
        return {}


def write(file: Path, ends: Mapping[str, float]) -> None:
    """Say which parts are broken from now on."""
    temporary = file.with_suffix(".tmp")
    temporary.write_text(json.dumps(dict(ends)))
    temporary.replace(file)
