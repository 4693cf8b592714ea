"""How many calls may be made with one token."""

from collections import deque
from dataclasses import dataclass, field

from console.errors import PlatformLimited

WINDOW = 60.0  # seconds that a budget is of


@dataclass(slots=True)
class Budget:
    """Calls that may be made with one token in any minute, all readers of this process together.

    Only the collector that holds the lease polls, so replicas share it by that. Actions are few,
    and are never refused by it.
    """

    calls: int
    made: deque[float] = field(default_factory=deque[float])
    pause_until: float = 0.0  # the platform said so

    def take(self, platform: str, now: float) -> None:
        """Count one call. Raises PlatformLimited where it may not be made."""
        if now < self.pause_until:
            raise PlatformLimited(f"{platform} asked for fewer requests.", self.pause_until)
        while self.made and self.made[0] <= now - WINDOW:
            self.made.popleft()
        if len(self.made) >= self.calls:
            text = f"The console makes at most {self.calls} requests a minute to {platform}."
            raise PlatformLimited(text, self.made[0] + WINDOW)
        self.made.append(now)
