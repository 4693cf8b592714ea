"""The variables that were set on a local service while it ran, beside those of its `service.json`.

Each change is a deployment with a file of its own: all that were set by then. While it is rolled
out, copies of the release before are started with what was in force before; where it fails, that
simply stays. Later deployments, rollbacks too, take what is in force: only setting a variable
changes it.
"""

import os
import re
from collections.abc import Mapping

from console.errors import NotOffered, PlatformUnreadable
from console.platforms.local.disk import Disk
from console.platforms.local.model import LocalService, State

OWN = ("PORT", "OPS_COMMIT", "OPS_INSTANCE", "OPS_SERVICE", "PATH", "VIRTUAL_ENV")
MOST_BYTES = 64 * 1024  # of a value; Linux takes 128 KiB
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


def refuse(name: str, value: str, service: LocalService) -> None:
    """Raises NotOffered where this variable cannot be set, or not to this."""
    if not _NAME.fullmatch(name):
        raise NotOffered("A name has letters, digits and _, and begins with no digit.")
    if name in OWN or (name == "REDIS_URL" and service.redis):
        raise NotOffered(f"{name} is what the platform on this machine gives every copy itself.")
    try:
        size = len(os.fsencode(value))
    except UnicodeEncodeError:
        size = -1
    if "\0" in value or not 0 <= size <= MOST_BYTES:
        raise NotOffered(
            f"A value is text of at most {MOST_BYTES // 1024} KiB without a zero byte."
        )


def given(disk: Disk, state: State, release: str) -> Mapping[str, str]:
    """What copies of a release are started with.

    Raises PlatformUnreadable where that is lost: without it a copy might do what it should not.
    """
    own = disk.variables(release)
    if own is not None:
        return own
    if not state.variables:
        return {}
    kept = disk.variables(state.variables)
    if kept is None:
        raise PlatformUnreadable(f"The variables of {state.variables} are not on disk any more.")
    return kept


def in_force(disk: Disk, state: State, live: str) -> str:
    """The name of what is in force once a release is live."""
    return state.variables if disk.variables(live) is None else live


def tidy(disk: Disk, state: State) -> None:
    """Remove what was in force once, and what never came to be."""
    needed = {state.variables, state.running, state.current, state.target}
    for path in disk.path("variables").glob("*.json"):
        if path.stem not in needed:
            path.unlink(missing_ok=True)
