"""A log of one's own: pasted or uploaded, looked at as the service's, gone with the session."""

import time
from typing import cast

import streamlit as st
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from console.health.summary import Standing
from console.logs.own import PASTE_LIMIT, OwnLog, OwnTriage, look, take, take_text
from console.logs.spool import UPLOAD_LIMIT, Refused
from console.logs.times import Clock
from console.logs.verdict import area_of
from console.logs.view.found import FOUND
from console.logs.view.lines import GONE, lines
from console.logs.view.triage import causes, patterns
from console.ui.format import plain
from console.ui.page import Page
from console.ui.status import alert
from console.uploads import MOST_BYTES
from console.words import counted

_LOG, _TRIAGE, _REFUSED, _ROUND = "own_log", "own_triage", "own_refused", "own_round"
_TEXT = "own_text"
MEGABYTES = MOST_BYTES >> 20


def own(page: Page) -> None:
    """Draw the page for a file of the visitor's own."""
    log: OwnLog | None = st.session_state.get(_LOG)
    if log is None:
        _offer(page)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{plain(log.name, 80)}**: {counted(log.blocks.total, 'line')}, "
            f"{log.size / 1e6:,.1f} MB. Only this tab sees it, and it goes with the tab.",
            width="stretch",
        )
        st.button("Remove", key="own_remove", icon=":material/delete:", on_click=_remove)
    try:
        triage = _triage(log, Clock(time.time(), page.zone))
    except OSError:
        st.warning(GONE, icon=":material/folder_off:")
        return
    _verdict(triage)
    patterns(page, triage.patterns, time.time())
    causes(triage.diagnosis)
    lines(page, log.blocks, str(log.path))


def _offer(page: Page) -> None:
    refused = st.session_state.pop(_REFUSED, "")
    if refused:
        st.warning(plain(refused), icon=":material/block:", title="Not taken")
    st.markdown(
        "JSON lines, logfmt, access logs and plain text are understood, secrets are masked, and "
        "nothing leaves this console. Lines without a zone are taken for "
        f"{plain(page.runtime.config.settings.timezone)}."
    )
    if page.visitor.may_act:
        _uploader(page)
    else:
        st.caption(":material/upload_file: Uploading is for operators; anybody may paste.")
    with st.form("own_paste"):
        st.text_area(
            "Paste lines", key=_TEXT, height=220, max_chars=PASTE_LIMIT,
            placeholder='{"ts": "2026-11-24T03:57:12Z", "level": "error", "event": "no answer"}',
        )  # fmt: skip
        st.form_submit_button("Read", type="primary", on_click=_paste, args=(page,))


def _uploader(page: Page) -> None:
    context = get_script_run_ctx()
    if context is not None:
        page.runtime.uploads.allow(context.session_id)
    number: int = st.session_state.setdefault(_ROUND, 0)
    given = st.file_uploader(
        f"Upload a file of up to {MEGABYTES} MB; packed with gzip it may hold "
        f"{UPLOAD_LIMIT / 1e6:.0f} MB",
        key=f"own_file_{number}",
        max_upload_size=MEGABYTES,
    )
    st.caption(
        "A larger file is refused before it is read: cut out the hours in question, pack it with "
        "gzip, or connect the log's own server with `CONSOLE_LOKI_URL`."
    )
    if given is not None:
        with st.spinner("Reading the file …"):
            _keep_file(page, given)
        st.rerun()


def _keep_file(page: Page, given: UploadedFile) -> None:
    """Put it on the disk, and let go of the copy that Streamlit holds in memory."""
    try:
        st.session_state[_LOG] = take(
            given, given.name, given.size, page.runtime.config.settings.data_dir
        )
    except Refused as refusal:
        st.session_state[_REFUSED] = str(refusal)
    st.session_state[_ROUND] += 1
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return
    page.runtime.uploads.refuse(context.session_id)
    held = runtime.get_instance().uploaded_file_mgr
    if isinstance(held, MemoryUploadedFileManager):
        held.remove_file(context.session_id, given.file_id)


def _paste(page: Page) -> None:
    try:
        text = str(st.session_state.get(_TEXT, ""))
        st.session_state[_LOG] = take_text(text, page.runtime.config.settings.data_dir)
    except Refused as refusal:
        st.session_state[_REFUSED] = str(refusal)


def _remove() -> None:
    log: OwnLog | None = st.session_state.pop(_LOG, None)
    if log is not None:
        log.remove()
    for name in (_TRIAGE, FOUND):
        st.session_state.pop(name, None)
    for name in ("q", "line", "pattern"):
        st.query_params.pop(name, None)


def _triage(log: OwnLog, clock: Clock) -> OwnTriage:
    """Computed once for each file."""
    kept = cast("tuple[str, OwnTriage] | None", st.session_state.get(_TRIAGE))
    if kept is not None and kept[0] == str(log.path):
        return kept[1]
    with st.spinner("Grouping the errors …"):
        found = look(log, clock)
    st.session_state[_TRIAGE] = (str(log.path), found)
    return found


def _verdict(triage: OwnTriage) -> None:
    kinds = len(triage.patterns)
    if not kinds:
        alert(Standing.PASS, "No error in this file.")
        return
    area = area_of(triage.diagnosis)
    told = f"{counted(triage.errors, 'error')} of {counted(kinds, 'kind')}."
    if not triage.whole:
        more = "" if triage.all_counted else "More than "
        told = (
            f"{more}{counted(triage.counted, 'error')}; the newest {triage.errors:,} of them were "
            f"grouped: {counted(kinds, 'kind')}."
        )
    alert(Standing.WARN, f"{told}  \n{plain(area)}")
