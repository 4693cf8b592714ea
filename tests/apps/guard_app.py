"""A page that says who is looking, and an action that asks again."""

import streamlit as st

from console.access import require_operator
from console.errors import NotAllowed
from console.ui.guard import current_visitor, guard

visitor = guard()
st.text(f"role={visitor.role}")
st.text(f"why={visitor.why}")


def act() -> None:
    try:
        require_operator(current_visitor())
    except NotAllowed as error:
        st.session_state["acted"] = f"refused: {error}"
    else:
        st.session_state["acted"] = "done"


st.button("Act", key="act", on_click=act)
st.text(f"acted={st.session_state.get('acted', 'no')}")
