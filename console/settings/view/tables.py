"""The tables of findings and of variables."""

from collections.abc import Collection, Mapping, Sequence

import streamlit as st

from console.health.summary import Standing
from console.settings.kinds import kind_of
from console.settings.model import Finding, Group, Rule, Severity
from console.settings.overview import MOST_ROWS, Overview, Row
from console.settings.trial import Outcome, Trial
from console.settings.trials import way_of
from console.ui.format import plain, raw
from console.ui.status import MARKS
from console.ui.tables import rows, status_column, text_column
from console.words import NOTHING

MOST_SENTENCES = 10
FORMED_WIDTH, WORKS_WIDTH, NEXT_WIDTH = 105, 130, 320  # pixels
CHARACTER, ROOM, WIDEST_NAME = 8, 24, 340  # pixels: of a capital letter, around it, of a column
MOST_FINDINGS = 100  # drawn at once; the first to mend come first
TITLES = {
    Group.REQUIRED: "Required",
    Group.OPTIONAL: "Optional, with defaults",
    Group.TESTING: "Testing",
    Group.TIMEOUT: "Time-outs",
}
_STANDINGS = {
    Severity.ERROR: Standing.FAIL,
    Severity.WARN: Standing.WARN,
    Severity.NOTE: Standing.UNKNOWN,
}
_WORDS = {Severity.ERROR: "Error", Severity.WARN: "Warning", Severity.NOTE: "Note"}


def findings_part(findings: Sequence[Finding], *, key: str, notes: bool = False) -> None:
    """What to mend, the first first: a few in full sentences, further ones in a table."""
    told = [one for one in findings if notes or one.severity is not Severity.NOTE]
    if not told:
        return
    with st.container(border=True, key=key):
        st.subheader("What to fix first", anchor=False)
        st.markdown("\n".join(_sentence(one) for one in told[:MOST_SENTENCES]))
        rest = told[MOST_SENTENCES:MOST_FINDINGS]
        if rest:
            _table_of(rest, f"{key}_rest")
        if len(told) > MOST_FINDINGS:
            st.caption(f"The first {MOST_FINDINGS:,} of {len(told):,}.")


def _sentence(one: Finding) -> str:
    mark = MARKS[_STANDINGS[one.severity]]
    badge = f":{mark.colour}-badge[:material/{mark.icon}: {_WORDS[one.severity]}]"
    name = f" **{plain(one.name, 80)}**" if one.name else ""
    of = "specification, " if one.rule is Rule.SPECIFICATION else ""
    place = f" :gray[({of}line {one.place.line}, column {one.place.column})]" if one.place else ""
    what_next = f" :material/arrow_forward: {plain(one.next, 400)}" if one.next else ""
    return f"- {badge}{name} {plain(one.text, 400)}{place}{what_next}"


def _table_of(findings: Sequence[Finding], key: str) -> None:
    columns: dict[str, list[object]] = {
        "severity": [_pill(one.severity) for one in findings],
        "name": [raw(one.name, 80) or NOTHING for one in findings],
        "place": [str(one.place) if one.place else NOTHING for one in findings],
        "text": [raw(one.text, 400) for one in findings],
        "next": [raw(one.next, 400) or NOTHING for one in findings],
    }
    config = {
        "severity": text_column("Severity"),
        "name": text_column("Variable", width=_width(columns["name"]), pinned=True),
        "place": text_column("Line:column"),
        "text": text_column("What is wrong"),
        "next": text_column("What to do"),
    }
    if not any(one.place for one in findings):
        del columns["place"], config["place"]
    rows(columns, config, key=key, alt="What to mend after that, the most urgent first")


def _pill(severity: Severity) -> str:
    return f"{MARKS[_STANDINGS[severity]].shape} {_WORDS[severity]}"


def group_tables(
    overview: Overview, trials: Mapping[str, Trial], *, typed: bool, held: Collection[str] | None
) -> None:
    """One table for each group of variables.

    `typed`: their types and defaults are known. `held`: the variables whose values the console
    has, so that they can be tried; None: all that are set.
    """
    for group, members in overview.rows.items():
        with st.container(border=True):
            st.subheader(TITLES[group], anchor=False)
            if group is Group.TESTING:
                st.caption("For tests. In production they stay out, or on the side of the default.")
            _group(group, members[:MOST_ROWS], trials, typed, held)
            if len(members) > MOST_ROWS:
                st.caption(f"The first {MOST_ROWS:,} of {len(members):,}.")


def _group(
    group: Group,
    members: Sequence[Row],
    trials: Mapping[str, Trial],
    typed: bool,
    held: Collection[str] | None,
) -> None:
    columns: dict[str, Sequence[object]] = {
        "name": [_lines(row.variable.name, raw(row.variable.meaning, 200)) for row in members],
        "status": [[MARKS[row.standing].pill] for row in members],
        "present": [_lines(raw(_present(row), 60), _length(row)) for row in members],
        "formed": [row.formed or NOTHING for row in members],
        "works": [_works(row, trials, held) for row in members],
        "next": [raw(f"{row.told} {row.next}".strip(), 400) or NOTHING for row in members],
        "type": [_lines(raw(kind_of(row.variable), 200), _default(row, group)) for row in members],
        "mark": [row.fingerprint or NOTHING for row in members],
    }
    config = {
        "name": text_column("Variable", pinned=True),
        "status": status_column(),
        "present": text_column("Set, from"),
        "formed": text_column("Well-formed", width=FORMED_WIDTH),
        "works": text_column("Works", width=WORKS_WIDTH),
        "next": text_column("What to do", width=NEXT_WIDTH),
        "type": text_column("Type"),
        "mark": text_column("Fingerprint"),
    }
    if not typed:
        del columns["type"], config["type"]
    # a column of dashes pushes others out of sight
    for name in ("formed", "works", "next", "mark"):
        if all(cell == NOTHING for cell in columns[name]):
            del columns[name], config[name]
    title = TITLES[group].lower()
    rows(columns, config, key=f"settings_{group}", alt=f"Settings: {title}, with their state")


def _lines(first: str, second: str) -> str:
    return f"{first}\n{second}" if second else first


def _length(row: Row) -> str:
    return f"{raw(row.length)} characters" if row.length else ""


def _default(row: Row, group: Group) -> str:
    """What holds where it is not set; a required one has none."""
    default = row.variable.default
    return f"default {raw(default, 60)}" if default and group is not Group.REQUIRED else ""


def _width(names: Sequence[object]) -> int:
    """Pixels in which the longest of the names is not cut off."""
    longest = max((len(str(name)) for name in names), default=0)
    return min(WIDEST_NAME, ROOM + CHARACTER * longest)


def _works(row: Row, trials: Mapping[str, Trial], held: Collection[str] | None) -> str:
    trial = trials.get(row.variable.name)
    if trial is not None:
        words = {Outcome.WORKS: "● yes:", Outcome.FAILS: "▲ no:", Outcome.UNKNOWN: "○"}
        return raw(f"{words[trial.outcome]} {trial.text}", 200)
    way = way_of(row.variable)
    if way == "never":
        return "never tried"
    if not way or not row.present.startswith("set"):
        return NOTHING
    return "not tried" if held is None or row.variable.name in held else "value not held here"


def _present(row: Row) -> str:
    """Whether it is set, and from where."""
    source = "" if row.source in ("", "default", "missing") else f", {row.source}"
    return f"{row.present}{source}"
