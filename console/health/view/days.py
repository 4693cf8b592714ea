"""The bar of days: one mark a day, with the exact account of that day in its hover."""

from collections.abc import Sequence
from datetime import tzinfo

import streamlit as st

from console.health.figures import day_cells
from console.health.summary import Standing
from console.health.uptime import UptimeRecord, days_back
from console.ui.board import Bar, Day, day_bar
from console.words import day_name

_DAYS: dict[Standing, tuple[Day, str, str]] = {
    Standing.PASS: ("p", "up all day", "green"),
    Standing.WARN: ("w", "down, within its objective", "orange"),
    Standing.FAIL: ("f", "below its objective", "red"),
    Standing.MAINTENANCE: ("m", "maintenance or asleep", "violet"),
    Standing.UNKNOWN: ("u", "nothing known", "gray"),
}
# The same for people who use the service.
PLAIN = {
    Standing.PASS: "worked all day",
    Standing.WARN: "a short interruption",
    Standing.FAIL: "a long interruption",
    Standing.MAINTENANCE: "planned work or resting",
    Standing.UNKNOWN: "not known",
}
_FORMS: dict[Day, str] = {"p": "▮", "w": "▚", "f": "▲", "m": "▄", "u": "▁"}  # as board.css draws
LEGEND: list[tuple[Day, str]] = [(letter, words) for letter, words, _ in _DAYS.values()]


def bar_of(record: UptimeRecord, objective: float, now: float, days: int, zone: tzinfo) -> Bar:
    """The last days of one check; every day that was not simply up says how it was."""
    cells = day_cells(record, objective, now, days, zone)
    letters: list[Day] = [_DAYS[cell.standing][0] for cell in cells]
    told = {at: cell.told for at, cell in enumerate(cells) if cell.told != "100 % up"}
    return Bar(letters, told)


def names_of_days(now: float, days: int, zone: tzinfo) -> Sequence[str]:
    """`Mon 26 Oct` …, as many as there are marks."""
    return [day_name(day) for day in days_back(now, days, zone)]


def legend(*, plain_words: bool = False) -> str:
    """What the marks mean, in Markdown."""
    return " · ".join(
        f":{colour}[{_FORMS[letter]}] {PLAIN[standing] if plain_words else words}"
        for standing, (letter, words, colour) in _DAYS.items()
    )


def single_bar(
    record: UptimeRecord,
    objective: float,
    now: float,
    days: int,
    zone: tzinfo,
    *,
    key: str,
    plain_words: bool = False,
) -> None:
    """One bar with its first and last day below and the legend."""
    names = names_of_days(now, days, zone)
    day_bar(
        bar_of(record, objective, now, days, zone),
        days=names,
        legend=LEGEND,
        key=key,
        label=f"How it was on each of the last {days} days",
    )
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.caption(names[0], width="content")
        st.caption("today", width="content")
    st.caption(legend(plain_words=plain_words))
