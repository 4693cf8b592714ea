"""Series: one measured quantity over time, named the same way everywhere."""

import re
from dataclasses import dataclass

_KIND = re.compile(r"[a-z][a-z0-9_]*")
NAME_LIMIT = 300  # characters; a name is part of a key, and some servers limit those

# The phases of one request, in their order; each is a series of its own beside the whole.
PHASES = ("resolve", "connect", "tls", "first_byte", "transfer")
COLD_START = "cold_start"  # answers that had to wake the service are kept apart under this phase


@dataclass(frozen=True, slots=True)
class SeriesId:
    """What a series measures: `check:api`, `check:api:connect`, `route:GET /x`, `instance:ab12`."""

    kind: str
    name: str
    phase: str = ""

    def __post_init__(self) -> None:
        if not _KIND.fullmatch(self.kind):
            raise ValueError(
                f"{self.kind!r} is not a kind of series: lower case letters, digits, _"
            )
        if not 0 < len(self.name) <= NAME_LIMIT:
            raise ValueError(f"the name of a series has 1 to {NAME_LIMIT} characters")
        if self.phase and not _KIND.fullmatch(self.phase):
            raise ValueError(f"{self.phase!r} is not a phase: lower case letters, digits, _")

    def __str__(self) -> str:
        text = f"{self.kind}:{self.name}"
        return f"{text}:{self.phase}" if self.phase else text


def parse_series(text: str) -> SeriesId:
    """Read what `str()` of a series gave. Raises ValueError for anything else.

    A name may have colons of its own; its last part is a phase only where it is a known one.
    """
    kind, _, rest = text.partition(":")
    name, _, phase = rest.rpartition(":")
    if name and phase in (*PHASES, COLD_START):
        return SeriesId(kind, name, phase)
    return SeriesId(kind, rest)
