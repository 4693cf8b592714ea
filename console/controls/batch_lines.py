"""What a batch tells while it runs, one line for each item. Pure."""

from dataclasses import replace
from typing import Any

from console.controls.runs import Batch

MOST_FAILED = 20  # items with their reasons that a batch keeps


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
