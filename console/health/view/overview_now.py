"""What is wrong now, on the Overview."""

from collections.abc import Sequence

import streamlit as st

from console.alerts.beside import beside_checks
from console.alerts.record import Record
from console.alerts.view.beside import firing_beside
from console.deployments.beside import headline
from console.deployments.view.fetched import fetched
from console.health.summary import Cause, Presented, Standing
from console.health.verdict import Summary
from console.ui.format import plain
from console.ui.page import PAGES, Page, Reading
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
        _silent(summary)
        return
    for cause in summary.causes[:WRONG_LIMIT]:
        _cause(cause, reading, page)
    explained = {Standing.FAIL, Standing.PASS}
    others = [one for one in summary.checks if one.standing not in explained]
    for one in others[:WRONG_LIMIT]:
        st.markdown(_line(one, reading, page))
    hidden = len(summary.causes[WRONG_LIMIT:]) + len(others[WRONG_LIMIT:])
    if not summary.causes and not others and not beside_checks(records):
        st.markdown(":green[:material/check_circle:] Nothing is wrong.")
    if hidden:
        st.caption(f"and {hidden:,} more")
    firing_beside(page, reading, records)
    passing = [one.check.label for one in summary.checks if one.standing is Standing.PASS]
    if passing:
        mark = MARKS[Standing.PASS]
        names = " · ".join(plain(name, NAME_LIMIT) for name in passing[:PASSING_LIMIT])
        more = f" and {len(passing) - PASSING_LIMIT:,} more" if len(passing) > PASSING_LIMIT else ""
        st.markdown(f"{mark.badge} :gray[{names}{more}]")
    st.page_link(PAGES / "health.py", label="All checks", icon=":material/arrow_forward:")
    _deployed(page, reading.now)


def _deployed(page: Page, now: float) -> None:
    """The newest deployment in one line, where one is known."""
    told = headline(fetched(page).value, now)
    if told is None:
        return
    standing, sentence = told
    badge = f"{MARKS[standing].badge} " if standing else ""
    st.markdown(f"{badge}:material/rocket_launch: {plain(sentence, SENTENCE_LIMIT)}")
    st.page_link(PAGES / "deployments.py", label="Deployments", icon=":material/arrow_forward:")


def _silent(summary: Summary) -> None:
    """Nothing is known of any check: said once."""
    names = listed([one.check.label for one in summary.checks], PASSING_LIMIT)
    mark = MARKS[Standing.UNKNOWN]
    st.markdown(f"{mark.badge} {plain(names)}  \nBecause {plain(summary.silence)}")
    st.page_link(PAGES / "health.py", label="All checks", icon=":material/arrow_forward:")


def _cause(cause: Cause, reading: Reading, page: Page) -> None:
    lines = [_line(cause.root, reading, page)]
    taken = cause.root.state.alert.acknowledgement
    if taken is not None:
        lines[0] += f"  \n:gray[Taken by] {plain(taken.by, NAME_LIMIT)}: {plain(taken.why, 200)}\n"
    lines += [
        f"- {MARKS[one.standing].badge} {plain(one.check.label, NAME_LIMIT)} :gray[because of it]"
        for one in cause.affected[:WRONG_LIMIT]
    ]
    if len(cause.affected) > WRONG_LIMIT:
        lines.append(f"- and {len(cause.affected) - WRONG_LIMIT:,} more")
    st.markdown("\n".join(lines))
    st.page_link(
        PAGES / "health.py",
        label="Details",
        icon=":material/search:",
        query_params={"check": cause.root.check.name, "service": page.service.name},
    )


def _line(one: Presented, reading: Reading, page: Page) -> str:
    since = ""
    if one.since is not None:
        since = f" since {clock(one.since, reading.now, page.zone)}"
        since += f" ({duration(reading.now - one.since)})"
    badge = MARKS[one.standing].badge
    return f"{badge} **{plain(one.check.label, NAME_LIMIT)}**{since}  \n{plain(one.reason)}\n"
