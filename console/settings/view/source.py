"""Whose settings the page shows, and by which specification."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from console.settings.limits import limit_defaults
from console.settings.model import Finding, Given, Spec
from console.settings.profiles import find_again
from console.settings.report_rules import spec_of
from console.settings.reports import Snapshot
from console.settings.view.file import (
    CHOSEN,
    ENVIRONMENT,
    ENVIRONMENTS,
    FILE,
    INSTANCES,
    NEXT,
    OWN,
    kept_file,
)
from console.timeouts.catalogue import BY_NAME
from console.ui.format import plain
from console.ui.page import Page

OWN_NAME = "this console's environment"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The specification that a page goes by."""

    named: str  # path or profile; empty where none is named
    spec: Spec
    problems: tuple[Finding, ...]


def wanted_of(page: Page, snapshot: Snapshot | None) -> Wanted:
    """The specification that is named, else what the instances report of their settings class."""
    named = page.service.settings_spec or page.runtime.config.settings.settings_spec
    if named:
        spec, problems = find_again(named)
        return Wanted(named, spec, tuple(problems))
    if snapshot is not None and snapshot.variants:
        return Wanted("", spec_of(snapshot.variants[0].report), ())
    return Wanted("", Spec(), ())


def pick(page: Page, wanted: Wanted, snapshot: Snapshot | None) -> None:
    """Whose settings are shown, and as what kind of environment they are judged."""
    labels = _sources(page, wanted)
    if NEXT in st.session_state:  # before the widget is drawn: later it cannot be set
        st.session_state[CHOSEN] = st.session_state.pop(NEXT)
    if st.session_state.get(CHOSEN) not in labels:
        st.session_state[CHOSEN] = source_of(page, wanted, snapshot)
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


def source_of(page: Page, wanted: Wanted, snapshot: Snapshot | None) -> str:
    """The source that is chosen, else the first that has something to say."""
    chosen = st.session_state.get(CHOSEN)
    labels = _sources(page, wanted)
    if chosen in labels:
        return str(chosen)
    if snapshot is not None and snapshot.variants:
        return INSTANCES
    return next((one for one in (FILE, INSTANCES) if one in labels), INSTANCES)


def given_of(page: Page, wanted: Wanted, source: str) -> Given | None:
    """The variables with their values; None for instances, whose values nobody knows here."""
    if source == FILE:
        kept = kept_file(page.service.name, wanted.spec)
        return kept.checked.given if kept else None
    if source == OWN:
        return Given(OWN_NAME, dict(os.environ), whole=False)
    return None


def limits_of(
    given: Given | None, spec: Spec, snapshot: Snapshot | None
) -> tuple[Mapping[str, str], str]:
    """The time limits of the chosen source, and what that is called. None where it has none."""
    if given is not None:
        found = {name: text for name, text in given.values.items() if name in BY_NAME}
        if not found:
            return {}, f"set in {given.source}"
        return {**limit_defaults(spec), **found}, f"set in {given.source}, or its default there"
    variants = snapshot.variants if snapshot else ()
    seen = variants[0].report.variables if variants else ()
    return {one.name: one.limit for one in seen if one.limit}, ""


def _sources(page: Page, wanted: Wanted) -> dict[str, str]:
    labels = {INSTANCES: "Running instances"}
    kept = kept_file(page.service.name, wanted.spec)
    if kept is not None:
        labels[FILE] = plain(kept.source, 40)
    if any(name in os.environ for name in wanted.spec.variables):
        labels[OWN] = "This console"
    return labels
