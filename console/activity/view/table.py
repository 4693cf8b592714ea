"""The table of the activity log: what happened, by whom, why, and what came of it. Long texts wrap:
a log whose reasons are cut off is none."""

from collections.abc import Sequence
from datetime import tzinfo

import streamlit as st

from console.activity.lines import NOT_KNOWN, Line
from console.activity.view.timeline import times
from console.ui.format import plain
from console.ui.status import mark_of
from console.ui.tables import sheet
from console.words import NOTHING, counted, zone_name

ROWS = 25  # shown at first; "Show more" adds as many
_MORE = "activity_rows"

_OUTCOMES = {
    "done": ("green", "check_circle"),
    "failed": ("red", "error"),
    "refused": ("orange", "block"),
    "under way": ("blue", "pending"),
    NOT_KNOWN: ("gray", "help"),
}


def table(found: Sequence[Line], now: float, zone: tzinfo) -> None:
    """Draw the newest lines, and a button for more."""
    if not found:
        st.caption("Nothing happened in this window. Choose a longer one.")
        return
    rows: int = st.session_state.get(_MORE, ROWS)
    shown = found[:rows]
    columns = {
        f"When ({zone_name(zone, now)})": times([line.at for line in shown], now, zone),
        "What": [_what(line) for line in shown],
        "Who": [plain(line.who or NOTHING, 80) for line in shown],
        "Why": [plain(line.why or NOTHING, 300) for line in shown],
        "What came of it": [_outcome(line) for line in shown],
    }
    if any(line.sequence for line in shown):
        columns["Entry"] = [str(line.sequence) if line.sequence else NOTHING for line in shown]
    sheet(columns, alt="What happened, by whom, why, and what came of it, the newest first")
    if len(found) > len(shown):
        st.button(
            f"Show more of {len(found):,}", key="activity_more", type="tertiary", on_click=_more
        )


def counts(every: Sequence[Line], found: Sequence[Line]) -> str:
    """How many lines there are and what they are, so that it can be compared with the log."""
    actions = sum(bool(line.sequence) for line in every)
    events = len(every) - actions
    parts: list[str] = []
    if actions:
        parts.append(f"{counted(actions, 'action')} of the log")
    if events:
        parts.append(f"{counted(events, 'event')} of checks, alerts, deployments and the like")
    told = f"In this window: {' and '.join(parts) or 'nothing'}, newest first."
    if actions:
        told += (
            " An action has two entries in the log, one before it begins and one with its "
            "outcome; here it is one line."
        )
    return told if len(found) == len(every) else f"{len(found):,} lines match. {told}"


def _what(line: Line) -> str:
    if not line.sequence:
        mark = mark_of(line.outcome)
        return (
            f":{mark.colour}[{mark.icon_code}] {plain(line.what, 300)}"
            if mark
            else plain(line.what, 300)
        )
    what = plain(line.what, 200)
    if line.before or line.after:
        before = f"{plain(line.before, 80)} " if line.before else ""
        what += f"  \n:gray[{before}→ {plain(line.after or NOTHING, 80)}]"
    return what


def _outcome(line: Line) -> str:
    told = plain(line.evidence, 400)
    if not line.sequence:  # of an event the icon tells it
        return told or NOTHING
    colour, icon = _OUTCOMES.get(line.outcome, ("gray", ""))
    badge = f":material/{icon}: " if icon else ""
    outcome = plain(line.outcome, 40).replace("]", "")
    return f":{colour}-badge[{badge}{outcome}] {told}".strip() if outcome else told or NOTHING


def _more() -> None:
    st.session_state[_MORE] = st.session_state.get(_MORE, ROWS) + ROWS
