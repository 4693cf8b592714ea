"""The routes beside a page, with a runtime that knows one service and a given store."""

import os

import streamlit as st
from pydantic import SecretStr

from console.config import Config, Settings
from console.health.check import Check, Service
from console.routes import middleware, routes
from console.runtime import Runtime, set_runtime
from console.store.read import Store

token = os.environ.get("TEST_TOKEN")
checks = (
    Check(name="api", url="https://shop.test/health"),
    Check(name="export", type="push", interval=60, timeout=10),
)
config = Config(
    Settings(api_token=SecretStr(token) if token else None),
    (Service(name="shop", title="Web shop", checks=checks),),
)
set_runtime(Runtime(config, Store(os.environ["TEST_STORE_URL"], "local")))

app = st.App("guard_app.py", routes=routes, middleware=middleware)
