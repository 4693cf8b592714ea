"""What a deployment differs in from the version that ran before it. Pure."""

from console.deployments.history import Snapshot
from console.deployments.model import Change, Record, Surroundings, changes, live_before
from console.deployments.signs import same_commit
from console.settings.reports import Snapshot as Settings


def surroundings(settings: Settings | None, commit: str, instances: int | None) -> Surroundings:
    """What a commit ran with, by what its instances reported of their settings."""
    found = Surroundings({}, instances)
    for one in settings.deployments if settings else ():
        if one.commit and same_commit(one.commit, commit):
            told = {
                row.name: row.fingerprint or ("set" if row.is_set else "")
                for row in one.report.variables
            }
            return Surroundings(told, instances)  # the newest of that commit
    return found


def change_of(record: Record, snapshot: Snapshot, settings: Settings | None) -> Change:
    """The difference of a deployment to what ran before it."""
    earlier = live_before(record, snapshot.records)
    if earlier is None:
        return changes(record, snapshot.records, Surroundings(), Surroundings())
    known = next(one for one in snapshot.records if one.deployment.id == earlier.id)
    before = surroundings(settings, earlier.commit, known.instances)
    after = surroundings(settings, record.deployment.commit, record.instances)
    if not before.fingerprints or not after.fingerprints:  # of one nothing is known: no difference
        before = Surroundings({}, before.instances)
        after = Surroundings({}, after.instances)
    return changes(record, snapshot.records, before, after)


def prints(name: str, record: Record, change: Change, settings: Settings | None) -> tuple[str, str]:
    """The fingerprints of one variable before and after; empty where it was not set."""
    before = change.before.commit if change.before else ""
    was, now = (surroundings(settings, one, None) for one in (before, record.deployment.commit))
    return was.fingerprints.get(name, ""), now.fingerprints.get(name, "")


def settings_are_known(record: Record, change: Change, settings: Settings | None) -> bool:
    """Whether the settings of both versions were reported."""
    if change.before is None:
        return False
    both = (change.before.commit, record.deployment.commit)
    return all(surroundings(settings, one, None).fingerprints for one in both)
