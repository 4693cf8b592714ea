"""The Deployments page: the newest one in five stages, its evidence, the history, the figures."""

import streamlit as st

from console.deployments.dora import DAY, dora
from console.deployments.history import Snapshot, known_from
from console.deployments.model import Record, Verdict
from console.deployments.verdict import is_live, name_of, standing_of, summarise
from console.deployments.versions import best_back, under_way, was_verified, way_back
from console.deployments.view.acting import acting, back_button, buttons
from console.deployments.view.choice import chosen
from console.deployments.view.detail import detail, where_it_runs
from console.deployments.view.difference import difference
from console.deployments.view.empty import no_platform
from console.deployments.view.fetched import fetched
from console.deployments.view.figures import figures
from console.deployments.view.history import history
from console.health.model import Status
from console.health.summary import Standing
from console.platforms.model import Capability, DeploymentState, Trigger
from console.settings import load as settings_document
from console.settings.reports import Snapshot as Settings
from console.ui.format import plain
from console.ui.header import Head, store_notice
from console.ui.live import live
from console.ui.page import Page, read
from console.ui.reading import Fetched, fetch
from console.ui.status import MARKS, alert
from console.words import age

DORA_DAYS = 30  # days that the figures are of
WATCHING = ":blue-badge[:material/progress_activity: Watching]"
_WORSE = (Verdict.FAILED, Verdict.DEGRADED)


def deployments(page: Page) -> None:
    """Draw the page."""
    head = Head(page, "Deployments")
    acting(page)
    live(lambda: _body(page, head))
    if not page.service.platform:
        no_platform(page, told=_load(page).value is not None)


def _body(page: Page, head: Head) -> None:
    """What refreshes itself."""
    reading = read(page)
    head.refresh(reading, verdict=False)
    found, now = _load(page), reading.now
    if not reading.fetched.problem:
        store_notice(page, found)
    snapshot = found.value
    if snapshot is None and not page.service.platform:
        return
    standing, sentence = summarise(snapshot, now)
    alert(standing, plain(sentence), icon=_icon(snapshot))
    if snapshot is None:
        return
    _automatic(snapshot, now)
    if not snapshot.records:
        _missing(snapshot)
        return
    _worse(page, snapshot, sentence)
    _running(snapshot, now)
    newest, settings = snapshot.records[0], _settings(page)
    detail(newest, snapshot, page, now, where=where_it_runs(snapshot, page))
    if snapshot.source == "platform":
        buttons(page, snapshot)
    history(snapshot, page, now)
    shown = chosen(snapshot, page.zone)
    if shown is not None:
        with st.container(border=True):
            _earlier(shown, snapshot, page, now)
            difference(shown, snapshot, settings)
    st.subheader("What the newest changed", anchor=False)
    difference(newest, snapshot, settings)
    since = known_from(snapshot)
    figures(dora(snapshot.records, now - DORA_DAYS * DAY, now, since), DORA_DAYS)
    _missing(snapshot)


def _load(page: Page) -> Fetched[Snapshot | None]:
    return fetched(page)


def _settings(page: Page) -> Settings | None:
    store, name = page.runtime.store, page.service.name
    key = ("deployments_settings", name)
    return fetch(page.runtime, key, lambda: settings_document.load(store, name)).value


def _icon(snapshot: Snapshot | None) -> str | None:
    """Something is under way: that is neither good nor bad, and not a question either."""
    if snapshot is None or snapshot.problem or not snapshot.records:
        return None
    newest = snapshot.records[0]
    found = newest.verification
    moving = newest.deployment.state is DeploymentState.RUNNING
    watching = found is not None and found.verdict is Verdict.WATCHING
    return ":material/progress_activity:" if moving or watching else None


def _worse(page: Page, snapshot: Snapshot, told: str) -> None:
    """What runs is worse than what ran before: why, and the one click that leads back.

    `told` is what the page says already.
    """
    bad = next((one for one in snapshot.records if is_live(one)), None)
    if bad is None or bad.verification is None or not _is_worse(bad):
        return
    failed = bad.verification.verdict is Verdict.FAILED
    telling = [one for one in bad.verification.evidence if one.status in (Status.FAIL, Status.WARN)]
    with st.container(border=True):
        what = "failed its watch" if failed else "is worse than what ran before"
        st.markdown(f"**{plain(name_of(bad.deployment))} {what}**, and it is what runs")
        for one in telling:
            if one.sentence not in told:
                mark = MARKS[Standing(one.status.value)]
                st.markdown(f"{mark.badge} **{one.name}** {plain(one.sentence, 300)}")
        if bad.deployment.trigger is Trigger.SETTINGS:
            st.caption("Its commit ran before: settings changed, which are named further down.")
        _way_back(page, snapshot, failed=failed)


def _way_back(page: Page, snapshot: Snapshot, *, failed: bool) -> None:
    moving = under_way(snapshot)
    before, back = way_back(snapshot), best_back(snapshot) or way_back(snapshot)
    if moving is not None:
        name, by = plain(name_of(moving.deployment)), moving.deployment.trigger
        st.caption(f":material/hourglass_top: {name} takes its place ({by}); see below.")
    elif no_way := snapshot.missing.get(Capability.ROLLBACK.value, ""):
        st.caption(f":material/block: {plain(no_way, 300)}")
    elif back is None:
        st.caption("No version before it is known that could be brought back.")
    else:
        to = plain(name_of(back.deployment))
        name = f"{to}, verified" if was_verified(back, snapshot) else to
        back_button(page, back.deployment.id, name, primary=failed)
        if before is not None and before is not back:
            passed, found = plain(name_of(before.deployment)), before.verification
            bad = found.verdict if found and found.verdict in _WORSE else None
            said = f"was found {bad}" if bad else "was not verified"
            st.caption(f"{passed}, which is newer than that, {said}.")


def _earlier(shown: Record, snapshot: Snapshot, page: Page, now: float) -> None:
    """One that somebody wants to see again, with what came of it."""
    found, sentence = standing_of(shown, snapshot, now)
    st.markdown(f"{MARKS[found].badge} {plain(sentence)}")
    detail(shown, snapshot, page, now)


def _is_worse(record: Record) -> bool:
    return record.verification is not None and record.verification.verdict in _WORSE


def _automatic(snapshot: Snapshot, now: float) -> None:
    """The last rollback that the console made by itself, while nothing newer was pushed."""
    last = next(iter(snapshot.automatic), None)
    if last is None or not snapshot.records:
        return
    newest = snapshot.records[0].deployment
    later = [one for one in snapshot.records if one.deployment.created_at > last.at]
    if len(later) > 1 or newest.id not in (last.deployment, *(r.deployment.id for r in later)):
        return
    names = {one.deployment.id: name_of(one.deployment) for one in snapshot.records}
    bad, to = (plain(names.get(one, one)) for one in (last.deployment, last.to))
    title = f"The console rolled {bad} back to {to} by itself, {age(now - last.at)}"
    if not last.done:
        title = f"The console could not roll {bad} back to {to}, {age(now - last.at)}"
    alert(Standing.WARN if last.done else Standing.FAIL, plain(last.sentence, 600), title=title)


def _running(snapshot: Snapshot, now: float) -> None:
    """What runs, where that is not the newest deployment."""
    live_ones = [one for one in snapshot.records if is_live(one)]
    told = live_ones and _is_worse(live_ones[0])  # its card says so
    if live_ones and live_ones[0] is not snapshot.records[0] and not told:
        standing, sentence = standing_of(live_ones[0], snapshot, now)
        found = live_ones[0].verification
        watching = found is not None and found.verdict is Verdict.WATCHING
        badge = WATCHING if watching else MARKS[standing].badge
        st.markdown(f"{badge} Running: {plain(sentence)}")
    newest = snapshot.records[0] if snapshot.records else None
    if newest is not None and newest.deployment.state is DeploymentState.FAILED and live_ones:
        name = plain(name_of(newest.deployment))
        st.caption(f"{name} did not go live: what ran before runs on. Mend it and push again.")


def _missing(snapshot: Snapshot) -> None:
    reasons = sorted(set(snapshot.missing.values()))
    if not reasons:
        return
    with st.expander(f"What is not offered ({len(reasons)})", icon=":material/block:"):
        for reason in reasons:
            st.caption(plain(reason))
