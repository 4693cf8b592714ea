"""The small interface through which a recommendation is applied.

The sample's supervisor is one (`gather.py`); every platform adapter that can scale is one by
`platform.py`.
"""

from dataclasses import dataclass
from typing import Protocol

from console.errors import ConsoleError


class ScalingError(ConsoleError):
    """A platform did not scale. The sentence says why, without a secret."""


@dataclass(frozen=True, slots=True)
class Range:
    """What a platform is told: never fewer than `least`, never more than `most` instances."""

    least: int
    most: int

    @property
    def words(self) -> str:
        """`2`, `2 to 8`."""
        return f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"


class Scaler(Protocol):
    """Scales one service. Every method may take seconds and raises ScalingError."""

    @property
    def title(self) -> str:
        """Who scales: `the sample's supervisor`, `Render`."""
        ...

    @property
    def limits(self) -> Range:
        """The smallest and the greatest number that it can run."""
        ...

    def read(self) -> Range:
        """What is set now."""
        ...

    def running(self) -> int | None:
        """How many run, as the platform says; None where it does not tell."""
        ...

    def preview(self, wanted: Range) -> str:
        """What exactly `apply` would send, to be shown before. Holds no secret."""
        ...

    def apply(self, wanted: Range) -> Range:
        """Set it, and give what was set. Setting what is set already changes nothing."""
        ...
