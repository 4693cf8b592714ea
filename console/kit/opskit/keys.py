"""Names of the Redis keys, exactly as CONTRACT.md lists them."""

import re
from dataclasses import dataclass

CONTRACT = 1
"""Version of the contract; it is part of every key."""

_SERVICE = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the keys of one service. Raises `ValueError` for a name that the contract forbids."""

    service: str

    def __post_init__(self) -> None:
        if not _SERVICE.fullmatch(self.service):
            raise ValueError(
                f"service name {self.service!r}: use 1-63 of a-z 0-9 . _ - beginning with a-z 0-9"
            )

    def of(self, *parts: str | int) -> str:
        """The key `ops:1:<service>:<parts joined by colons>`."""
        return ":".join(("ops", str(CONTRACT), self.service, *map(str, parts)))
