"""The state of a local service, kept on disk: whoever comes after a kill begins with it."""

from dataclasses import replace
from typing import Any

from console.platforms.local.disk import Disk
from console.platforms.local.model import State


class StateKeeper:
    """Keeps the one state that all parts of a controller read and change."""

    def __init__(self, disk: Disk, first: State) -> None:
        self._disk = disk
        self.state = disk.state() or first

    def save(self, **changes: Any) -> None:
        """Change it, on disk before anything follows from it."""
        state = replace(self.state, **changes)
        if state != self.state:
            self.state = state
            self._disk.save_state(state)
