"""The table of instances."""

from collections.abc import Sequence

import streamlit as st

from console.health.summary import Standing
from console.instances.model import Instance, Life
from console.instances.verdict import SKEW_WARN, Summary
from console.ui.format import raw
from console.ui.page import Page
from console.ui.status import MARKS
from console.ui.tables import number_column, rows, status_column, text_column
from console.words import NOTHING, age, counted, duration

MOST_ROWS = 100  # drawn at once; the silent come first, and the search finds the others
SEARCH_FROM = 15  # instances from which a search is worth its place
SEARCH = "instances_search"
COMMIT_LENGTH = 10  # characters

_MARKS = {
    Life.ALIVE: Standing.PASS,
    Life.DRAINING: Standing.MAINTENANCE,
    Life.SILENT: Standing.FAIL,
}
_MODES = {"live": "live", "dry_run": "dry run", "paused": "paused"}


def instance_table(summary: Summary, page: Page, now: float, minutes: int) -> None:
    """Every instance with what it tells; the silent first, then the newest."""
    found = _searched(summary.instances)
    shown = found[:MOST_ROWS]
    columns = {
        "status": [[_mark(one)] for one in shown],
        "instance": [_name(one) for one in shown],
        "heard": [f"{age(one.silent_for)}\nruns {_age(one, now)}" for one in shown],
        "commit": [_version(one) for one in shown],
        "mode": [_mode(one) for one in shown],
        "in_flight": [_in_flight(one) for one in shown],
        "requests": [_requests(one) for one in shown],
        "p95": [_milliseconds(one) for one in shown],
        "memory": [_megabytes(one) for one in shown],
        "cpu": [one.beat.cpu_percent for one in shown],
        "clock": [_clock(one) for one in shown],
    }
    config = {
        "status": status_column(),
        "instance": text_column("Instance", pinned=True),
        "heard": text_column("Heartbeat"),
        "commit": text_column("Commit, settings"),
        "mode": text_column("Mode · epoch"),
        "in_flight": text_column("In flight"),
        "requests": text_column(f"Requests, {minutes} min"),
        "p95": number_column("p95", "ms", f"Of the routes, the last {minutes} full minutes"),
        "memory": number_column("Memory", "MB", "Resident"),
        "cpu": number_column("CPU", "%", "Of one core, since the heartbeat before"),
        "clock": text_column("Clock"),
    }
    rows(
        columns,
        config,
        key="instances_table",
        alt="The instances with commit, mode, heartbeat, work in flight and memory",
    )
    if len(found) > len(shown) or len(found) < len(summary.instances):
        every = len(summary.instances)
        st.caption(f"{len(shown):,} of {every:,} instances, the silent first, then the newest.")


def _searched(instances: Sequence[Instance]) -> Sequence[Instance]:
    if len(instances) < SEARCH_FROM:
        return instances
    words = str(
        st.text_input(
            "Search",
            key=SEARCH,
            placeholder="Instance, commit, region, settings",
            icon=":material/search:",
            label_visibility="collapsed",
        )
    ).lower()
    return [one for one in instances if words in _searchable(one)] if words else instances


def _searchable(one: Instance) -> str:
    beat = one.beat
    parts = (one.heard.instance, beat.commit, beat.region, beat.settings, beat.mode, beat.host)
    return " ".join(parts).lower()


def _name(one: Instance) -> str:
    return "\n".join(filter(None, (raw(one.heard.instance, 64), raw(one.beat.region, 40))))


def _version(one: Instance) -> str:
    """The commit, and the fingerprint of the settings."""
    commit = raw(one.beat.commit[:COMMIT_LENGTH] or NOTHING)
    return "\n".join(filter(None, (commit, raw(one.beat.settings[:COMMIT_LENGTH]))))


def _in_flight(one: Instance) -> str:
    """Requests and items under way, and for how long the oldest of them."""
    if one.beat.in_flight is None:
        return NOTHING
    oldest = one.beat.oldest_in_flight
    return f"{one.beat.in_flight:,}" + (f"\noldest {oldest:.1f} s" if oldest else "")


def _requests(one: Instance) -> str:
    """With those that failed: server errors, time-outs, answers broken off."""
    traffic = one.heard.traffic
    if traffic is None:
        return NOTHING
    return f"{traffic.requests:,}\n{counted(traffic.bad, 'error')}"


def _mark(one: Instance) -> str:
    return MARKS[_MARKS[one.life]].pill


def _mode(one: Instance) -> str:
    mode = _MODES.get(one.beat.mode, NOTHING)
    if one.beat.epoch is None:
        return mode
    late = " (late)" if one.acknowledged is False else ""
    return f"{mode} · {one.beat.epoch}{late}"


def _age(one: Instance, now: float) -> str:
    started = one.beat.started_at
    if started is None:
        return NOTHING
    ran = now - started if one.skew is None else (one.beat.at or now) - started
    return duration(max(0.0, ran))


def _milliseconds(one: Instance) -> float | None:
    traffic = one.heard.traffic
    return None if traffic is None or traffic.p95 is None else traffic.p95 * 1000


def _megabytes(one: Instance) -> float | None:
    return None if one.beat.memory_bytes is None else one.beat.memory_bytes / 1e6


def _clock(one: Instance) -> str:
    if one.skew is None:
        return NOTHING
    if abs(one.skew) <= SKEW_WARN:
        return "ok"
    return f"{duration(abs(one.skew))} {'ahead' if one.skew > 0 else 'behind'}"
