"""What the instances of a service come to: one sentence, and the findings it rests on. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from console.health.summary import Standing
from console.instances.model import (
    SNAPSHOT_OLD,
    Group,
    Instance,
    Life,
    Phase,
    Snapshot,
    groups,
    judge,
    phase_of,
)
from console.words import NOTHING, counted, duration

FORGET_AFTER = 3600.0  # seconds after which a silent instance is no longer a warning
SKEW_WARN = 30.0  # seconds a clock may be off; tokens and signatures allow 60 s

_RANK = {Standing.PASS: 0, Standing.WARN: 1, Standing.UNKNOWN: 2, Standing.FAIL: 3}


@dataclass(frozen=True, slots=True)
class Summary:
    """The instances of a service at one moment."""

    standing: Standing
    sentence: str
    instances: tuple[Instance, ...]  # the silent first, then the newest
    alive: int
    silent: int
    phase: Phase
    commits: tuple[Group, ...]  # of those alive, the largest first
    fingerprints: tuple[Group, ...]
    findings: tuple[tuple[Standing, str], ...]

    @property
    def in_flight(self) -> int:
        """Requests and items under way, of those that tell it."""
        alive = (one for one in self.instances if one.life is not Life.SILENT)
        return sum(one.beat.in_flight or 0 for one in alive)


def summarise(snapshot: Snapshot | None, now: float) -> Summary:
    """The whole page in one sentence, and what it rests on."""
    if snapshot is None:
        return _nothing("No instance was ever heard of. Heartbeats come with the kit.")
    if now - snapshot.at > SNAPSHOT_OLD:
        age = duration(now - snapshot.at)
        return _nothing(f"How the instances stand is not known: nothing was read for {age}.")
    if snapshot.problem:
        return _nothing(f"How the instances stand is not known: {snapshot.problem}")
    judged = [judge(heard, snapshot) for heard in snapshot.heard]
    judged = [
        one for one in judged if one.life is not Life.SILENT or one.silent_for <= FORGET_AFTER
    ]
    judged.sort(key=lambda one: (one.life is not Life.SILENT, -(one.beat.started_at or 0.0)))
    alive = [one for one in judged if one.life is not Life.SILENT]
    silent = len(judged) - len(alive)
    commits = groups(alive, "commit")
    fingerprints = groups(alive, "settings")
    findings = tuple(_findings(snapshot, alive, silent, commits, fingerprints))
    standing = max((one for one, _ in findings), key=_RANK.__getitem__, default=Standing.PASS)
    if not alive:
        standing = Standing.UNKNOWN if not silent else Standing.FAIL
    sentence = _sentence(alive, silent, findings)
    phase = phase_of(len(alive))
    return Summary(
        standing,
        sentence,
        tuple(judged),
        len(alive),
        silent,
        phase,
        commits,
        fingerprints,
        findings,
    )


def _nothing(sentence: str) -> Summary:
    return Summary(Standing.UNKNOWN, sentence, (), 0, 0, Phase.QUIET, (), (), ())


def _sentence(
    alive: Sequence[Instance], silent: int, findings: Sequence[tuple[Standing, str]]
) -> str:
    if not alive:
        if silent:
            return f"No instance is heard of: {counted(silent, 'instance')} fell silent."
        return "No instance is heard of. The service sleeps, or does not send heartbeats."
    count = counted(len(alive), "instance")
    verb = "runs" if len(alive) == 1 else "run"
    if not findings:
        alike = ", all alike" if len(alive) > 1 else ""
        return f"{count} {verb}{alike}, and none fell silent."
    return f"{count} {verb}. {findings[0][1]}"


def _findings(
    snapshot: Snapshot,
    alive: Sequence[Instance],
    silent: int,
    commits: Sequence[Group],
    fingerprints: Sequence[Group],
) -> list[tuple[Standing, str]]:
    """What an operator should look at, the worst first."""
    found: list[tuple[Standing, str]] = []
    late = [one for one in alive if one.acknowledged is False]
    if late:
        who, has = counted(len(late), "instance"), "has" if len(late) == 1 else "have"
        text = f"{who} {has} not acknowledged mode epoch {snapshot.epoch}."
        found.append((Standing.FAIL, text))
    if silent:
        text = f"{counted(silent, 'instance')} fell silent without a goodbye in the last hour."
        found.append((Standing.WARN, text))
    if len(commits) > 1:
        text = f"{len(commits)} different commits run: {_shares(commits)}."
        found.append((Standing.WARN, text))
    if len(fingerprints) > 1:
        text = f"Settings differ: {_shares(fingerprints)}."
        found.append((Standing.WARN, text))
    modes = Counter(one.beat.mode for one in alive if one.beat.mode)
    if len(modes) > 1:
        text = "Instances obey different modes: " + ", ".join(
            f"{count} {mode.replace('_', ' ')}" for mode, count in modes.most_common()
        )
        found.append((Standing.FAIL, f"{text}."))
    skewed = [one for one in alive if one.skew is not None and abs(one.skew) > SKEW_WARN]
    if skewed:
        worst = max(skewed, key=lambda one: abs(one.skew or 0.0))
        are = "is" if len(skewed) == 1 else "are"
        most = duration(abs(worst.skew or 0.0))
        text = f"{counted(len(skewed), 'clock')} {are} off, by up to {most}."
        found.append((Standing.WARN, text))
    waiting = sum(one.beat.journal for one in alive)
    if waiting:
        text = f"{counted(waiting, 'write')} made without Redis: not verified yet."
        found.append((Standing.WARN, text))
    if snapshot.unreadable:
        text = f"{counted(snapshot.unreadable, 'heartbeat')} cannot be read."
        found.append((Standing.WARN, text))
    found.sort(key=lambda one: -_RANK[one[0]])
    return found


def _shares(groups: Sequence[Group], limit: int = 3) -> str:
    told = [f"{group.value[:12] or NOTHING} on {len(group.instances)}" for group in groups[:limit]]
    more = f" and {len(groups) - limit} more" if len(groups) > limit else ""
    return ", ".join(told) + more
