"""Alerts that are no checks, for pages that tell how checks stand: none hides the other. Pure."""

from collections.abc import Iterable

from console.alerts.book import by_cause
from console.alerts.model import Phase
from console.alerts.record import Record
from console.alerts.sources import CHECK
from console.health.model import Status
from console.health.summary import Standing
from console.health.verdict import Verdict
from console.words import counted, listed

_UNCHANGED = (Standing.FAIL, Standing.UNKNOWN)  # standings that an alert makes no worse


def beside_checks(records: Iterable[Record]) -> list[Record]:
    """What fires and follows from no check, one for each cause."""
    firing = [one for one in records if one.alert.active]
    return [root for root, _ in by_cause(firing) if not (root.group or root.key).startswith(CHECK)]


def standing_of(record: Record) -> Standing:
    """What nobody has taken and fails is worse than the rest."""
    untaken = record.alert.phase is Phase.FIRING
    return Standing.FAIL if untaken and record.status is Status.FAIL else Standing.WARN


def with_alerts(verdict: Verdict, records: Iterable[Record]) -> Verdict:
    """The verdict of the checks, with what fires beside them."""
    beside = beside_checks(records)
    if not beside:
        return verdict
    verb = "fires" if len(beside) == 1 else "fire"
    names = listed([one.title for one in beside])
    text = f"{verdict.sentence} Beside the checks {counted(len(beside), 'alert')} {verb}: {names}."
    standing = verdict.standing
    if standing not in _UNCHANGED:
        worst = {standing_of(one) for one in beside}
        standing = Standing.FAIL if Standing.FAIL in worst else Standing.WARN
    return Verdict(standing, text)


def waits(records: Iterable[Record]) -> str:
    """The same for people who use the service: that something waits, and not what."""
    number = len(beside_checks(records))
    if not number:
        return ""
    return f"{counted(number, 'thing')} {'waits' if number == 1 else 'wait'} for its operators."
