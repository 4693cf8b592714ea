"""Alerts that are no checks, for pages that tell how checks stand: none hides the other. Pure."""

from collections.abc import Iterable, Sequence

from console.alerts.book import by_cause
from console.alerts.model import Phase
from console.alerts.record import Record
from console.alerts.sources import CHECK
from console.health.model import Status
from console.health.summary import Standing
from console.health.verdict import Verdict
from console.words import counted, listed, sentence

_UNCHANGED = (Standing.FAIL, Standing.UNKNOWN)  # standings that an alert makes no worse


def beside_checks(records: Iterable[Record]) -> list[Record]:
    """What fires and follows from no check, one for each cause."""
    firing = [one for one in records if one.alert.active]
    return [root for root, _ in by_cause(firing) if not (root.group or root.key).startswith(CHECK)]


def over_checks(records: Iterable[Record]) -> list[Record]:
    """Those of them that explain checks which fail, such as a deployment that did badly."""
    firing = [one for one in records if one.alert.active]
    return [
        root
        for root, others in by_cause(firing)
        if not root.key.startswith(CHECK) and any(one.key.startswith(CHECK) for one in others)
    ]


def following(records: Iterable[Record], key: str) -> list[Record]:
    """What fires because of that alert, the longest firing first."""
    firing = [one for one in records if one.alert.active]
    for root, others in by_cause(firing):
        if root.key == key:
            return list(others)
    return []


def standing_of(record: Record) -> Standing:
    """What nobody has taken and fails is worse than the rest."""
    untaken = record.alert.phase is Phase.FIRING
    return Standing.FAIL if untaken and record.status is Status.FAIL else Standing.WARN


def with_alerts(verdict: Verdict, records: Sequence[Record]) -> Verdict:
    """The verdict of the checks, after what explains it, and with what fires beside them."""
    beside = beside_checks(records)
    if not beside:
        return verdict
    text, standing = verdict.sentence, verdict.standing
    causes = over_checks(records) if standing is Standing.FAIL else []
    if causes:
        said = " ".join(sentence(f"{one.title}: {one.summary}") for one in causes)
        text = f"{said} Because of it: {text}"
    others = [one.title for one in beside if one not in causes]
    if others:
        verb = "fires" if len(others) == 1 else "fire"
        number = counted(len(others), "alert")
        text = f"{text} Beside the checks {number} {verb}: {listed(others)}."
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
