"""What the console itself saw in the window of a closing. Reads the store; no network."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import tzinfo

from console.activity.chain import Entry
from console.activity.model import Kind
from console.deployments import load as deployments
from console.health.model import CheckState
from console.instances.history import COUNT, past
from console.month_end.calendar import Closing, span
from console.month_end.comparison import Seen
from console.month_end.freeze import Deployed, deployed_of
from console.month_end.work import API, ITEM, work_of
from console.settings import load as settings_document
from console.store.read import Store

ENTRIES = 300  # of the activity log that are looked through
MOST_EVENTS = 100


def with_now(
    seen: Mapping[str, Seen], name: str, states: Mapping[str, CheckState], running: int | None
) -> Mapping[str, Seen]:
    """What was seen of the present closing, with what is so at this moment: incidents that are
    open, and the instances that run."""
    one = seen.get(name)
    if one is None:
        return seen
    open_now = sum(state.incident is not None for state in states.values())
    incidents = one.incidents if one.incidents is not None else (0 if states else None)
    most = max([n for n in (one.most, running) if n is not None], default=None)
    now = replace(one, most=most, incidents=None if incidents is None else incidents + open_now)
    return {**seen, name: now}


def deployed_in_freeze(
    store: Store, service: str, closing: Closing, now: float
) -> tuple[Deployed, ...] | None:
    """What was rolled out in the freeze: as the platform tells; where none is connected, from the
    timeline and from the commits that instances tell. The first commit that was ever seen is no
    deployment: it was there before the console."""
    platform = deployments.load(store, service)
    if platform is not None and platform.at:
        return deployed_of(platform)
    events = store.events(service, closing.freeze_from, min(now, closing.freeze_until), MOST_EVENTS)
    found = [Deployed(one.title, one.at) for one in events if one.kind is Kind.DEPLOYMENT]
    told = settings_document.load(store, service)
    if told is None or told.problem:
        return tuple(found) or None
    first: dict[str, float] = {}
    for one in told.deployments:
        first[one.commit] = min(one.first_at, first.get(one.commit, one.first_at))
    known = sorted(first.items(), key=lambda pair: pair[1])
    found += [Deployed(f"commit {commit[:12]}", at) for commit, at in known[1:] if commit]
    return tuple(found)


def seen_of(
    store: Store,
    service: str,
    closing: Closing,
    entries: tuple[Entry, ...],
    now: float,
    zone: tzinfo,
) -> Seen:
    """What the console saw in the window of a closing."""
    since, until = span(closing.opens, zone)[0], min(now, span(closing.closes, zone)[1])
    if until <= since:  # its window is still to come
        return Seen()
    series = [ITEM, COUNT, *(one for one in store.series(service) if one.kind == API)]
    cells = store.cells_of(service, series, since, until)
    work, count = work_of({s: c for s, c in cells.items() if s != COUNT}), past(cells[COUNT])
    watched = count is not None or bool(work.items)
    whole = len(entries) < ENTRIES or (bool(entries) and entries[-1].at <= since)
    runs = sum(
        since <= one.at <= until and one.kind == "run" and one.step != "begun" for one in entries
    )
    return Seen(
        work.p95,
        work.failed,
        work.refused if watched else None,
        None if count is None else count.most,
        len(store.incidents(service, since, until)) if watched else None,
        runs if whole and watched else None,
    )
