"""What is wrong now, on the Overview: causes first, each once, with the next step."""

from collections.abc import Sequence

import streamlit as st

from console.alerts.beside import beside_checks, following, over_checks
from console.alerts.deployments import DEPLOYMENT
from console.alerts.record import Record
from console.alerts.sources import CHECK
from console.alerts.view.beside import (
    alerts_link,
    because_of_it,
    evidence_link,
    firing_beside,
    taken_by,
)
from console.deployments.beside import headline
from console.deployments.view.fetched import fetched
from console.health.summary import Cause, Presented, Standing
from console.health.verdict import Summary
from console.ui.format import plain
from console.ui.page import PAGES, SERVICE, Page, Reading
from console.ui.status import MARKS
from console.words import clock, duration, listed

NAME_LIMIT = 80  # characters of outside text
SENTENCE_LIMIT = 240  # of what is told of a deployment
PASSING_LIMIT = 12  # names of passing checks
WRONG_LIMIT = 8  # causes, and others, that are listed; the Health page has all


def wrong_now(page: Page, reading: Reading, records: Sequence[Record]) -> None:
    """Draw it: what fails with what it explains, what else is not well, which alerts fire beside
    the checks, what passes."""
    st.subheader("Now", anchor=False)
    summary = reading.summary
    if summary.silence:
        _silent(page, summary)
        return
    over, beside = over_checks(records), beside_checks(records)
    # the verdict above gives the reasons of these, and of a single check that fails
    told = summary.verdict.standing is Standing.FAIL
    firing_beside(page, reading, over, records, reason=not told)
    explained = {one.key for root in over for one in following(records, root.key)}
    causes = [one for one in summary.causes if CHECK + one.root.check.name not in explained]
    for cause in causes[:WRONG_LIMIT]:
        _cause(cause, reading, page, records, reason=len(summary.causes) > 1)
    others = [one for one in summary.checks if one.standing not in (Standing.FAIL, Standing.PASS)]
    for one in others[:WRONG_LIMIT]:
        st.markdown(_line(one, reading, page))
    hidden = len(causes[WRONG_LIMIT:]) + len(others[WRONG_LIMIT:])
    if not summary.causes and not others and not beside:
        st.markdown(":green[:material/check_circle:] Nothing is wrong.")
    if hidden:
        st.caption(f"and {hidden:,} more")
    firing_beside(page, reading, [one for one in beside if one not in over], records)
    passing = [one.check.label for one in summary.checks if one.standing is Standing.PASS]
    if passing:
        mark = MARKS[Standing.PASS]
        names = " · ".join(plain(name, NAME_LIMIT) for name in passing[:PASSING_LIMIT])
        more = f" and {len(passing) - PASSING_LIMIT:,} more" if len(passing) > PASSING_LIMIT else ""
        st.markdown(f"{mark.badge} :gray[{names}{more}]")
    bad = any(one.key.startswith(DEPLOYMENT) for one in beside)
    _onward(page, reading.now, records, told=bad)


def _onward(page: Page, now: float, records: Sequence[Record], *, told: bool) -> None:
    """The newest deployment in one line, unless an alert tells of it, and where to look further."""
    newest = headline(fetched(page).value, now)
    if newest is not None and not told:
        standing, sentence = newest
        badge = f"{MARKS[standing].badge} " if standing else ""
        st.markdown(f"{badge}:material/rocket_launch: {plain(sentence, SENTENCE_LIMIT)}")
    with st.container(horizontal=True, gap="small"):
        alerts_link(page, records)
        _page_link(page, "health", "All checks")
        if newest is not None:
            _page_link(page, "deployments", "Deployments")


def _page_link(page: Page, script: str, label: str) -> None:
    st.page_link(
        PAGES / f"{script}.py",
        label=label,
        icon=":material/arrow_forward:",
        query_params={SERVICE: page.service.name},
    )


def _silent(page: Page, summary: Summary) -> None:
    """Nothing is known of any check; the verdict above says why."""
    names = listed([one.check.label for one in summary.checks], PASSING_LIMIT)
    st.markdown(f"{MARKS[Standing.UNKNOWN].badge} {plain(names)}")
    _page_link(page, "health", "All checks")


def _cause(
    cause: Cause, reading: Reading, page: Page, records: Sequence[Record], *, reason: bool
) -> None:
    name = cause.root.check.name
    key = CHECK + name
    follows = [one for one in following(records, key) if not one.key.startswith(CHECK)]
    affected = [one.check.label for one in cause.affected]
    lines = [
        _line(cause.root, reading, page, reason=reason),
        because_of_it([*affected, *(one.title for one in follows)]),
        taken_by(next((one for one in records if one.key == key), None)),
    ]
    st.markdown("  \n".join(filter(None, lines)))
    with st.container(horizontal=True, gap="small"):
        evidence_link(page, "health", check=name)
        if any(one.page == "logs" for one in follows):
            evidence_link(page, "logs", "Logs")


def _line(one: Presented, reading: Reading, page: Page, *, reason: bool = True) -> str:
    since = ""
    if one.since is not None:
        since = f" since {clock(one.since, reading.now, page.zone)}"
        since += f" ({duration(reading.now - one.since)})"
    badge = MARKS[one.standing].badge
    head = f"{badge} **{plain(one.check.label, NAME_LIMIT)}**{since}"
    return f"{head}  \n{plain(one.reason)}" if reason else head
