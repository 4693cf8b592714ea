"""The Settings page: what is set, what is wrong with it, where it differs, what it should be."""

import streamlit as st

from console.service_redis import url_of
from console.settings.at_hand import at_hand
from console.settings.load import load
from console.settings.model import Severity
from console.settings.overview import Overview
from console.settings.reports import Snapshot
from console.settings.rollout import restarting
from console.settings.view.drift import drift_part
from console.settings.view.file import FILE, INSTANCES, file_part, kept_file
from console.settings.view.judged import judged
from console.settings.view.platform import Told, platform_told
from console.settings.view.source import given_of, limits_of, pick, source_of, wanted_of
from console.settings.view.specification import specification_part
from console.settings.view.tables import findings_part, group_tables
from console.settings.view.trials import known_trials, trials_part
from console.timeouts.view import show
from console.ui.format import plain
from console.ui.header import Head, store_notice
from console.ui.live import live
from console.ui.page import Page, read
from console.ui.reading import Fetched, fetch
from console.ui.status import alert
from console.words import counted

CARD_HEIGHT, CARD_WIDTH = 108, 150  # pixels
NO_REDIS = (
    "The console does not know this service's Redis, so it cannot ask running instances. Set "
    "`REDIS_URL` beside `SERVICE_URL` (or add a check of type `redis`), and start the console "
    "again. A .env can be checked without it."
)
NO_REPORT = (
    "No running instance reports its settings. Install the kit (`console/kit`) into the service "
    "and read its settings with it, or follow `console/kit/CONTRACT.md`. A .env can be checked "
    "without it."
)


def settings(page: Page) -> None:
    """Draw the page."""
    head = Head(page, "Settings")
    service = page.service.name
    has_redis = bool(url_of(page.runtime.config, page.service))
    first, now = _load(page), read(page).now
    told = platform_told(page, now)
    wanted = wanted_of(page, first.value)
    drawn = _shape(first.value, told, now)
    pick(page, wanted, first.value)

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        found, told = _load(page), platform_told(page, reading.now)
        if _shape(found.value, told, reading.now) != drawn:
            st.rerun()  # instances report otherwise: what stands outside of the fragment is old
        if not reading.fetched.problem:
            store_notice(page, found)
        source = source_of(page, wanted, found.value)
        shown = judged(page, wanted, found.value, source, told, reading.now)
        icon = ":material/sync:" if shown.under_way else None
        alert(shown.standing, plain(shown.sentence), icon=icon)
        if source == INSTANCES and not (found.value and found.value.variants):
            st.info(NO_REPORT if has_redis else NO_REDIS, icon=":material/extension:")
        if shown.rows:
            _cards(shown, found.value)
        findings_part(shown.findings, key="settings_findings", notes=source == FILE)
        held = None
        if source == INSTANCES:
            held = at_hand(page.runtime.config, page.service, wanted.spec).values
        trials = known_trials(service, source)
        group_tables(shown, trials, typed=not wanted.spec.partial, held=held)

    live(body)
    source = source_of(page, wanted, first.value)
    given = given_of(page, wanted, source)
    file_part(page, wanted.spec)
    trials_part(page, wanted.spec, given, source)
    drift_part(page, wanted.spec, first.value, told, now)
    st.header("Time-outs", anchor="time-outs")
    limits, name = limits_of(given, wanted.spec, first.value)
    show(page.service, page.runtime, now, reported=limits, name=name)
    specification_part(wanted.named, wanted.spec, kept_file(service, wanted.spec))


def _shape(snapshot: Snapshot | None, told: Told, now: float) -> object:
    """What the whole page depends on: who reports what, not when."""
    names = told.reason if told.names is None else tuple(told.names.names)
    if snapshot is None:
        return names
    deployed = [(one.commit, one.report, one.first_at) for one in snapshot.deployments]
    moving = bool(restarting(snapshot, told.roll_out, now))
    return names, snapshot.problem, snapshot.variants, deployed, moving


def _load(page: Page) -> Fetched[Snapshot | None]:
    store, name = page.runtime.store, page.service.name
    return fetch(page.runtime, ("settings", name), lambda: load(store, name))


def _cards(shown: Overview, snapshot: Snapshot | None) -> None:
    errors, warnings = shown.count(Severity.ERROR), shown.count(Severity.WARN)
    so_far = " so far" if shown.under_way else ""
    with st.grid(4, min_column_width=CARD_WIDTH, row_height=CARD_HEIGHT, gap="small"):
        _metric("Set", f"{shown.present:,}", f"of {counted(shown.total, 'setting')}")
        _metric("To mend", f"{errors:,}", f"errors{so_far}")
        _metric("Warnings", f"{warnings:,}", f"with time-outs{so_far}")
        reporting = snapshot.reporting if snapshot else 0
        _metric("Instances reporting", f"{reporting:,}", _alike(shown, snapshot))


def _alike(shown: Overview, snapshot: Snapshot | None) -> str:
    """What the number of instances that report says."""
    if snapshot is None or not snapshot.reporting:
        return "restarting" if shown.under_way else "none yet"
    if shown.under_way:
        return "restarting"
    if snapshot.reporting < snapshot.alive:
        return f"of {snapshot.alive:,} alive"
    if snapshot.reporting == 1:
        return "the only one"
    kinds = len(snapshot.variants)
    return "all alike" if kinds == 1 else f"{kinds} different kinds"


def _metric(label: str, value: str, note: str) -> None:
    st.metric(label, value, note, delta_color="off", delta_arrow="off", border=True)
