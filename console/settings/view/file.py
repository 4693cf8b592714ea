"""Checks a `.env` that is uploaded or pasted. It stays in the session's memory and nowhere else."""

import streamlit as st

from console.health.summary import Standing
from console.settings.dotenv import LIMIT
from console.settings.model import Spec
from console.settings.rules import PRODUCTION
from console.settings.state import KeptFile
from console.ui.format import plain
from console.ui.status import MARKS
from console.words import counted

ENVIRONMENTS = (PRODUCTION, "staging", "development")
MEGABYTE = 1024 * 1024
PASTE_LIMIT = 200_000  # characters
_FILE = "_settings_file"  # in the session's state: by service
_ROUND = "_settings_round"  # grows with every upload
ENVIRONMENT = "settings_environment"  # keys of widgets
CHOSEN = "settings_source"
INSTANCES, FILE, OWN = "instances", "file", "own"


def kept_file(service: str, spec: Spec) -> KeptFile | None:
    """The file of this session for a service, checked against the specification."""
    files = st.session_state.get(_FILE, {})
    found = files.get(service)
    if not isinstance(found, KeptFile):
        return None
    files[service] = found.against(spec, environment())
    return files[service]


def environment() -> str:
    """The kind of environment that is judged."""
    chosen = st.session_state.get(ENVIRONMENT)
    return chosen if chosen in ENVIRONMENTS else PRODUCTION


def file_part(service: str, spec: Spec) -> None:
    """Offer to check a file, and to forget it."""
    with st.container(border=True):
        st.subheader("Check a .env", anchor=False)
        st.caption(
            "Read in the memory of this session only: not stored, not logged, gone when you leave. "
            "No value is shown. Put **OPS_FINGERPRINT_KEY** into it to compare it with the running "
            "instances."
        )
        upload, paste = st.columns(2, gap="medium")
        with upload:
            uploaded = st.file_uploader(
                "A file",
                key=f"settings_upload_{st.session_state.get(_ROUND, 0)}",
                max_upload_size=LIMIT // MEGABYTE,
            )
            if uploaded is not None:
                # A new widget, or this one would keep the file for as long as the page is open.
                st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
                _keep(service, spec, uploaded.getvalue(), raw_name(uploaded.name))
        with paste, st.form("settings_paste", clear_on_submit=True, border=False):
            text = st.text_area(
                "Or its text", height=110, max_chars=PASTE_LIMIT, placeholder="NAME=value"
            )
            if st.form_submit_button("Check", icon=":material/rule:") and text:
                _keep(service, spec, text.encode("utf-8", "replace"), "the pasted text")
        _state(service, spec)


def raw_name(name: str) -> str:
    """The name of an uploaded file as a page shows it."""
    kept = "".join(c for c in name if c.isalnum() or c in "._- ")
    return kept[:40] or "the file"


def _keep(service: str, spec: Spec, data: bytes, source: str) -> None:
    files = st.session_state.setdefault(_FILE, {})
    files[service] = KeptFile.of(data, source, spec, environment())
    st.session_state[CHOSEN] = FILE
    st.rerun()


def _state(service: str, spec: Spec) -> None:
    kept = kept_file(service, spec)
    if kept is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        errors = kept.checked.errors
        mark = MARKS[Standing.FAIL if errors else Standing.PASS]
        st.markdown(
            f"{mark.badge} {plain(kept.checked.given.source)}: "
            f"{counted(len(kept.checked.given.values), 'variable')}, {counted(errors, 'error')}"
        )
        st.button(
            "Forget it",
            icon=":material/delete:",
            key="settings_forget",
            on_click=_forget,
            args=(service,),
        )


def _forget(service: str) -> None:
    st.session_state.get(_FILE, {}).pop(service, None)
    st.session_state.pop(CHOSEN, None)
