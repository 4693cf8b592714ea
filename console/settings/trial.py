"""What a trial of a value can say. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Whether a value works."""

    WORKS = "works"
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Trial:
    """One value, tried once. No text holds the value."""

    name: str
    outcome: Outcome
    text: str  # follows the name
    at: float  # Unix seconds
