"""What one probe of a check found: the sentence, the phases, the parts, the answer."""

import streamlit as st

from console.health.model import Part, Result
from console.health.summary import Presented, Standing
from console.ui.format import plain, raw
from console.ui.page import Page
from console.ui.status import MARKS
from console.ui.tables import sheet
from console.words import moment, response_time, sentence, zone_name

BODY_LIMIT = 4000  # characters of an answer that are shown


def last_result(page: Page, one: Presented) -> None:
    """Draw the last result, in full."""
    st.subheader("Last result", anchor=False)
    last = _in_full(one)
    if last is None:
        st.caption("No result yet.")
        return
    _result(page, last)


def last_failure(page: Page, one: Presented) -> None:
    """Draw the last failure, unless it is the last result. Draws nothing where there is none."""
    failure = one.state.last_failure
    if failure is None or failure is _in_full(one):  # told above already
        return
    with st.container(border=True):
        st.subheader("Last failure", anchor=False)
        _result(page, failure)


def _in_full(one: Presented) -> Result | None:
    """The last result; the store keeps the body of a failure with the last failure only."""
    last, failure = one.state.last, one.state.last_failure
    return failure if last and failure and failure.at == last.at else last


def _result(page: Page, result: Result) -> None:
    st.markdown(f"{plain(sentence(result.message))}  \n:gray[{_told(page, result)}]")
    _parts(result.parts)
    if result.body:
        st.caption("What it answered, as text; secrets are masked")
        st.code(raw(result.body, BODY_LIMIT), language=None, wrap_lines=True)


def _told(page: Page, result: Result) -> str:
    told = [f"{moment(result.at, page.zone)} {zone_name(page.zone, result.at)}"]
    if result.http_status is not None:
        told.append(f"HTTP {result.http_status}")
    if result.ip:
        told.append(plain(result.ip))
    if result.cold_start:
        told.append("woke the service")
    phases = (
        ("resolve", result.phases.resolve),
        ("connect", result.phases.connect),
        ("TLS", result.phases.tls),
        ("first byte", result.phases.first_byte),
        ("transfer", result.phases.transfer),
    )
    told += [f"{name} {response_time(took)}" for name, took in phases if took is not None]
    return " · ".join(told)


def _parts(parts: tuple[Part, ...]) -> None:
    if not parts:
        st.caption("It has no parts: no conditions, and the answer reports none.")
        return
    sheet(
        {
            "Part": [plain(part.name, 120) for part in parts],
            "Status": [MARKS[Standing(part.status.value)].badge for part in parts],
            "Found": [plain(part.detail, 300) for part in parts],
        },
        alt="The conditions and reported parts of the last result",
    )
