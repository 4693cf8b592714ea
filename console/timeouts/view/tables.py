"""The tables: the worst case line by line, every value with its source, and the built-in limits."""

import streamlit as st

from console.health.summary import Standing
from console.timeouts.catalogue import SETTINGS
from console.timeouts.durations import shown
from console.timeouts.model import Plan
from console.timeouts.nesting import source_of
from console.timeouts.platform_limits import LIBRARIES, PLATFORMS
from console.timeouts.worst_case import WorstCase
from console.ui.format import plain
from console.ui.status import MARKS
from console.ui.tables import rows, sheet, text_column
from console.words import NOTHING

VALUE_WIDTH = 170  # pixels


def worst_case_table(worst: WorstCase) -> None:
    """Every line of the account."""
    with st.container(border=True):
        st.subheader("Worst case, line by line", anchor=False)
        sheet(
            {
                "Part": [_bold(plain(line.what), line.total) for line in worst.lines],
                "Sum": [plain(line.how) for line in worst.lines],
                "Time": [
                    _bold(plain("no end" if line.seconds is None else shown(line.seconds)),
                          line.total)
                    for line in worst.lines
                ],
            },
            alt="The worst case of one call and one run, line by line",
        )  # fmt: skip


def unreadable_values(plan: Plan) -> None:
    """What is set and cannot be used."""
    for value in plan.values.values():
        if value.problem:
            st.markdown(
                f"{MARKS[Standing.WARN].badge} `{value.setting.name}` {plain(value.problem)}; its "
                "default holds."
            )


def values_table(plan: Plan) -> None:
    """Every variable: its value, where it comes from, what it is."""
    values = [plan.values[setting.name] for setting in SETTINGS]
    with st.expander("Every value and where it comes from", icon=":material/list:"):
        rows(
            {
                "Variable": [value.setting.name for value in values],
                "Value": [value.text for value in values],
                "Source": [source_of(value) for value in values],
                "Meaning": [value.setting.meaning for value in values],
            },
            {
                "Variable": text_column("Variable", pinned=True),
                "Value": text_column("Value", width=VALUE_WIDTH),
                "Source": text_column("Source"),
                "Meaning": text_column("Meaning"),
            },
            key="timeouts_values",
            alt="Every variable of the time-outs with its value and source",
        )


def limits_tables() -> None:
    """What platforms and libraries allow, with sources and dates."""
    with st.expander("Limits of platforms and libraries", icon=":material/menu_book:"):
        places = [one for one in PLATFORMS if one.key != "none"]
        rows(
            {
                "Platform": [one.name for one in places],
                "Request": [one.request_note for one in places],
                "Until SIGKILL": [_seconds(one.kill_after) for one in places],
                "Health check": [_seconds(one.health_timeout) for one in places],
                "Notes": [one.note for one in places],
                "Certainty": [str(one.proof) for one in places],
                "Source": [one.source for one in places],
                "As of": [one.seen for one in places],
            },
            {"Platform": text_column("Platform", pinned=True), "Notes": text_column("Notes")},
            key="timeouts_platforms",
            alt="Limits of platforms with their sources and dates",
        )
        rows(
            {
                "Library": [one.name for one in LIBRARIES],
                "Time-outs where nothing is set": [one.limits for one in LIBRARIES],
                "Further attempts": [one.retries or NOTHING for one in LIBRARIES],
            },
            {"Library": text_column("Library", pinned=True)},
            key="timeouts_libraries",
            alt="Defaults of libraries, read from the installed packages",
        )
        st.caption("Defaults of libraries as read from the installed packages of these versions.")


def _seconds(value: float | None) -> str:
    return NOTHING if value is None else shown(value)


def _bold(text: str, total: bool) -> str:
    return f"**{text}**" if total else text
