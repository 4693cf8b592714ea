"""When the newest version of a service began to run: by its platform, where the console reads one,
else by instances and lines. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from console.deployments.history import Snapshot
from console.logs.model import Line
from console.platforms.model import DeploymentState, StageName

FIELD = "commit"  # of a line
MOST_EARLIER = 20  # commits that are remembered


@dataclass(frozen=True, slots=True)
class Deployed:
    """A commit, and when it was first seen to run (Unix seconds)."""

    commit: str
    at: float
    earlier: tuple[str, ...] = ()  # commits that ran before, the newest first


def of_platform(snapshot: Snapshot | None) -> Deployed | None:
    """The deployment that its platform calls live, from when its instances began to be replaced:
    what fails during the roll-out is of the new version. None where no platform tells one."""
    if snapshot is None or snapshot.source != "platform":  # else the starts of instances tell it
        return None
    records = snapshot.records
    live = [one for one in records if one.deployment.state is DeploymentState.LIVE]
    if not live:
        return None
    last = max(live, key=lambda one: one.live_at or 0.0)
    began = last.deployment.stage(StageName.DEPLOY).started_at
    at = began if began is not None else last.live_at
    commit = last.deployment.commit
    others = (one.deployment.commit for one in records if one.live_at is not None)
    earlier = [one for one in dict.fromkeys(others) if one and one != commit]
    return Deployed(
        commit, last.deployment.created_at if at is None else at, tuple(earlier[:MOST_EARLIER])
    )


def newest(
    known: Deployed | None, instances: Iterable[tuple[str, float]], lines: Iterable[Line]
) -> Deployed | None:
    """The newest deployment: what was known, or a commit that began since.

    `instances` are commits with the start of an instance. An instance that starts again with the
    present commit, as scaling does, is no deployment; one that starts with an earlier commit is:
    somebody went back. A line with an earlier commit is not, because old instances write on while
    new ones come.
    """
    earlier = known.earlier if known else ()
    starts = [(commit, at) for commit, at in instances if commit]
    starts += [one for one in _told(lines) if one[0] not in earlier]
    later = [one for one in starts if known is None or one[1] > known.at]
    if not later:
        return known
    commit = max(later, key=lambda one: one[1])[0]
    if known is None:
        others = dict.fromkeys(name for name, _ in later if name != commit)
        return Deployed(commit, min(at for name, at in later if name == commit), tuple(others))
    if commit == known.commit:
        return known
    kept = dict.fromkeys((known.commit, *earlier))
    kept.pop(commit, None)
    at = min(at for name, at in later if name == commit)
    return Deployed(commit, at, tuple(kept)[:MOST_EARLIER])


def _told(lines: Iterable[Line]) -> list[tuple[str, float]]:
    """Commits with their first line. Later lines say only that it still runs."""
    first: dict[str, float] = {}
    for line in lines:
        commit = line.text(FIELD)
        if commit and line.time is not None:
            first[commit] = min(line.time, first.get(commit, line.time))
    return list(first.items())
