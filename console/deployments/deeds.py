"""Who acted where a deployment was no push: the entry of the activity log that began it. Pure.

A platform tells the author of a commit, and not who brought it back. What was begun elsewhere than
in the console has no entry.
"""

from collections.abc import Iterable

from console.activity.chain import Entry
from console.deployments.model import Automatic, Record
from console.deployments.verdict import name_of
from console.platforms.model import Trigger

# Seconds that a platform may take to begin what it was asked for, and that two clocks may differ.
AT_MOST, CLOCK_SLACK = 120.0, 5.0
KINDS = {
    Trigger.ROLLBACK: "rollback",
    Trigger.REDEPLOY: "redeploy",
    Trigger.SETTINGS: "variable",
}


def told_by(
    record: Record, service: str, entries: Iterable[Entry], automatic: Iterable[Automatic]
) -> str:
    """`rollback by ann: too slow`; empty for a push."""
    one = record.deployment
    if one.trigger not in KINDS:
        return ""
    deed = deed_of(record, service, entries)
    what = "variable set" if one.trigger is Trigger.SETTINGS else str(one.trigger)
    if deed is not None:
        return f"{what} by {deed.actor}{': ' if deed.reason else ''}{deed.reason}"
    itself = one.trigger is Trigger.ROLLBACK and any(
        made.done and -CLOCK_SLACK <= one.created_at - made.at <= AT_MOST for made in automatic
    )
    return f"{one.trigger} by the console itself" if itself else what


def deed_of(record: Record, service: str, entries: Iterable[Entry]) -> Entry | None:
    """The action that began a deployment; `None` where none is known. `entries` is newest first."""
    one = record.deployment
    kind = KINDS.get(one.trigger)
    for entry in entries:
        if (entry.step, entry.kind, entry.service) != ("begun", kind, service):
            continue
        if not -CLOCK_SLACK <= one.created_at - entry.at <= AT_MOST:
            continue
        if kind == "rollback" and entry.after != name_of(one):
            continue
        return entry
    return None
