"""Where settings differ: between instances, deployments, and environments."""

from collections.abc import Mapping

import streamlit as st

from console.errors import StoreError
from console.health.summary import Standing
from console.settings.drift import (
    Comparison,
    Kind,
    between_instances,
    compare,
    platform_findings,
    seen_of,
)
from console.settings.load import load
from console.settings.model import Severity, Spec
from console.settings.reports import Deployment, Seen, Snapshot
from console.settings.rollout import restarting
from console.settings.secrecy import NOT_COMPARABLE
from console.settings.view.file import kept_file
from console.settings.view.platform import Told
from console.ui.format import plain, raw
from console.ui.page import Page
from console.ui.reading import fetch
from console.ui.status import MARKS
from console.ui.tables import rows, text_column
from console.words import NOTHING, clock, counted, listed

COMMIT = 10  # characters of a commit
MOST_UNDEPLOYED = 20  # variables that are told
MOST_WHO = 3  # instances that a cell names
_SHAPES = {
    Kind.ADDED: "+",
    Kind.REMOVED: "−",
    Kind.CHANGED: "≠",
    Kind.MOVED: "→",
    Kind.UNKNOWN: "?",
}


def drift_part(page: Page, spec: Spec, snapshot: Snapshot | None, told: Told, now: float) -> None:
    """Draw the four comparisons."""
    with st.container(border=True):
        st.subheader("Where they differ", anchor=False)
        moving = restarting(snapshot, told.roll_out, now) if snapshot else ""
        if moving:
            st.markdown(f":material/sync: {plain(moving)} That they differ meanwhile is expected.")
        _instances(snapshot, bool(moving))
        _platform(page, spec, snapshot, told, now, moving=bool(moving))
        left, right = st.columns(2, gap="medium")
        with left:
            _deployments(page, snapshot, now)
        with right:
            _places(page, spec, snapshot)


def _instances(snapshot: Snapshot | None, moving: bool) -> None:
    st.markdown("**Between running instances**")
    reporting = snapshot.reporting if snapshot else 0
    if snapshot is None or reporting < 2:
        st.caption("Fewer than two running instances report their settings.")
        return
    drifts = between_instances(snapshot.variants)
    silent = snapshot.alive - reporting
    more = f" {counted(silent, 'instance')} did not report." if silent > 0 else ""
    if not drifts and moving:
        st.caption(f"The {counted(reporting, 'instance')} that report so far are alike.{more}")
        return
    if not drifts:
        badge = MARKS[Standing.PASS].badge
        comparable = any(
            one.fingerprint not in ("", NOT_COMPARABLE)
            for one in snapshot.variants[0].report.variables
        )
        alike = "have the same settings" if comparable else "have settings of the same lengths"
        why = "" if comparable else " Set **OPS_FINGERPRINT_KEY** to compare the values as well."
        st.markdown(f"{badge} {counted(reporting, 'instance')} {alike}.{why}{more}")
        return
    flat = [(drift.name, state, who) for drift in drifts for state, who in drift.kinds]
    rows(
        {
            "name": [name for name, _, _ in flat],
            "state": [raw(state) for _, state, _ in flat],
            "count": [len(who) for _, _, who in flat],
            "who": [raw(listed(who, MOST_WHO), 200) for _, _, who in flat],
        },
        {
            "name": text_column("Variable", pinned=True),
            "state": text_column("Has"),
            "count": text_column("Instances"),
            "who": text_column("Which"),
        },
        key="settings_drift",
        alt="Variables that differ between instances",
    )
    if more:
        st.caption(more.strip())


def _platform(
    page: Page, spec: Spec, snapshot: Snapshot | None, told: Told, now: float, *, moving: bool
) -> None:
    st.markdown("**Between the platform and what runs**")
    platform = told.names
    if platform is None:
        st.caption(told.reason if told.own else plain(told.reason))
        return
    if snapshot is None or not snapshot.variants:
        st.caption("No running instance reports its settings.")
        return
    known = f"{counted(len(platform.names), 'variable')} of {plain(platform.platform)}"
    if moving:
        st.caption(f"The {known} are compared when the instances have restarted.")
        return
    found = platform_findings(platform, snapshot.variants, snapshot.started_at, spec)
    if not found:
        st.markdown(f"{MARKS[Standing.PASS].badge} What runs has the {known}.")
    for one in found[:MOST_UNDEPLOYED]:
        note = one.severity is Severity.NOTE
        badge = ":gray-badge[:material/info: Note]" if note else MARKS[Standing.WARN].badge
        st.markdown(f"{badge} **{plain(one.name)}** {plain(one.text)} {plain(one.next)}")
    if len(found) > MOST_UNDEPLOYED:
        st.caption(f"The first {MOST_UNDEPLOYED} of {len(found):,}.")
    if not any(platform.names.values()):
        title = f"{platform.platform[:1].upper()}{platform.platform[1:]}"
        st.caption(
            f"{plain(title)} tells names only, no values; "
            f"read {clock(platform.at, now, page.zone)}. "
            "That a value was changed there shows under **Between deployments** once it runs."
        )


def _deployments(page: Page, snapshot: Snapshot | None, now: float) -> None:
    st.markdown("**Between deployments**")
    known = snapshot.deployments if snapshot else ()
    if len(known) < 2:
        st.caption("One deployment was seen so far; the next one is compared with it.")
        return
    newest = snapshot.at if snapshot else now
    labels = {index: _deployment(one, newest, now, page) for index, one in enumerate(known)}
    before = st.selectbox(
        "From", list(labels), index=1, format_func=labels.__getitem__, key="settings_before"
    )
    after = st.selectbox("To", list(labels), format_func=labels.__getitem__, key="settings_after")
    found = compare(known[before].report.seen, known[after].report.seen)
    _comparison(found, "settings_deployments", ("Before", "After"))


def _places(page: Page, spec: Spec, snapshot: Snapshot | None) -> None:
    st.markdown("**Against another place**")
    running: Mapping[str, Seen] | None = None
    if snapshot is not None and snapshot.variants:
        running = snapshot.variants[0].report.seen
    others: list[str] = [
        one.name for one in page.runtime.config.services if one.name != page.service.name
    ]
    kept = kept_file(page.service.name, spec)
    labels = {f"service:{name}": f"Service {name}" for name in others}
    if kept is not None:
        labels = {"file": kept.source, **labels}
    if running is None or not labels:
        st.caption(
            "Check a .env above to compare it with what runs, or watch another environment as a "
            "second service. Both need running instances that report."
        )
        return
    chosen = st.selectbox(
        "Running instances against",
        list(labels),
        format_func=lambda place: raw(labels[place], 60),
        key="settings_place",
    )
    if chosen == "file" and kept is not None:
        other = seen_of(kept.checked.given, spec, kept.key)
    else:
        other = _of_service(page, chosen.removeprefix("service:"))
    if other is None:
        st.caption("No running instance of that service reports its settings.")
        return
    _comparison(compare(running, other), "settings_places", ("Running", "There"))


def _of_service(page: Page, name: str) -> Mapping[str, Seen] | None:
    store = page.runtime.store

    def read() -> Snapshot | None:
        try:
            return load(store, name)
        except StoreError:
            return None

    found = fetch(page.runtime, ("settings", name), read).value
    return found.variants[0].report.seen if found is not None and found.variants else None


def _comparison(found: Comparison, key: str, sides: tuple[str, str]) -> None:
    if not found.comparable:
        st.caption(
            f"{MARKS[Standing.UNKNOWN].badge} Their **OPS_FINGERPRINT_KEY** differs or is not "
            "known here, so only presence and length are compared."
        )
    if not found.changes:
        badge = MARKS[Standing.PASS].badge
        st.markdown(f"{badge} No difference; {counted(found.same, 'setting')} are the same.")
        return
    rows(
        {
            "name": [raw(one.name, 80) for one in found.changes],
            "kind": [f"{_SHAPES[one.kind]} {one.kind}" for one in found.changes],
            "before": [_state(one.before) for one in found.changes],
            "after": [_state(one.after) for one in found.changes],
        },
        {
            "name": text_column("Variable", pinned=True),
            "kind": text_column("Change"),
            "before": text_column(sides[0]),
            "after": text_column(sides[1]),
        },
        key=key,
        alt="Variables that differ between two places",
    )
    more = f", {found.left_out:,} more are not listed" if found.left_out else ""
    st.caption(f"{counted(found.same, 'setting')} are the same{more}.")


def _state(one: Seen | None) -> str:
    if one is None or not one.is_set:
        return "the default" if one is not None and one.source == "default" else "not set"
    mark = "" if one.fingerprint in ("", NOT_COMPARABLE) else one.fingerprint[:8]
    size = f"{one.length} characters" if one.length else ""
    return "\n".join(filter(None, (mark, size))) or NOTHING


def _deployment(one: Deployment, newest: float, now: float, page: Page) -> str:
    """Which one, and from when to when it ran. `newest`: when instances were read last."""
    commit = raw(one.commit[:COMMIT]) or "no commit told"
    mark = one.report.fingerprint
    which = f" · settings {mark[:6]}" if mark not in ("", NOT_COMPARABLE) else ""
    until = "now" if one.last_at >= newest else clock(one.last_at, now, page.zone)
    return f"{commit}{which} · {clock(one.first_at, now, page.zone)} to {until}"
