"""The lines of a log: a query, what it finds over time and by field, and the lines around a hit."""

import time
from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from console.logs.blocks import Blocks
from console.logs.facets import Facet, facets
from console.logs.model import Line
from console.logs.query_text import LENGTH_LIMIT, QueryError
from console.logs.search import around
from console.logs.terms import with_term
from console.logs.times import Clock
from console.logs.view.found import chart, look_for, summary
from console.logs.view.listing import LINE, MESSAGE, ROUND, listing, time_of
from console.ui.format import plain, raw
from console.ui.page import Page
from console.ui.tables import facts
from console.words import listed

QUERY = "q"  # in the URL
JOINER = "\u2060"  # invisible; shown text has it, so that it is no markup, and may be copied
_BOX = "logs_query"  # in the session's state
FACETS, VALUES = 6, 10
MOST_DIFFERENT = 30  # values of a field that is worth a choice
RAW = 8000  # characters

GONE = "The file is no longer there; give it again."
HELP = """
Words look anywhere in the line; `"two words"` together. All must be there; `OR` for either, `-` or
`NOT` for without, brackets to group.

| Write | For |
| --- | --- |
| `level:error` `level:>=warn` | how serious |
| `api:accounting` `status:5xx` `path:/items/*` | the value of a field; `*` is anything |
| `duration_ms:>500` `duration_ms:1s..3s` | more than, between |
| `item:*` `-item:*` | has the field, has it not |
| `time:>-15m` `time:2026-11-24T03:00..2026-11-24T04:00` | when |
| `(level:error OR status:503) -api:ads` | together |
"""


def lines(page: Page, blocks: Blocks, version: str, *, grows: bool = False) -> None:
    """Draw the part. `version` names the lines as they are: nothing is searched twice.

    `grows`: more may have come since; the lines stand still until somebody asks for those.
    """
    with st.container(border=True):
        st.subheader("Lines", anchor=False)
        query = _box(grows)
        clock = Clock(time.time(), page.zone)
        try:
            looked = look_for(blocks, query, clock, version)
        except QueryError as error:
            title = f"The query cannot be read: column {error.column}"
            reason = error.reason[:1].upper() + error.reason[1:]
            st.error(plain(reason), title=title, icon=":material/edit:")
            st.code(f"{raw(query)}\n{' ' * (error.column - 1)}^", language=None)
            return
        except OSError:
            st.warning(GONE, icon=":material/folder_off:")
            return
        found = looked.found
        st.caption(summary(looked, page))
        if not found.lines:
            return
        _narrow(facets(found.lines), query)
        chart(looked, page, clock.now)
        listing(found.lines, page)
    _around(page, blocks, clock)


def _box(grows: bool) -> str:
    """The query: it lives in the URL, so that a link shows a colleague the same."""
    query = st.query_params.get(QUERY, "")[: LENGTH_LIMIT + 1]
    st.session_state[_BOX] = query
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            "Query", key=_BOX, placeholder="level:error AND duration_ms:>500", on_change=_ask,
            max_chars=LENGTH_LIMIT, icon=":material/search:",
        )  # fmt: skip
        if query:
            st.button("Clear", key="logs_clear", icon=":material/close:", on_click=_set, args=("",))
        if grows:
            st.button("Newer lines", key="logs_newer", icon=":material/refresh:",
                      help="The lines stand still while you read.")  # fmt: skip
        with st.popover("How to ask", icon=":material/help:", key="logs_help"):
            st.markdown(HELP)
        with st.popover("Link", icon=":material/link:", key="logs_link"):
            st.caption("Shows whoever opens it the same query.")
            st.code(_address(), language=None, wrap_lines=True)
    return query


def _narrow(found: Sequence[Facet], query: str) -> None:
    """A choice for each field: a value narrows the query."""
    useful = [one for one in found if 1 < one.different <= MOST_DIFFERENT][:FACETS]
    with st.container(horizontal=True, gap="small"):
        for facet in useful:
            values = facet.values[:VALUES]
            labels = {value: f"{raw(value, 60)} · {count:,}" for value, count in values}
            st.selectbox(
                raw(facet.name, 30),
                list(labels),
                index=None,
                key=f"logs_facet_{facet.name}",
                format_func=labels.__getitem__,
                placeholder=f"{facet.different} values",
                width=150,
                on_change=_narrowed,
                args=(query, facet.name),
            )


def _around(page: Page, blocks: Blocks, clock: Clock) -> None:
    """The chosen line with all it tells, and its neighbours."""
    asked = st.query_params.get(LINE, "")
    if not asked.isdigit() or len(asked) > 15:
        return
    number = int(asked)
    near = around(blocks, number, clock)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("One line and those around it", anchor=False, width="stretch")
            st.button("Close", key="logs_close", icon=":material/close:", on_click=_close)
        one = next((line for line in reversed(near) if line.number <= number), None)
        if one is None:
            st.caption("This line is no longer kept.")
            return
        st.code(raw(one.raw or one.message, RAW), language=None, wrap_lines=True)
        if one.stack:
            st.code(raw(one.stack, RAW), language=None, wrap_lines=True)
        if one.flaws:
            st.caption(f"This line: {listed(sorted(flaw.value for flaw in one.flaws), 9)}.")
        if one.fields:
            told = {plain(name, 60): plain(value, 300) for name, value in one.fields.items()}
            facts(told, alt="Fields of the line")
        mark = "▶ "
        text = "\n".join(
            f"{mark if line is one else '  '}{time_of(line, page)}  {line.level.value:<7}  "
            f"{raw(line.message, MESSAGE)}"
            for line in _by_time(near)
        )
        st.code(text, language=None)


def _by_time(near: Sequence[Line]) -> list[Line]:
    """Lines of several instances arrive mixed; where some tell no time, all keep their places."""
    told = [line.time for line in near if line.time is not None]
    if len(told) < len(near):
        return list(near)
    return [line for _, line in sorted(zip(told, near, strict=True), key=lambda one: one[0])]


def _address() -> str:
    """The page's address as it is now."""
    base = (st.context.url or "").partition("?")[0]
    return f"{base}?{urlencode(st.query_params.to_dict())}"


def _ask() -> None:
    _set(st.session_state[_BOX])


def _narrowed(query: str, name: str) -> None:
    value = st.session_state.get(f"logs_facet_{name}")
    if value is not None:
        st.session_state[f"logs_facet_{name}"] = None
        _set(with_term(query, name, value))


def _set(query: str) -> None:
    query = query.replace(JOINER, "")
    st.query_params.pop(LINE, None)
    _forget_choice()
    if query.strip():
        st.query_params[QUERY] = query.strip()
    else:
        st.query_params.pop(QUERY, None)


def _close() -> None:
    st.query_params.pop(LINE, None)
    _forget_choice()


def _forget_choice() -> None:
    """A new table: the browser keeps the choice of the old one."""
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
