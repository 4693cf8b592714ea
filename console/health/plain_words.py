"""How a service stands in the words of people who use it: no jargon, nothing to decode.

Pure. What a probe said stays out of these sentences: it is written for those who repair. Names of
checks and planned work are outside text: a view escapes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from console.health.check import Maintenance
from console.health.figures import PLANNED_AHEAD
from console.health.model import Incident
from console.health.summary import Presented, Standing, planned_work
from console.health.verdict import Summary
from console.words import clock, duration_in_words, listed

WORDS = {
    Standing.PASS: "Working",
    Standing.WARN: "Working, but not well",
    Standing.FAIL: "Not working",
    Standing.UNKNOWN: "We cannot tell",
    Standing.MAINTENANCE: "Planned work",
    Standing.SLEEPING: "Resting",
}


UNREADABLE = "The records of the checks cannot be read at the moment."


@dataclass(frozen=True, slots=True)
class PlainStatus:
    """The answer to "is it working?"."""

    standing: Standing
    headline: str
    sentences: tuple[str, ...] = ()


def plain_status(summary: Summary, zone: tzinfo) -> PlainStatus:
    """The headline and what to know with it."""
    standing = summary.verdict.standing
    shown = [one for one in summary.checks if one.standing is standing]
    if standing is Standing.FAIL:
        return _not_working(summary, zone)
    if standing is Standing.UNKNOWN:
        return _cannot_tell(summary, shown, zone)
    if standing is Standing.WARN:
        says = f"{_names(shown)} {_verb(shown, 'works', 'work')}, but not as well as usual"
        return PlainStatus(
            standing, "Working, with difficulties.", (f"{says}{_since(shown, summary.now, zone)}.",)
        )
    if standing is Standing.MAINTENANCE:
        return PlainStatus(standing, "Planned work is under way.", _under_way(summary, zone))
    if standing is Standing.SLEEPING:
        says = "It starts by itself as soon as somebody uses it; the first page may take a minute."
        return PlainStatus(standing, "Resting, ready to start.", (says,))
    return PlainStatus(standing, "Everything is working.", _working_since(summary, zone))


_HELD_BACK = {
    "dry_run": (
        "Only rehearsing: nothing is sent out.",
        "only rehearses: it works through what comes in and sends nothing out",
    ),
    "paused": (
        "Paused: nothing is worked on.",
        "is paused: what comes in waits",
    ),
}  # by the mode of the service: the headline, and what it does


def held_back(
    told: PlainStatus, label: str, mode: str, since: float | None, now: float, zone: tzinfo
) -> PlainStatus:
    """The answer while the service is in another mode than live: working is not the whole truth.

    Where something is wrong beside it, that stays the headline.
    """
    if mode not in _HELD_BACK:
        return told
    headline, does = _HELD_BACK[mode]
    lasts = ""
    if since is not None:
        lasts = f" since {clock(since, now, zone)}, for {duration_in_words(now - since)}"
    says = f"{label} {does}{lasts}. Somebody chose this."
    if told.standing is not Standing.PASS:
        return replace(told, sentences=(*told.sentences, says))
    return PlainStatus(Standing.WARN, headline, (says, "All its parts answer."))


def planned(summary: Summary, zone: tzinfo) -> tuple[str, ...]:
    """Planned work that is under way or comes soon, one sentence each."""
    windows = planned_work(summary.service, summary.now, PLANNED_AHEAD)
    return tuple(_window(window, summary, zone) for window in windows)


def incident_line(incident: Incident, labels: Mapping[str, str], now: float, zone: tzinfo) -> str:
    """An incident as a sentence: what, when, for how long."""
    what = labels.get(incident.check, incident.check)
    also = [labels.get(name, name) for name in incident.affected]
    names = listed([what, *also])
    took = duration_in_words(incident.duration(now))
    began = clock(incident.started_at, now, zone)
    if incident.ended_at is not None:
        return f"{names} did not work from {began}, for {took}."
    has = "have" if also else "has"
    return f"{names} {has} not been working since {began}, for {took}."


def _working_since(summary: Summary, zone: tzinfo) -> tuple[str, ...]:
    """Since the last of the checks began to pass: before that not everything worked."""
    since = max((one.since for one in summary.checks if one.since is not None), default=None)
    if since is None:
        return ()
    time = clock(since, summary.now, zone)
    return (f"Without interruption since {time}, for {duration_in_words(summary.now - since)}.",)


def _not_working(summary: Summary, zone: tzinfo) -> PlainStatus:
    roots = [cause.root for cause in summary.causes]
    affected = [one for cause in summary.causes for one in cause.affected]
    verb = _verb(roots, "is", "are")
    headline = f"{_names(roots)} {verb} not working."
    if len(roots) + len(affected) == len(summary.checks) > 1:
        headline = f"{summary.service.label} is not working."
    sentences = [f"Not working{_since(roots, summary.now, zone)}."]
    if affected:
        sentences.append(f"Also affected: {_names(affected)}.")
    if any(one.state.alert.acknowledgement for one in roots):
        sentences.append("Somebody is working on it.")
    if summary.count(Standing.PASS):
        sentences.append("Everything else is working.")
    return PlainStatus(Standing.FAIL, headline, tuple(sentences))


def _cannot_tell(summary: Summary, shown: Sequence[Presented], zone: tzinfo) -> PlainStatus:
    heard = max((one.heard_at for one in shown if one.heard_at), default=None)
    if heard is None:
        last = UNREADABLE if summary.unread else "Nothing has been checked yet."
    else:
        last = f"The last look was {_at(heard, summary.now, zone)}."
        if summary.unread:
            last = f"{UNREADABLE} The last look we know of was {_at(heard, summary.now, zone)}."
    if len(shown) == len(summary.checks):
        return PlainStatus(
            Standing.UNKNOWN,
            "We cannot tell right now.",
            (f"{last} This says nothing about {summary.service.label} itself.",),
        )
    return PlainStatus(
        Standing.UNKNOWN,
        "Mostly working, as far as we can tell.",
        (f"We cannot tell about {_names(shown)}. {last}",),
    )


def _under_way(summary: Summary, zone: tzinfo) -> tuple[str, ...]:
    now = summary.now
    windows = [w for w in planned_work(summary.service, now, 0) if w.start <= now]
    return tuple(_window(window, summary, zone) for window in windows)


def _window(window: Maintenance, summary: Summary, zone: tzinfo) -> str:
    now = summary.now
    labels = {check.name: check.label for check in summary.service.checks}
    what = listed([labels.get(name, name) for name in window.checks]) or "everything"
    if window.start <= now:
        when = f"until {clock(window.end, now, zone)}"
    else:
        when = f"from {clock(window.start, now, zone)} to {clock(window.end, now, zone)}"
    return f"{window.title.rstrip('. ')}: {what}, {when}."


def _since(shown: Sequence[Presented], now: float, zone: tzinfo) -> str:
    first = min((one.since for one in shown if one.since is not None), default=None)
    if first is None:
        return ""
    return f" since {clock(first, now, zone)}, for {duration_in_words(now - first)}"


def _at(at: float, now: float, zone: tzinfo) -> str:
    time = clock(at, now, zone)
    on = "at " if time[0].isdigit() and " " not in time else ""  # not "at yesterday"
    return f"{on}{time}, {duration_in_words(now - at)} ago"


def _names(shown: Sequence[Presented]) -> str:
    return listed([one.check.label for one in shown])


def _verb(shown: Sequence[Presented], one: str, many: str) -> str:
    return one if len(shown) == 1 else many
