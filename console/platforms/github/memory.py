"""What was read of a repository at GitHub and need not be read again. Pure."""

from dataclasses import dataclass, field

from console.platforms.hook.stages import Note

REMEMBERED = 500  # commits and deployments


@dataclass(frozen=True, slots=True)
class Told:
    """What was found, and why the rest was not; one sentence, empty where nothing failed."""

    notes: list[Note]
    problem: str = ""


@dataclass(slots=True)
class Memory:
    """What need not be read again, by commit or deployment."""

    commits: dict[str, list[Note]] = field(default_factory=dict[str, list[Note]])
    pushes: dict[str, list[Note]] = field(default_factory=dict[str, list[Note]])
    builds: dict[str, list[Note]] = field(default_factory=dict[str, list[Note]])
    statuses: dict[str, list[Note]] = field(default_factory=dict[str, list[Note]])
    between: dict[str, tuple[str, ...] | None] = field(
        default_factory=dict[str, tuple[str, ...] | None]
    )

    def trim(self) -> None:
        """Forget the oldest."""
        for known in (self.commits, self.pushes, self.builds, self.statuses, self.between):
            while len(known) > REMEMBERED:
                known.pop(next(iter(known)))
