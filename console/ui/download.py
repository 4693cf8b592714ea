"""A button for a file that is made when somebody asks for it, and stays until it is fetched.

Streamlit keeps such a file for nobody: the second run of any page of any visitor removes it. With
pages that refresh themselves that comes before the browser fetches the file, which is then a 404.
"""

from collections.abc import Callable
from threading import Thread

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx


def download(
    label: str,
    write: Callable[[], str],
    file: str,
    kind: str,
    *,
    key: str,
    icon: str,
    tip: str = "",
) -> None:
    """Draw it. `write` gives the text, and draws nothing; `kind` is the media type of the file."""
    context = get_script_run_ctx(suppress_warning=True)

    def content() -> bytes:
        data = write().encode()

        def keep() -> None:  # the session holds it under the button's key until its next whole run
            runtime.get_instance().media_file_mgr.add(
                data, kind, f"download {key}", file, is_for_static_download=True
            )

        if context is not None and runtime.exists():
            # The session is known to threads that belong to it only; this one is the server's.
            keeping = add_script_run_ctx(Thread(target=keep), context)
            keeping.start()
            keeping.join()
        return data

    st.download_button(
        label, content, file, kind, key=key, icon=icon, help=tip or None, on_click="ignore"
    )
