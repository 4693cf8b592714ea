"""What a deployment that did badly explains: failures of the service itself that began with it.
Pure.

The version that runs is the cause, and what it breaks follows from it: one card, one message, and
one line of the timeline. A dependency that fails (an external API, the cache) is no work of a
deployment, and stays a cause of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from console.alerts.book import BAD
from console.alerts.deployments import DEPLOYMENT
from console.alerts.rooms import CHECKLIST
from console.alerts.signal import Signal
from console.alerts.sources import CHECK
from console.checklist.questions import TIMES
from console.deployments.history import Snapshot
from console.health.check import Service

LOG = "log:"  # what the keys of errors in the log begin with
# Seconds by which the clocks of a platform, of a log and of the console may differ.
CLOCKS = 5.0


def by_deployment(
    signals: Sequence[Signal], snapshot: Snapshot | None, service: Service
) -> list[Signal]:
    """The same; what began when a version went live that does badly follows from that."""
    live_at = {
        DEPLOYMENT + one.deployment.id: one.live_at
        for one in (snapshot.records if snapshot else ())
        if one.live_at is not None
    }
    causes = [one for one in signals if one.key in live_at and one.status in BAD]
    if not causes:
        return list(signals)
    cause = max(causes, key=lambda one: live_at[one.key])
    groups = {
        one.group or one.key
        for one in signals
        if _is_own(one, service) and _began(one, live_at[cause.key])
    }
    return [_explained(one, cause, live_at, groups) for one in signals]


def _explained(
    signal: Signal, cause: Signal, live_at: Mapping[str, float], groups: set[str]
) -> Signal:
    began = signal.key.startswith(LOG) and _began(signal, live_at[cause.key])
    # it has no beginning; like the verdict it compares with what was usual before
    times = signal.key == CHECKLIST + TIMES and signal.status in BAD
    follows = (signal.group or signal.key) in groups
    alone = (began or times) and not signal.explained_by
    if not (alone or (follows and signal.status in BAD)):
        return signal
    return replace(signal, explained_by=signal.explained_by or cause.title, group=cause.key)


def _began(signal: Signal, live_at: float) -> bool:
    """Whether it is bad since that version is live."""
    since = signal.since
    return signal.status in BAD and since is not None and since >= live_at - CLOCKS


def _is_own(signal: Signal, service: Service) -> bool:
    """Whether it is a check of the service itself and of nothing that it depends on."""
    if not signal.key.startswith(CHECK) or signal.explained_by:
        return False
    name = signal.key.removeprefix(CHECK)
    check = next((one for one in service.checks if one.name == name), None)
    home = urlsplit(service.url or service.checks[0].url).netloc
    return check is not None and bool(home) and urlsplit(check.url).netloc == home
