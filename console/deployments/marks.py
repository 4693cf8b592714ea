"""One mark for each deployment out of the timeline, which tells it in two events. Pure.

The first says how it ended, the second, some minutes later, what the console found of it. What the
console did by itself about one is a mark of its own.
"""

from collections.abc import Iterable
from dataclasses import replace

from console.activity.model import Event, Kind
from console.words import sentence

# What the ids of the two end with.
ENDED, VERDICT = "-ended", "-verdict"


def marks(events: Iterable[Event]) -> list[Event]:
    """The deployments among the events, one each, newest first, with the verdict in its title."""
    told = [one for one in events if one.kind is Kind.DEPLOYMENT]
    verdicts = {one.source: one for one in told if one.id.endswith(VERDICT)}
    ended = [_with_verdict(one, verdicts.get(one.source)) for one in told if one.id.endswith(ENDED)]
    others = [one for one in told if not one.id.endswith((ENDED, VERDICT))]
    return sorted([*ended, *others], key=lambda one: -one.at)


def _with_verdict(ended: Event, verdict: Event | None) -> Event:
    if verdict is None:
        return ended
    # `Deployment of 3f2a1b9: verified. Verified over 10 min.`
    found = verdict.title.partition(": ")[2] or verdict.title
    title = f"{ended.title.rstrip('.')}; {sentence(found)}"
    return replace(ended, title=title, status=verdict.status)
