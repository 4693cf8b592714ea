"""What every page begins with: whose service it shows, to whom, and what is known of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

import streamlit as st

from console.access import Visitor
from console.config import Config
from console.health.check import Service
from console.health.model import CheckState
from console.health.summary import Standing
from console.health.uptime import UptimeRecord
from console.health.verdict import Summary, summarise
from console.runtime import Runtime, get_runtime
from console.store.model import CollectorBeat
from console.store.read import Store
from console.ui.reading import Fetched, fetch, last_value

PAGES = Path(__file__).resolve().parents[2] / "pages"  # links name a page by its script
SERVICE = "service"  # in the URL and in the session's state
UNREAD = "the console cannot read its store."


@dataclass(frozen=True, slots=True)
class Page:
    """One page for one visitor."""

    runtime: Runtime
    service: Service
    visitor: Visitor

    @property
    def zone(self) -> tzinfo:
        """The zone that times are shown in."""
        return self.runtime.config.settings.zone


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a service: the part that every page shows."""

    states: Mapping[str, CheckState]
    uptimes: Mapping[str, UptimeRecord]
    beat: CollectorBeat | None
    settled: bool = False  # read again since that heartbeat: nothing new comes before the next one


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known, and how that looks at `now`."""

    now: float  # Unix seconds
    summary: Summary
    known: Known
    fetched: Fetched[Known]

    @property
    def data_at(self) -> float | None:
        """The time that the figures are of: the last heartbeat that was read."""
        return self.known.beat.at if self.known.beat else None


def open_page(visitor: Visitor) -> Page:
    """The page's context: the runtime, the chosen service and the visitor."""
    runtime = get_runtime()
    return Page(runtime, current_service(runtime.config), visitor)


def current_service(config: Config) -> Service:
    """The service that the URL names, else the one chosen before, else the first."""
    by_name = {service.name: service for service in config.services}
    for name in (st.query_params.get(SERVICE), st.session_state.get(SERVICE)):
        if name in by_name:
            return by_name[name]
    return config.services[0]


def read(page: Page) -> Reading:
    """What is known of the service now. Never raises for a store that is away."""
    return _read(page.runtime, page.service)


def standings(runtime: Runtime) -> dict[str, Standing]:
    """How each service stands now, by its name."""
    return {
        service.name: _read(runtime, service).summary.verdict.standing
        for service in runtime.config.services
    }


def _read(runtime: Runtime, service: Service) -> Reading:
    store, name = runtime.store, service.name
    key = ("known", name)
    last: Known | None = last_value(runtime, key)
    fetched = fetch(runtime, key, lambda: _known(store, name, last))
    now = time.time()
    known = fetched.value or Known({}, {}, None)
    zone = runtime.config.settings.zone
    unread = UNREAD if fetched.problem else ""
    summary = summarise(service, known.states, known.beat, now, zone, unread)
    return Reading(now, summary, known, fetched)


def _known(store: Store, service: str, last: Known | None) -> Known:
    """What the store knows. The collector writes its heartbeat with everything else, and last:
    while that is the same there is nothing new, and a thousand checks need not be read again.

    They are read twice after each heartbeat, because the store shares what it reads between all
    who ask and may have read the checks just before the heartbeat.
    """
    beat = store.collector()
    same = last is not None and beat is not None and beat == last.beat
    if last is not None and same and last.settled:
        return last
    return Known(store.states(service), store.uptime(service), beat, settled=same)
