"""The Settings page: what is set, what is wrong with it, where it differs, what it should be."""

import os
from dataclasses import dataclass

import streamlit as st

from console.service_redis import url_of
from console.settings.check import check_given
from console.settings.drift import platform_findings
from console.settings.limits import limit_findings
from console.settings.load import load
from console.settings.model import Finding, Given, Severity, Spec
from console.settings.overview import Overview, of_file, of_instances, unknown, without_source
from console.settings.profiles import find_again
from console.settings.report_rules import spec_of
from console.settings.reports import Snapshot
from console.settings.state import PROCESS_KEY
from console.settings.view.drift import drift_part, platform_names
from console.settings.view.file import (
    CHOSEN,
    ENVIRONMENT,
    ENVIRONMENTS,
    FILE,
    INSTANCES,
    NEXT,
    OWN,
    environment,
    file_part,
    kept_file,
)
from console.settings.view.specification import specification_part
from console.settings.view.tables import findings_part, group_tables
from console.settings.view.trials import known_trials, trials_part
from console.timeouts.view import judge, show
from console.ui.format import plain
from console.ui.header import Head, store_notice
from console.ui.live import live
from console.ui.page import Page, read
from console.ui.reading import Fetched, fetch
from console.ui.status import alert
from console.words import counted

CARD_HEIGHT, CARD_WIDTH = 118, 150  # pixels
OWN_NAME = "this console's environment"
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """The specification that a page goes by."""

    named: str  # path or profile; empty where none is named
    spec: Spec
    problems: tuple[Finding, ...]


def settings(page: Page) -> None:
    """Draw the page."""
    head = Head(page, "Settings")
    service = page.service.name
    has_redis = bool(url_of(page.runtime.config, page.service))
    first = _load(page)
    wanted = _wanted(page, first.value)
    drawn = _shape(first.value)
    _pick(page, wanted, first.value)

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        found = _load(page)
        if _shape(found.value) != drawn:
            st.rerun()  # instances report otherwise: what stands outside of the fragment is old
        if not reading.fetched.problem:
            store_notice(page, found)
        source = _source(page, wanted, found.value)
        shown = _overview(page, wanted, found.value, source, reading.now)
        alert(shown.standing, plain(shown.sentence))
        if source == INSTANCES and not (found.value and found.value.variants):
            st.info(NO_REPORT if has_redis else NO_REDIS, icon=":material/extension:")
        if shown.rows:
            _cards(shown, found.value)
        findings_part(shown.findings, key="settings_findings", notes=source == FILE)
        trials, valued = known_trials(service, source), source != INSTANCES
        group_tables(shown, trials, typed=not wanted.spec.partial, valued=valued)

    live(body)
    source = _source(page, wanted, first.value)
    file_part(page, wanted.spec)
    trials_part(page, wanted.spec, _given(page, wanted, source), source)
    drift_part(page, wanted.spec, first.value, read(page).now)
    _timeouts(page, first.value)
    specification_part(wanted.named, wanted.spec, kept_file(service, wanted.spec))


def _timeouts(page: Page, snapshot: Snapshot | None) -> None:
    """Whether the time limits fit together, by the values that instances report."""
    st.header("Time-outs", anchor="time-outs")
    show(page.service, page.runtime, read(page).now, reported=_limits(snapshot))


def _limits(snapshot: Snapshot | None) -> dict[str, str]:
    seen = snapshot.variants[0].report.variables if snapshot and snapshot.variants else ()
    return {one.name: one.limit for one in seen if one.limit}


def _shape(snapshot: Snapshot | None) -> object:
    """What the whole page depends on: who reports what, not when."""
    if snapshot is None:
        return None
    deployed = [(one.commit, one.report, one.first_at) for one in snapshot.deployments]
    return snapshot.problem, snapshot.variants, deployed


def _load(page: Page) -> Fetched[Snapshot | None]:
    store, name = page.runtime.store, page.service.name
    return fetch(page.runtime, ("settings", name), lambda: load(store, name))


def _wanted(page: Page, snapshot: Snapshot | None) -> Wanted:
    named = page.service.settings_spec or page.runtime.config.settings.settings_spec
    if named:
        spec, problems = find_again(named)
        return Wanted(named, spec, tuple(problems))
    if snapshot is not None and snapshot.variants:
        return Wanted("", spec_of(snapshot.variants[0].report), ())
    return Wanted("", Spec(), ())


def _pick(page: Page, wanted: Wanted, snapshot: Snapshot | None) -> None:
    """Whose settings are shown, and as what kind of environment they are judged."""
    labels = _sources(page, wanted)
    if NEXT in st.session_state:  # before the widget is drawn: later it cannot be set
        st.session_state[CHOSEN] = st.session_state.pop(NEXT)
    if st.session_state.get(CHOSEN) not in labels:
        st.session_state[CHOSEN] = _source(page, wanted, snapshot)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.segmented_control(
            "Settings of",
            list(labels),
            format_func=labels.__getitem__,
            key=CHOSEN,
            required=True,
        )
        st.selectbox(
            "Judged as",
            ENVIRONMENTS,
            key=ENVIRONMENT,
            width=150,
            help="In production, settings for tests must be off.",
        )


def _sources(page: Page, wanted: Wanted) -> dict[str, str]:
    labels = {INSTANCES: "Running instances"}
    kept = kept_file(page.service.name, wanted.spec)
    if kept is not None:
        labels[FILE] = plain(kept.source, 40)
    if any(name in os.environ for name in wanted.spec.variables):
        labels[OWN] = "This console"
    return labels


def _source(page: Page, wanted: Wanted, snapshot: Snapshot | None) -> str:
    """The source that is chosen, else the first that has something to say."""
    chosen = st.session_state.get(CHOSEN)
    labels = _sources(page, wanted)
    if chosen in labels:
        return str(chosen)
    if snapshot is not None and snapshot.variants:
        return INSTANCES
    return next((one for one in (FILE, INSTANCES) if one in labels), INSTANCES)


def _given(page: Page, wanted: Wanted, source: str) -> Given | None:
    """The variables with their values; None for instances, whose values nobody knows here."""
    if source == FILE:
        kept = kept_file(page.service.name, wanted.spec)
        return kept.checked.given if kept else None
    if source == OWN:
        return Given(OWN_NAME, dict(os.environ), whole=False)
    return None


def _overview(
    page: Page, wanted: Wanted, snapshot: Snapshot | None, source: str, now: float
) -> Overview:
    if source == FILE and (kept := kept_file(page.service.name, wanted.spec)) is not None:
        return of_file(wanted.spec, kept.checked, wanted.problems, kept.key)
    if source == OWN:
        given = _given(page, wanted, OWN) or Given(OWN_NAME, {})
        checked = check_given(wanted.spec, given, environment())
        return of_file(wanted.spec, checked, wanted.problems, PROCESS_KEY)
    if snapshot is None:
        told = unknown("Which settings run is not known: no instance has reported them.")
    else:
        spec = wanted.spec if wanted.named else None
        problems = list(wanted.problems)
        platform = platform_names(page, now)
        if platform is not None and snapshot.variants:
            report, started = snapshot.variants[0].report, snapshot.started_at
            problems += platform_findings(platform, report, started, spec or spec_of(report))
        if reported := _limits(snapshot):
            problems += limit_findings(judge(page.service, page.runtime, now, reported).findings)
        told = of_instances(spec, snapshot, problems, now, environment())
    if not told.rows and wanted.named:
        return without_source(wanted.spec, wanted.problems, told.sentence)
    return told


def _cards(shown: Overview, snapshot: Snapshot | None) -> None:
    errors, warnings = shown.count(Severity.ERROR), shown.count(Severity.WARN)
    reporting = sum(len(one.instances) for one in snapshot.variants) if snapshot else 0
    with st.grid(4, min_column_width=CARD_WIDTH, row_height=CARD_HEIGHT, gap="small"):
        _metric("Set", f"{shown.present:,}", f"of {counted(shown.total, 'setting')}")
        _metric("To mend", f"{errors:,}", "errors")
        _metric("Warnings", f"{warnings:,}", "to look at")
        kinds = len(snapshot.variants) if snapshot else 0
        alike = "all alike" if kinds == 1 else f"{kinds} different kinds" if kinds else "none yet"
        _metric("Instances reporting", f"{reporting:,}", alike)


def _metric(label: str, value: str, note: str) -> None:
    st.metric(label, value, note, delta_color="off", delta_arrow="off", border=True)
