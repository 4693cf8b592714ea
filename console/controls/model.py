"""The mode of a service: what a switch would do, what may stand against it, what shows that it
took effect. Pure.

An acknowledgement is a claim; the counters of writes, kept by the service's Redis in its own order,
are the evidence. Failure and expiry lead toward safety: live < dry run < paused.
"""

from dataclasses import dataclass
from enum import StrEnum

from console.health.summary import Standing
from console.instances.model import Instance, Life, Snapshot, judge
from console.words import counted, duration

ACKNOWLEDGE_SECONDS = 15.0  # after which an instance that said nothing is a failure
FORGOTTEN_WARN, FORGOTTEN_FAIL = 1800.0, 4 * 3600.0  # seconds that a mode other than live holds
END_TIMES = (15, 30, 60, 120, 240)  # minutes that are offered


class Mode(StrEnum):
    """What outbound writes may do."""

    LIVE = "live"
    DRY_RUN = "dry_run"
    PAUSED = "paused"

    @property
    def label(self) -> str:
        """As pages say it."""
        return self.value.replace("_", " ")


_RANK = {Mode.LIVE: 0, Mode.DRY_RUN: 1, Mode.PAUSED: 2}
MEANS = {
    Mode.LIVE: "Every outbound write is sent.",
    Mode.DRY_RUN: "Items are worked through and held; nothing is written outside.",
    Mode.PAUSED: "The present item is finished and none is begun.",
}


def is_safer(one: Mode, than: Mode) -> bool:
    """Whether the first mode permits less."""
    return _RANK[one] > _RANK[than]


def known(text: str) -> Mode | None:
    """The mode of that name; None for none that exists."""
    return Mode(text) if text in set(Mode) else None


def present(snapshot: Snapshot | None) -> Mode | None:
    """The mode in Redis, else the one that all instances obey; None where it is not known."""
    if snapshot is None or snapshot.problem:
        return None
    if snapshot.mode:
        return known(snapshot.mode)
    obeyed = {one.beat.mode for one in living(snapshot)}
    return known(obeyed.pop()) if len(obeyed) == 1 else None


def living(snapshot: Snapshot) -> list[Instance]:
    """The instances that are heard of."""
    judged = (judge(heard, snapshot) for heard in snapshot.heard)
    return [one for one in judged if one.life is not Life.SILENT]


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """How far the instances have followed a switch."""

    confirmed: int
    instances: int
    missing: tuple[str, ...] = ()
    bound: tuple[str, ...] = ()  # have seen it, and their own environment allows less
    older: int = 0  # pieces of work in flight that began before
    oldest: float = 0.0  # seconds that the oldest work in flight takes

    @property
    def complete(self) -> bool:
        """Whether every instance has seen it."""
        return not self.missing


def acknowledged(snapshot: Snapshot, mode: Mode, epoch: int) -> Acknowledged:
    """Who has seen `epoch`, and what of before is still under way."""
    confirmed, missing, bound, older, oldest = 0, list[str](), list[str](), 0, 0.0
    for one in living(snapshot):
        beat = one.beat
        if beat.epoch is None or beat.epoch < epoch:
            missing.append(one.heard.instance)
            continue
        confirmed += 1
        obeyed = known(beat.mode)
        if obeyed is not None and is_safer(obeyed, mode):
            bound.append(one.heard.instance)
        older += beat.in_flight_older_epoch or 0
        if beat.in_flight_older_epoch:
            oldest = max(oldest, beat.oldest_in_flight or 0.0)
    return Acknowledged(
        confirmed, confirmed + len(missing), tuple(missing), tuple(bound), older, oldest
    )


def told(found: Acknowledged, mode: Mode, seconds: float) -> str:
    """`3 of 3 instances confirmed dry run in 4.2 s; 1 earlier item was then in flight for 11 s`.

    In the past tense: the page shows it for two minutes, and Activity for ever.
    """
    if not found.instances:
        return f"No instance is heard of: nobody confirmed {mode.label}."
    who = f"{found.confirmed} of {counted(found.instances, 'instance')}"
    text = f"{who} confirmed {mode.label} in {seconds:.1f} s"
    if found.older:
        were = "was then in flight" if found.older == 1 else "were then in flight, the oldest"
        text += f"; {counted(found.older, 'earlier item')} {were} for {duration(found.oldest)}"
    if found.bound:
        verb = "is" if len(found.bound) == 1 else "are"
        text += (
            f"; {', '.join(found.bound[:3])} {verb} held back by DRY_RUN=true in the environment"
        )
    return f"{text}."


def remedy(found: Acknowledged) -> str:
    """What to do about instances that say nothing."""
    names = ", ".join(found.missing[:5])
    return (
        f"Not confirmed within {ACKNOWLEDGE_SECONDS:g} s: {names}. An instance that does not reach "
        "Redis stops writing by itself after 30 s; look at its log, or stop it."
    )


@dataclass(frozen=True, slots=True)
class Evidence:
    """Writes since the present mode was set, in the order of the service's Redis."""

    permitted: int
    granted: int
    refused: int
    unverified: int  # made while Redis was away, and those that wait to be told of

    @property
    def total(self) -> int:
        """All that were asked for."""
        return self.permitted + self.granted + self.refused


def evidence(snapshot: Snapshot) -> Evidence:
    """What the counters say of the present epoch."""
    counts = snapshot.writes
    waiting = sum(one.beat.journal for one in living(snapshot))
    return Evidence(
        counts.get("permitted", 0),
        counts.get("granted", 0),
        counts.get("refused", 0) + counts.get("stale", 0),
        snapshot.unverified + waiting,
    )


def proven(found: Evidence, mode: Mode) -> tuple[Standing, str]:
    """Whether the counters bear out the mode, in a sentence."""
    if mode is Mode.LIVE:
        return Standing.PASS, f"{counted(found.permitted, 'write')} permitted since the switch."
    if found.permitted:
        count = counted(found.permitted, "write")
        return Standing.FAIL, f"{count} permitted although the mode is {mode.label}."
    refused = f"0 writes permitted, {found.refused:,} refused since the switch"
    if found.granted:
        refused += f"; {counted(found.granted, 'write')} by a live test run"
    if found.unverified:
        text = f"{refused}; {counted(found.unverified, 'write')} made without Redis, not verified."
        return Standing.WARN, text
    return Standing.PASS, f"{refused}."


def standing(snapshot: Snapshot | None, now: float) -> tuple[Standing, str]:
    """How the mode stands, in one sentence: a mode other than live must not be forgotten."""
    mode = present(snapshot)
    if snapshot is None or mode is None:
        why = snapshot.problem if snapshot and snapshot.problem else "No instance tells it."
        return Standing.UNKNOWN, f"The mode is not known. {why}"
    if not living(snapshot):
        return Standing.UNKNOWN, f"{mode.label.capitalize()} is set, and no instance is heard of."
    if mode is Mode.LIVE:
        return Standing.PASS, "Live: every outbound write is sent."
    changed = snapshot.switch.set_at if snapshot.switch else None
    if changed is None:
        return Standing.WARN, f"{mode.label.capitalize()}, by the instances' environment."
    age = max(0.0, now - changed)
    text = f"{mode.label.capitalize()} for {duration(age)}: {MEANS[mode]}"
    if age >= FORGOTTEN_FAIL:
        return Standing.FAIL, f"{text} Was it forgotten?"
    return Standing.WARN, text if age < FORGOTTEN_WARN else f"{text} Is it still needed?"


def touches(snapshot: Snapshot | None, mode: Mode) -> list[str]:
    """What a switch will touch, before it is made."""
    if snapshot is None:
        return []
    alive = living(snapshot)
    flying = sum(one.beat.in_flight or 0 for one in alive)
    found = [f"{counted(len(alive), 'instance')}, each within a few seconds"]
    if flying:
        found.append(
            f"{counted(flying, 'piece')} of work in flight, which keep the mode they began with: "
            "their writes are refused once the mode has changed"
        )
    else:
        found.append("no work in flight")
    bound = [one.heard.instance for one in alive if one.beat.mode_reason == "env"]
    if bound and mode is Mode.LIVE and snapshot.mode:
        found.append(f"{', '.join(bound[:3])}: DRY_RUN=true in the environment stays above it")
    return found
