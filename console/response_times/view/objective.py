"""The objective of a check: its error budget, and how fast it burns."""

import streamlit as st

from console.health.model import Status
from console.health.summary import Standing
from console.response_times.budget_words import (
    EXPLAINED,
    FEW_NOTE,
    bad_in_words,
    budget_sentence,
    burn_word,
    means,
    objective,
    rates,
    rule_name,
)
from console.response_times.slo import Burn, Slo
from console.ui.status import MARKS
from console.ui.tables import sheet


def objective_section(judged: Slo) -> None:
    """Draw it."""
    with st.container(border=True):
        st.subheader("Objective and error budget", anchor=False)
        st.markdown(f"**{objective(judged)}.** {budget_sentence(judged)}")
        _bar(judged)
        sheet(
            {
                "Alarm when it burns": [
                    f"{rule_name(burn.rule)}  \n:small[:gray[{means(burn.rule)}]]"
                    for burn in judged.burns
                ],
                "Burns now (bad probes)": ["  \n".join(rates(burn)) for burn in judged.burns],
                "": [_badge(burn) for burn in judged.burns],
            },
            alt="Burn rates of the error budget in three pairs of windows",
            cards=True,
        )
        notes = [EXPLAINED]
        if any(burn.few for burn in judged.burns):
            notes.append(FEW_NOTE)
        notes.append("Thresholds: Google SRE workbook, chapter 5.")
        st.caption(" ".join(notes))


def _bar(judged: Slo) -> None:
    share = judged.budget.left
    if share is None:
        return
    used = 1 - share
    how_much = f"{used * 100:.0f} %" if used < 1 else "All"
    text = f"{how_much} of the budget used; bad probes: {bad_in_words(judged)}"
    st.progress(min(1.0, max(0.0, used)), f":small[:gray[{text}]]")


def _badge(burn: Burn) -> str:
    word = burn_word(burn)
    mark = MARKS[Standing(burn.status.value)]
    if burn.status is Status.UNKNOWN:
        return f":gray-badge[:material/help: {word}]"
    return f":{mark.colour}-badge[:material/{mark.icon}: {word}]"
