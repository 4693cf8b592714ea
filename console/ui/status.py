"""How a standing looks: an icon, a word and a colour together, never a colour alone."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from console.health.model import Status
from console.health.summary import Standing

Colour = Literal["green", "orange", "red", "gray", "blue", "violet"]


@dataclass(frozen=True, slots=True)
class Mark:
    """The look of one standing. Colours are Okabe-Ito hues, fit for text in both themes."""

    word: str
    icon: str  # Material symbol
    shape: str  # where only text fits
    colour: Colour  # name in the theme
    light: str  # the same colour for charts
    dark: str
    symbol: str  # of a marker in a chart

    @property
    def pill(self) -> str:
        """Shape and word, for a table cell."""
        return f"{self.shape} {self.word}"

    @property
    def badge(self) -> str:
        """A badge in Markdown."""
        return f":{self.colour}-badge[:material/{self.icon}: {self.word}]"

    @property
    def icon_code(self) -> str:
        """The icon as Streamlit's `icon=` takes it."""
        return f":material/{self.icon}:"

    def chart_colour(self, theme: str) -> str:
        """The colour for a chart in the `light` or `dark` theme."""
        return self.dark if theme == "dark" else self.light


MARKS = {
    Standing.PASS: Mark("Passing", "check_circle", "●", "green", "#009E73", "#2FC79A", "circle"),
    Standing.WARN: Mark("Warning", "warning", "◆", "orange", "#E69F00", "#F2B04B", "diamond"),
    Standing.FAIL: Mark("Failing", "error", "▲", "red", "#D55E00", "#FF8A5B", "triangle-up"),
    Standing.UNKNOWN: Mark("Unknown", "help", "○", "gray", "#AEB7C2", "#5C6A7C", "circle-open"),
    Standing.MAINTENANCE: Mark(
        "Maintenance", "construction", "■", "violet", "#8E4585", "#D8A0CB", "square"
    ),
    Standing.SLEEPING: Mark("Asleep", "bedtime", "☾", "blue", "#56B4E9", "#9AD0F5", "star"),
}
PILLS = [mark.pill for mark in MARKS.values()]
PILL_COLOURS = [mark.colour for mark in MARKS.values()]


def mark_of(status: Status | Standing | str) -> Mark | None:
    """The mark of a status, or `None` for one that has none (an event without a status)."""
    return MARKS.get(Standing(status)) if status in set(Standing) else None


def alert(standing: Standing, sentence: str, title: str = "", *, icon: str | None = None) -> None:
    """A tinted panel with the sentence. Both texts are Markdown: escape what is from outside.

    `icon` replaces that of the standing; empty where the sentence has one itself.
    """
    mark = MARKS[standing]
    show = {
        Standing.PASS: st.success,
        Standing.WARN: st.warning,
        Standing.FAIL: st.error,
    }.get(standing, st.info)
    show(sentence, icon=mark.icon_code if icon is None else icon, title=title or None)
