"""Who a page lets in, and an action that asks again, of a console that has sign-in."""

import os
import time
from pathlib import Path
from types import SimpleNamespace

import streamlit as st
from pydantic import SecretStr

from console.access import Role
from console.config import Config, Settings
from console.errors import NotAllowed
from console.health.check import Check, Service
from console.runtime import Runtime, get_runtime, running, set_runtime
from console.store.read import Store
from console.ui import guard as guarding
from console.ui.guard import guard, require
from console.ui.live import live

if running() is None:
    url = os.environ["TEST_STORE_URL"]
    lists = Settings(
        operators=os.environ["TEST_OPERATORS"],
        viewers=os.environ["TEST_VIEWERS"],
        store_url=SecretStr(url),
    )
    checks = (Check(name="api", url="https://shop.test/health"),)
    config = Config(lists, (Service(name="shop", title="Secret shop", checks=checks),))
    set_runtime(Runtime(config, Store(url, "local")))
AHEAD = Path(os.environ["TEST_CLOCK"])  # holds by how many seconds the guard's clock is ahead
guarding.time = SimpleNamespace(time=lambda: time.time() + float(AHEAD.read_text()))


def act() -> None:
    try:
        actor = require(Role.OPERATOR, "probe", "shop", get_runtime().desk.journal)
    except NotAllowed as error:
        st.session_state["acted"] = f"refused: {error}"
    else:
        st.session_state["acted"] = f"done by {actor.name}"


def act_late() -> None:
    """What a click does that comes after the sign-in has expired, before the page noticed."""
    AHEAD.write_text("3600")
    act()


st.text(f"acted={st.session_state.get('acted', 'no')}")  # before the guard: tests read it
visitor = guard()
st.text(f"role={visitor.role} name={visitor.name}")
st.button("Act", key="act", on_click=act)
st.button("Wait and act", on_click=act_late)
st.button("Leave", on_click=st.logout)
live(lambda: st.text("live figures"))
