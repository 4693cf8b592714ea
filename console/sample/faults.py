"""Faults for demonstrations: one small file that every part of the sample world looks at.

The file lies in the console's private data directory, so who may write it owns the console.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse

PARTS = ("accounting", "cache", "relay", "drift", "placeholder", "timeout", "undeployed")
GROUPS = {"settings": ("drift", "placeholder", "timeout")}  # several parts by one name
# What is wrong with the settings of the relay while such a part is broken.
WRONG_SETTINGS: Mapping[str, Mapping[str, str]] = {
    # what a documentation shows, copied and never filled in: everybody can look it up, and the
    # console's own token is refused
    "placeholder": {"RUN_TOKEN": "replace-me-with-the-output-of-openssl-rand-hex-32"},
    # one call may now take longer than its item, and a reader waits for it
    "timeout": {"API_TIMEOUT_SECONDS": "90"},
}
WRONG_ON_ONE: Mapping[str, Mapping[str, str]] = {  # only the newest instance starts with it
    "drift": {"RATE_LIMIT_PER_MINUTE": "30"}
}
FOREVER = 0.0  # in place of an end: until repaired

# Set at the sample's platform, while no instance was started since.
UNDEPLOYED: Mapping[str, Mapping[str, str]] = {"undeployed": {"LOG_LEVEL": "warning"}}


def broken(file: Path, part: str, now: float) -> bool:
    """Whether `part` is to be broken at `now` (Unix seconds)."""
    end = read(file).get(part)
    return end is not None and (end == FOREVER or now < end)


def wrong_settings(file: Path, now: float, *, newest: bool) -> dict[str, str]:
    """Variables that an instance of the relay is to be started with in place of the right ones."""
    wrong = {**WRONG_SETTINGS, **(WRONG_ON_ONE if newest else {})}
    found: dict[str, str] = {}
    for part, variables in wrong.items():
        found |= variables if broken(file, part, now) else {}
    return found


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


class Breakable:
    """A service that answers 500 to everything while it is to be broken.

    It stands around the kit's middleware, so that /health fails as well, and logs in its place.
    """

    def __init__(self, app: Any, file: str, log: Any) -> None:
        self.app, self.file, self.log = app, Path(file), log

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one request."""
        if scope["type"] == "http" and broken(self.file, "relay", time.time()):
            told = {"method": scope["method"], "route": scope["path"], "status": 500}
            self.log.error("request", error="the relay is broken for a demonstration", **told)
            await JSONResponse({"error": "broken for a demonstration"}, 500)(scope, receive, send)
            return
        await self.app(scope, receive, send)
