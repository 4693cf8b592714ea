"""Checks a `.env` that is pasted or handed in. It stays in the session's memory, nowhere else.

Only an operator hands in a file: the door (`console/routes/door.py`) takes none of others, because
whoever reaches a console could fill its memory. A text may be pasted by everybody.
"""

import streamlit as st

from console.health.summary import Standing
from console.settings.model import Spec
from console.settings.rules import PRODUCTION
from console.settings.state import KeptFile
from console.ui.format import plain
from console.ui.guard import session_number
from console.ui.page import Page
from console.ui.status import MARKS
from console.uploads import SETTINGS_MB
from console.words import counted

ENVIRONMENTS = (PRODUCTION, "staging", "development")
PASTE_LIMIT = 500_000  # characters: 10,000 variables, and less than the 1 MB a browser may send
PASTED, HANDED_IN = "the pasted .env", "the uploaded .env"
_UPLOAD = "_settings_upload"  # in the session's state: how many files were taken from the widget
_FILE = "_settings_file"  # in the session's state: by service
ENVIRONMENT = "settings_environment"  # keys of widgets
CHOSEN = "settings_source"
NEXT = "_settings_source_next"  # what the page shows from its next run on
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


def file_part(page: Page, spec: Spec) -> None:
    """Offer to check a file, and to forget it."""
    service = page.service.name
    with st.container(border=True):
        st.subheader("Check a .env", anchor=False)
        st.caption(
            "Read in memory, for this session only: not stored, not logged, gone when you leave. "
            "No value is shown. Leave its **OPS_FINGERPRINT_KEY** in, and it is compared with the "
            "running instances."
        )
        left, right = st.columns(2, gap="medium")
        with left, st.form("settings_paste", clear_on_submit=True, border=False):
            text = st.text_area(
                "Its text", height=120, max_chars=PASTE_LIMIT, placeholder="NAME=value"
            )
            if st.form_submit_button("Check", icon=":material/rule:") and text:
                _keep(service, spec, text.encode("utf-8", "replace"), PASTED)
        with right:
            _upload(page, spec)
        _state(service, spec)


def _upload(page: Page, spec: Spec) -> None:
    """The file itself, where an operator asks. Streamlit forgets it as soon as it was read."""
    uploads, session = page.runtime.uploads, session_number()
    if not page.visitor.may_act:
        uploads.refuse(session)
        st.caption(
            f"To hand in the file itself you must be an operator. {plain(page.visitor.why)} "
            "Or check it where it lies: `python -m console.settings check --env-file …`"
        )
        return
    uploads.allow(session)
    taken = st.session_state.get(_UPLOAD, 0)
    file = st.file_uploader(
        "Or the file", max_upload_size=SETTINGS_MB, key=f"settings_upload_{taken}"
    )
    if file is not None:
        st.session_state[_UPLOAD] = taken + 1  # the next run has another widget: this one is gone
        _keep(page.service.name, spec, file.getvalue(), HANDED_IN)


def _keep(service: str, spec: Spec, data: bytes, source: str) -> None:
    files = st.session_state.setdefault(_FILE, {})
    with st.spinner("Checking …"):  # seconds, for the largest file
        files[service] = KeptFile.of(data, source, spec, environment())
    st.session_state[NEXT] = FILE
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
            f"{counted(len(kept.checked.given.values), 'variable')}"
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
