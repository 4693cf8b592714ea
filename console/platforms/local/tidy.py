"""Removes what no deployment needs any more: old builds, environments, records, logs."""

import shutil
from contextlib import suppress
from pathlib import Path

from console.platforms.local.build import ENVIRONMENT, PART
from console.platforms.local.disk import Disk
from console.platforms.local.model import State

BUILDS_KEPT = 5  # of the last deployments, so that a rollback need not build
DEPLOYMENTS_KEPT = 500  # with their logs


def tidy(disk: Disk, state: State) -> None:
    """Call only while nothing is being built."""
    recent = disk.deployments(BUILDS_KEPT)
    needed = {one.commit for one in recent}
    for name in {state.running, *(copy.release for copy in state.copies)}:
        if one := disk.deployment(name):
            needed.add(one.commit)
    builds = disk.path("builds")
    for path in builds.iterdir():
        if path.name not in needed or path.name.endswith(PART):
            shutil.rmtree(path, ignore_errors=True)
    used = {_environment(path) for path in builds.iterdir()}
    for path in disk.path("venvs").iterdir():
        if path.name not in used:
            shutil.rmtree(path, ignore_errors=True)
    names = sorted(path.stem for path in disk.path("deployments").glob("*.json"))
    for name in names[:-DEPLOYMENTS_KEPT]:
        if name != state.running:
            disk.path(f"deployments/{name}.json").unlink(missing_ok=True)
            for log in disk.path("logs").glob(f"{name}.*"):
                log.unlink(missing_ok=True)
    disk.bound_logs()


def _environment(build: Path) -> str:
    with suppress(OSError):
        return (build / ENVIRONMENT).read_text()
    return ""
