"""Single-item test runs: what was asked, what came of it, how it compares. Pure."""

import difflib
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from console.controls.rules import NOT_COMPARABLE, LastRun
from console.health.summary import Standing
from console.words import response_time

RUN_SECONDS = 60.0  # the deadline of one run, where nothing else is set
LOST_AFTER = 30.0  # seconds beyond its deadline after which nobody waits for a run any more
ITEM_LIMIT = 200  # characters: what the contract allows
USUAL_LEAST = 3  # earlier runs of an item from which it has a usual time
SLOWER = 1.5  # times the usual is slower, the inverse faster
OK = ("done", "held", "already_done")


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `state`: running, ended, aborted, unknown; `outcome` is that of its report."""

    id: str  # the idempotency key as well: a double click is one run
    service: str
    item: str
    dry: bool
    by: str
    at: float  # Unix seconds
    seconds: float  # its deadline
    state: str = "running"
    outcome: str = ""  # done, held, failed, already_done
    reason: str = ""
    status: int | None = None  # of HTTP
    ended_at: float | None = None
    report: Mapping[str, Any] = field(default_factory=dict[str, Any])
    fingerprint: str = ""  # of the instances' settings when it began
    epoch: int = 0
    grant: bool = False
    commit: str = ""  # of the instances when it began; empty where they differ or tell none

    @property
    def passed(self) -> bool:
        """Whether the item went through."""
        return self.state == "ended" and self.outcome in OK

    @property
    def uncertain(self) -> bool:
        """Whether it was cut off: it may have been worked on."""
        return self.state in ("unknown", "aborted")

    @property
    def milliseconds(self) -> float | None:
        """What the service took."""
        value = self.report.get("milliseconds")
        return float(value) if isinstance(value, int | float) else None


def item_problem(item: str) -> str:
    """Why this is no item that can be asked for; empty where it is one."""
    if not item.strip():
        return "Choose an item, or type its id."
    if len(item) > ITEM_LIMIT:
        return f"An item's id has {ITEM_LIMIT} characters at most; this has {len(item):,}."
    if not item.isprintable():
        return "The id holds characters that do not print."
    return ""


def standing_of(run: Run) -> Standing:
    """How a run stands."""
    if run.state == "running":
        return Standing.UNKNOWN
    if run.passed:
        return Standing.PASS
    return Standing.UNKNOWN if run.uncertain else Standing.FAIL


def sentence(run: Run) -> str:
    """What became of a run."""
    how = "dry" if run.dry else "live"
    if run.state == "running":
        return f"{run.item} runs {how}."
    if run.state == "unknown":
        return f"What became of {run.item} ({how}) is not known. {run.reason}".strip()
    if run.state == "aborted":
        return f"{run.item} ({how}) was aborted. {run.reason}".strip()
    words = {
        "done": "was done",
        "held": "went through and was held",
        "already_done": "was done before",
        "failed": "failed",
    }
    took = f" in {response_time((run.milliseconds or 0) / 1000)}" if run.milliseconds else ""
    reasons = {
        "held": ": nothing was written",
        "already_done": ": nothing was done again",
        "failed": f": {run.reason.rstrip('.')}" if run.reason else "",
    }
    became = words.get(run.outcome, run.outcome)
    return f"{run.item} ({how}) {became}{took}{reasons.get(run.outcome, '')}."


def usual(run: Run, earlier: Sequence[Run]) -> str:
    """Whether it was slower or faster than this item's earlier runs of the same kind."""
    if run.milliseconds is None:
        return ""
    times = [
        one.milliseconds
        for one in earlier
        if one.item == run.item and one.dry is run.dry and one.id != run.id and one.passed
        and one.milliseconds is not None
    ]  # fmt: skip
    if len(times) < USUAL_LEAST:
        return f"Too few earlier runs ({len(times)}) to say what is usual."
    middle = statistics.median(times)
    how = "as fast as usual"
    if run.milliseconds > SLOWER * middle:
        how = f"{run.milliseconds / middle:.1f} times slower than usual"
    elif run.milliseconds < middle / SLOWER:
        how = f"{middle / run.milliseconds:.1f} times faster than usual"
    return f"{how.capitalize()} (median {response_time(middle / 1000)} of {len(times)} runs)."


def difference(dry: Run, live: Run) -> list[str]:
    """The lines in which the two reports differ, as a unified diff without its head.

    Times and identifiers differ always and are left out.
    """
    old, new = (_comparable(run) for run in (dry, live))
    return list(difflib.unified_diff(old, new, "dry", "live", lineterm="", n=1))[2:]


def counterpart(run: Run, runs: Sequence[Run]) -> Run | None:
    """The last run of the same item of the other kind that ended."""
    others = (one for one in runs if one.item == run.item and one.dry is not run.dry)
    return next((one for one in others if one.state == "ended"), None)


def last_run(runs: Sequence[Run]) -> LastRun | None:
    """The last run that is over, as a switch to live asks for it; `runs` newest first.

    One of which nobody knows what became has not passed; one that was aborted says nothing.
    """
    ended = next((run for run in runs if run.state in ("ended", "unknown")), None)
    return LastRun(ended.at, ended.passed, ended.fingerprint) if ended else None


def stages_of(run: Run) -> list[tuple[str, float]]:
    """The stages of a run with their milliseconds, in order."""
    found: list[tuple[str, float]] = []
    listed = run.report.get("stages")
    for stage in cast("list[object]", listed if isinstance(listed, list) else []):
        if isinstance(stage, dict):
            told = cast("dict[str, object]", stage)
            spent = told.get("milliseconds")
            milliseconds = float(spent) if isinstance(spent, int | float) else 0.0
            found.append((str(told.get("stage", ""))[:80], milliseconds))
    return found


def planned_of(run: Run) -> list[str]:
    """The writes that a dry run did not send."""
    listed = run.report.get("planned")
    return [str(one) for one in cast("list[object]", listed if isinstance(listed, list) else [])]


def writes_of(run: Run) -> str:
    """The writes of a run by what the guard said to them: `1 by the single-use permit`."""
    listed = run.report.get("writes")
    if not isinstance(listed, dict):
        return ""
    words = {"granted": "by the single-use permit", "stale": "refused: the mode changed meanwhile"}
    pairs = cast("dict[str, object]", listed).items()
    return ", ".join(f"{count} {words.get(verdict, verdict)}" for verdict, count in pairs)


def settled(run: Run, now: float) -> Run:
    """A run whose console is gone will never be ended: what became of it is not known."""
    if run.state != "running" or now <= run.at + run.seconds + LOST_AFTER:
        return run
    reason = "The console ended before the answer came. Ask again: the same run is not made twice."
    return replace(run, state="unknown", reason=reason)


def asked_again(runs: Sequence[Run], item: str, dry: bool) -> str:
    """The key of the last run of this item where what became of it is not certain; else empty.

    Asked under the same key, the service reads back before it writes. `runs` newest first.
    """
    last = next((run for run in runs if run.item == item and run.dry is dry), None)
    return last.id if last is not None and last.uncertain else ""


def fingerprint_of(prints: set[str]) -> str:
    """The one fingerprint of all instances; not comparable where they differ or tell none."""
    return prints.pop() if len(prints) == 1 else NOT_COMPARABLE


def commit_of(commits: set[str]) -> str:
    """The one commit of all instances; empty where they differ or tell none."""
    return commits.pop() if len(commits) == 1 else ""


def _comparable(run: Run) -> list[str]:
    left_out = ("milliseconds", "request_id", "stages", "epoch", "mode", "replayed")
    told = {name: value for name, value in run.report.items() if name not in left_out}
    told["stages"] = [name for name, _ in stages_of(run)]
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False, default=str).splitlines()
