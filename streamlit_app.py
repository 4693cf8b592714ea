"""The console's web process: `streamlit run streamlit_app.py` or `python streamlit_app.py`.

As an ASGI app (Streamlit finds `app` here) the runtime starts and stops with the server, whether or
not a browser is open. A host that runs this file as a plain script gets the same pages; there the
first visitor starts the runtime, and the routes beside the pages are missing.
"""

import gc
import importlib
import os
import runpy
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from console.config import DOTENV_FILE, Config, as_table, load
from console.errors import ConfigError, ConsoleError
from console.runtime import get_runtime, stop_runtime
from console.sources import read_secrets

SCRIPT = Path(__file__).resolve().parent / "console" / "ui" / "main.py"
# Streamlit lays root strings and numbers of its secrets over the environment when it starts, after
# this line: a variable of the environment is to win over a secret of the same name.
ENVIRONMENT = dict(os.environ)


def read_config() -> Config:
    """The configuration of this process. Raises ConfigError with every problem found."""
    files = [Path(file) for file in reversed(st.get_option("secrets.files"))]  # the last one wins
    return load(ENVIRONMENT, secrets=read_secrets(files), dotenv=Path(DOTENV_FILE))


def start() -> None:
    """Start the runtime, and import what is heavy before the first visitor comes.

    Ends the process with code 1 where it cannot start: a traceback would hide what to change.
    """
    try:
        get_runtime(read_config)
    except ConsoleError as error:
        table = as_table(error.problems) if isinstance(error, ConfigError) else str(error)
        print(f"\n{table}\n", file=sys.stderr, flush=True)
        os._exit(1)  # nothing was started that an orderly exit would have to stop
    for heavy in ("pandas", "plotly.graph_objects", "pyarrow"):
        importlib.import_module(heavy)
    # Streamlit collects garbage after every run of a script; what is frozen is not looked at again.
    gc.collect()
    gc.freeze()


def address() -> str:
    """Where a browser on this machine finds the console."""
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    host = st.get_option("server.address") or ""
    host = "localhost" if host in ("", "0.0.0.0", "::") else host  # noqa: S104 - compared only
    host = f"[{host}]" if ":" in host else host
    path = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{scheme}://{host}:{st.get_option('server.port')}/{path}".rstrip("/")


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncGenerator[None, None]:
    """The runtime lives as long as the server."""
    start()
    print(f"\nThe console runs at {address()}\n", flush=True)
    try:
        yield
    finally:
        stop_runtime()


if get_script_run_ctx(suppress_warning=True) is not None:
    runpy.run_path(str(SCRIPT), run_name="__main__")
else:
    from console.routes import middleware, routes

    app = st.App(SCRIPT, lifespan=lifespan, routes=routes, middleware=middleware)
    if __name__ == "__main__":
        app.run()
