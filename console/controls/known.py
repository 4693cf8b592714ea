"""Whether an item is one that the console knows, so that its id is no slip of the hand. Pure."""

from collections.abc import Iterable

from console.controls.runs import Run

UNKNOWN_ITEM = (
    "{item} did not run live: it is none of the items that failed last, and none that went through "
    "from here. Run it dry first, or choose it under Item and confirm its id."
)


def ran_before(item: str, runs: Iterable[Run]) -> bool:
    """Whether it went through, or ran live (where its id was known, or confirmed)."""
    return any(run.item == item and (run.passed or not run.dry) for run in runs)
