"""What people decided during a closing, in plain words. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from console.activity.chain import Entry

MOST_DECISIONS = 20
_MODES = {"live": "live", "dry_run": "dry run", "paused": "paused"}


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided, and why."""

    at: float
    who: str
    what: str
    why: str
    came: str  # of it


def decisions(entries: Sequence[Entry], since: float) -> tuple[Decision, ...]:
    """What was decided since the window opened, newest first: refusals too, attempts that only
    began not."""
    found = [
        Decision(
            one.at,
            one.actor,
            _WORDS[one.kind](one),
            " ".join(filter(None, (one.reason, one.ticket and f"({one.ticket})"))),
            _came(one),
        )
        for one in entries
        if one.at >= since and one.step != "begun" and one.kind in _WORDS
    ]
    return tuple(found[:MOST_DECISIONS])


def _came(one: Entry) -> str:
    """The outcome; of a sign-off the word is in what was decided."""
    if one.kind == "sign_off" and one.outcome in ("go", "no-go"):
        return "done"
    return one.outcome


def _changed(one: Entry, names: Mapping[str, str] | None = None) -> str:
    """`2 to 4`."""
    before, after = ((names or {}).get(each, each) for each in (one.before, one.after))
    return f"{before} to {after}" if before and after and before != after else after


def _mode(one: Entry) -> str:
    told = f"mode {_changed(one, _MODES)}"
    return f"{told}, as an emergency" if one.target == "emergency" else told


def _scaling(one: Entry) -> str:
    by = f" by {one.target}" if one.target else ""
    return f"instances {_changed(one)}{by}"


def _run(one: Entry) -> str:
    dry = " as a dry run" if one.after in ("dry run", "dry_run") else ""
    return f"run of {one.target}{dry}"


def _named(name: str) -> Callable[[Entry], str]:
    """What is said by its name and what it is about."""
    return lambda one: f"{name} {one.target}".strip()


_WORDS: Mapping[str, Callable[[Entry], str]] = {
    "mode": _mode,
    "scaling": _scaling,
    "run": _run,
    "batch": lambda one: f"run of {one.target} of the items",
    "abort": lambda one: "runs stopped",
    "approval": lambda one: f"approval of {_MODES.get(one.target, one.target)}",
    "review": _named("review of"),
    "sign_off": lambda one: f"checklist signed off: {one.after or one.target}",
    "attest": _named("attested:"),
    "waive": _named("waived:"),
    "withdraw": _named("withdrawn:"),
    "rollback": _named("rollback"),
    "redeploy": _named("redeployment"),
    "deployment": _named("deployment"),
    "variable": _named("variable"),
}
