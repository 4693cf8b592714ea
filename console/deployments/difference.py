"""What a deployment differs in from the version that ran before it. Pure."""

from collections.abc import Mapping
from math import inf

from console.deployments.history import Snapshot
from console.deployments.model import Change, Record, Surroundings, changes, live_before
from console.deployments.signs import same_commit
from console.settings.reports import Snapshot as Settings

# Seconds after live in which the instances before may still report; their clocks differ by less.
SETTLED, CLOCK_SLACK = 60.0, 5.0


def ran_with(record: Record, snapshot: Snapshot, settings: Settings | None) -> Mapping[str, str]:
    """The fingerprints of its settings by name, as its instances reported them; empty where none of
    the reports is known to be of this deployment.

    Two deployments may have one commit: a variable was set, or a version came back. So a report
    has to begin with the deployment, or to go on after the instances before it were gone.
    """
    live, until = record.live_at, _until(record, snapshot)
    for one in settings.deployments if settings else ():  # newest first
        began = record.begun - CLOCK_SLACK <= one.first_at
        stayed = live is not None and one.last_at >= live + SETTLED
        if not same_commit(one.commit, record.deployment.commit) or one.first_at >= until:
            continue
        if began or stayed:
            rows = one.report.variables
            return {row.name: row.fingerprint or ("set" if row.is_set else "") for row in rows}
    return {}


def _until(record: Record, snapshot: Snapshot) -> float:
    """When the instances of the next version began to take the place of its own."""
    live = record.live_at
    later = [
        other.begun
        for other in snapshot.records
        if live is not None and other.live_at is not None and other.live_at > live
    ]
    return min(later, default=inf)


def before_of(record: Record, snapshot: Snapshot) -> Record | None:
    """The record of what ran until this one."""
    earlier = live_before(record, snapshot.records)
    if earlier is None:
        return None
    return next(one for one in snapshot.records if one.deployment.id == earlier.id)


def change_of(record: Record, snapshot: Snapshot, settings: Settings | None) -> Change:
    """The difference of a deployment to what ran before it."""
    earlier = before_of(record, snapshot)
    if earlier is None:
        return changes(record, snapshot.records, Surroundings(), Surroundings())
    was, now = (dict(ran_with(one, snapshot, settings)) for one in (earlier, record))
    if not was or not now:  # of one nothing is known: no difference
        was, now = dict[str, str](), dict[str, str]()
    return changes(
        record,
        snapshot.records,
        Surroundings(was, earlier.instances),
        Surroundings(now, record.instances),
    )


def settings_are_known(record: Record, snapshot: Snapshot, settings: Settings | None) -> bool:
    """Whether the settings of both versions were reported."""
    earlier = before_of(record, snapshot)
    both = (record,) if earlier is None else (earlier, record)
    return earlier is not None and all(ran_with(one, snapshot, settings) for one in both)
