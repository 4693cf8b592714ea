"""How delivery is set up and whether it works, as the collector found it. Plain data.

One document in the store: the page shows it, since only the collector sends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

NAME = "alerts"  # of the document that the collector writes


@dataclass(frozen=True, slots=True)
class Setup:
    """Times are Unix seconds; sentences hold nothing of an address."""

    at: float
    channels: tuple[str, ...] = ()  # ids, as the collector has them
    judged: bool = False  # whether the addresses were looked at
    problems: Mapping[str, str] = field(default_factory=dict[str, str])  # by channel id
    deadman_at: float | None = None  # when it was called last
    deadman_ok_at: float | None = None
    deadman_problem: str = ""
    offline_since: float | None = None  # the console has no network: nothing is told
