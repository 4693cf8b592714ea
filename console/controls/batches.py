"""Batches: how one stands, and what each line of the service's answer adds to it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from console.words import counted

BATCH_SECONDS = 600.0
STEPS = (1, 10, 100)  # percent of what waits, one after the other
FAILURES_ALLOWED = 2  # a batch stops at so many: 2 of the first 10 say that something is wrong
MOST_FAILED = 20  # items with their reasons that a batch keeps


@dataclass(frozen=True, slots=True)
class Batch:
    """Several items one after the other."""

    id: str
    service: str
    percent: float
    dry: bool
    by: str
    at: float
    state: str = "running"
    done: int = 0
    of: int = 0
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    stopped: str = ""  # why it ended early
    failed_items: tuple[tuple[str, str], ...] = ()  # item and reason

    @property
    def passed(self) -> bool:
        """Whether the next step may be taken."""
        clean = not self.counts.get("failed") and not self.stopped
        return self.state == "ended" and self.done > 0 and clean


def batch_sentence(batch: Batch) -> str:
    """How a batch stands."""
    counts = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in batch.counts.items() if n)
    how = f"{batch.percent:g} % {'dry' if batch.dry else 'live'}"
    if batch.state == "running":
        return f"{how}: {batch.done:,} of {batch.of:,} items. {counts}".strip()
    stopped = f" Stopped: {batch.stopped}." if batch.stopped else ""
    state = {"ended": "", "aborted": " Aborted.", "unknown": " What became of it is not known."}
    return (
        f"{how}: {counted(batch.done, 'item')}. {counts or 'Nothing was left to do'}."
        f"{stopped}{state.get(batch.state, '')}"
    )


def with_line(batch: Batch, line: dict[str, Any]) -> Batch:
    """A batch with one more line of its answer taken in."""
    summary = line.get("summary")
    if isinstance(summary, dict):
        return replace(batch, stopped=str(summary.get("stopped") or ""))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  JSON from outside
    outcome = str(line.get("outcome", ""))[:40]
    counts = {**batch.counts, outcome: batch.counts.get(outcome, 0) + 1}
    failed = batch.failed_items
    if outcome == "failed" and len(failed) < MOST_FAILED:
        failed = (*failed, (str(line.get("item", ""))[:200], str(line.get("reason", ""))[:300]))
    of = line.get("of")
    return replace(
        batch,
        done=batch.done + 1,
        of=of if isinstance(of, int) else batch.of,
        counts=counts,
        failed_items=failed,
    )
