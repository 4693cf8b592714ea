"""The verdict: one sentence that says how a service stands, with the check it is about.

Pure. The sentence is plain text and may quote outside text: a view escapes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from console.health.check import Service
from console.health.model import CheckState
from console.health.summary import (
    WORST_FIRST,
    Cause,
    Presented,
    Standing,
    group_by_cause,
    present_status,
    silent,
)
from console.store.model import CollectorBeat
from console.words import clock, counted, duration, listed, sentence


@dataclass(frozen=True, slots=True)
class Verdict:
    """One sentence for a service, and the standing that colours it."""

    standing: Standing
    sentence: str


@dataclass(frozen=True, slots=True)
class Summary:
    """All checks of a service at one time. `checks` has the worst first."""

    service: Service
    now: float
    checks: tuple[Presented, ...]
    causes: tuple[Cause, ...]
    verdict: Verdict
    silence: str = ""  # why nothing at all is known, if so
    unread: bool = False  # whether that is because the store cannot be read

    def count(self, standing: Standing) -> int:
        """How many checks stand so."""
        return sum(1 for check in self.checks if check.standing is standing)

    def of(self, name: str) -> Presented | None:
        """The check of that name, if there is one."""
        return next((check for check in self.checks if check.check.name == name), None)


def summarise(
    service: Service,
    states: Mapping[str, CheckState],
    beat: CollectorBeat | None,
    now: float,
    zone: tzinfo,
    unread: str = "",
) -> Summary:
    """How a service stands at `now`, from what the store remembers.

    `unread`: why the store cannot be read now, half a sentence; empty where it can.
    """
    silence = silent(beat, now, unread)
    shown = [
        present_status(
            states.get(check.name), check, now, service=service, beat=beat, unread=unread
        )
        for check in service.checks
    ]
    shown.sort(key=lambda one: (WORST_FIRST[one.standing], one.check.label.casefold()))
    causes = group_by_cause(shown)
    verdict = _verdict(service, shown, causes, silence, now, zone)
    unreadable = bool(silence) and silence == unread
    return Summary(service, now, tuple(shown), causes, verdict, silence, unreadable)


def _verdict(
    service: Service,
    shown: Sequence[Presented],
    causes: Sequence[Cause],
    silence: str,
    now: float,
    zone: tzinfo,
) -> Verdict:
    if not shown:
        return Verdict(Standing.UNKNOWN, f"{service.label} has no checks.")
    if silence:
        return Verdict(Standing.UNKNOWN, f"Nothing is known: {silence}")
    by_standing = {
        standing: [one for one in shown if one.standing is standing] for standing in Standing
    }
    worst = shown[0].standing
    worst_ones = by_standing[worst]
    rest = _rest(by_standing, worst)
    if worst is Standing.FAIL:
        return Verdict(worst, f"{_failing(causes, now, zone)}{rest}")
    if worst is Standing.PASS:
        every = "The only check passes." if len(shown) == 1 else f"All {len(shown):,} checks pass."
        return Verdict(worst, every)
    if len(worst_ones) == 1:
        return Verdict(worst, f"{_single(worst_ones[0], now, zone)}{rest}")
    if worst is Standing.UNKNOWN and not any(one.state.last for one in shown):
        return Verdict(worst, "Nothing is known yet: the first results are on their way.")
    names = listed([one.check.label for one in worst_ones])
    how = _SEVERAL[worst].format(some=_some(len(worst_ones), len(shown)))
    return Verdict(worst, f"{how}: {names}.{rest}")


_SEVERAL = {
    Standing.UNKNOWN: "Nothing is known of {some}",
    Standing.WARN: "Warnings from {some}",
    Standing.MAINTENANCE: "Under maintenance: {some}",
    Standing.SLEEPING: "Asleep, scaled to zero: {some}",
}
_OTHERS = {
    Standing.UNKNOWN: "{} unknown",
    Standing.WARN: "{} with a warning",
    Standing.MAINTENANCE: "{} under maintenance",
    Standing.SLEEPING: "{} asleep",
    Standing.PASS: "{} passing",
}


def _failing(causes: Sequence[Cause], now: float, zone: tzinfo) -> str:
    affected = sum(len(cause.affected) for cause in causes)
    tail = "" if not affected else f" {counted(affected, 'check')} {_is(affected)} affected."
    if len(causes) == 1:
        root = causes[0].root
        return (
            f"{root.check.label} is failing{_since(root, now, zone)}: {sentence(root.reason)}"
            + tail
        )
    named = [f"{cause.root.check.label}{_since(cause.root, now, zone)}" for cause in causes]
    return f"{len(causes):,} checks are failing: {listed(named)}.{tail}"


def _single(one: Presented, now: float, zone: tzinfo) -> str:
    label = one.check.label
    if one.standing is Standing.UNKNOWN:
        return f"Nothing is known of {label}: {sentence(one.reason)}"
    if one.standing is Standing.WARN:
        return f"{label} warns{_since(one, now, zone)}: {sentence(one.reason)}"
    if one.standing is Standing.MAINTENANCE:
        return f"{label} is under maintenance: {sentence(one.reason)}"
    return f"{label} is asleep{_since(one, now, zone)}: its platform scaled it to zero."


def _rest(by_standing: Mapping[Standing, Sequence[Presented]], worst: Standing) -> str:
    """What the others do, so that the sentence accounts for every check."""
    parts = [
        _OTHERS[standing].format(f"{len(ones):,}")
        for standing, ones in by_standing.items()
        if ones and standing is not worst
    ]
    return f" The rest: {listed(parts, len(parts))}." if parts else ""


def _since(one: Presented, now: float, zone: tzinfo) -> str:
    if one.since is None:
        return ""
    return f" since {clock(one.since, now, zone)} ({duration(now - one.since)})"


def _some(number: int, of: int) -> str:
    return f"all {of:,} checks" if number == of else f"{number:,} of {of:,} checks"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
