"""The labelled log sets, where this machine has them: in `shared/data/loghub` beside the project.

Zhu et al., Loghub, ISSRE 2023, https://github.com/logpai/loghub: for research work, never copied.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

ABSENT = "the labelled logs (shared/data/loghub) are not on this machine"


@dataclass(frozen=True)
class LabelledSet:
    """Messages, and the group that people put each in."""

    name: str
    messages: tuple[str, ...]
    groups: tuple[str, ...]


def folder() -> Path | None:
    """Where the sets are, looked for in `shared` beside the project and above it."""
    for above in Path(__file__).resolve().parents:
        if (found := above / "shared" / "data" / "loghub").is_dir():
            return found
    return None


def labelled_sets() -> list[LabelledSet]:
    """All sets, by name; none where they are absent."""
    where = folder()
    return [] if where is None else [_read(path) for path in sorted(where.glob("*/*corrected.csv"))]


def grouping_accuracy(truth: tuple[str, ...], found: list[str]) -> tuple[float, float]:
    """GA: lines whose whole group is exact; FGA: F1 over groups."""
    wanted, got = _members(truth), _members(found)
    sets = {frozenset(lines) for lines in got.values()}
    exact = [lines for lines in wanted.values() if frozenset(lines) in sets]
    if not exact:
        return 0.0, 0.0
    precision, recall = len(exact) / len(got), len(exact) / len(wanted)
    lines = sum(map(len, exact)) / len(truth)
    return lines, 2 * precision * recall / (precision + recall)


def _members(labels: tuple[str, ...] | list[str]) -> dict[str, set[int]]:
    members: dict[str, set[int]] = {}
    for line, label in enumerate(labels):
        members.setdefault(label, set()).add(line)
    return members


def _read(path: Path) -> LabelledSet:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = list(csv.DictReader(file))
    return LabelledSet(
        path.parent.name,
        tuple(row["Content"] for row in rows),
        tuple(row["EventId"] for row in rows),
    )
