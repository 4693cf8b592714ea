"""One collector and one store, whatever visitors and developers do."""

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import ClientConnection

from tests.console_process import ROOT, Console
from tests.lifecycle.conftest import Make
from tests.processes import wait_until
from tests.visiting import messages, open_stream, visit

LIMIT = 30.0  # seconds
# Streamlit looks at four files in 0.2 s, and each session watches every module that is loaded.
WATCHED_LIMIT = 90.0
COLLECTOR = "console.collector"
EDITED = "edited while it runs"
ALL_IS_WELL = "All 6 checks pass"


@pytest.fixture(scope="module")
def console(make: Make) -> Iterator[Console]:
    """The console with code of its own, which is watched as in development and on a cloud."""
    console = make(STREAMLIT_SERVER_FILE_WATCHER_TYPE="poll", STREAMLIT_SERVER_RUN_ON_SAVE="true")
    console.root = console.directory / "code"
    for name in ("console", "pages", ".streamlit"):
        shutil.copytree(ROOT / name, console.root / name)
    shutil.copy2(ROOT / "streamlit_app.py", console.root)
    console.start()
    # without a visitor: each is a session that watches on for minutes after it has gone
    wait_until(console.healthy, LIMIT, console.told)
    return console


@pytest.fixture
def unchanged(console: Console) -> Iterator[None]:
    """What runs is the same before and after, down to the process."""
    before = console.processes()
    assert len(console.pids(COLLECTOR)) == 1
    yield
    assert console.processes() == before, console.told()


def until_said(websocket: ClientConnection, text: str) -> None:
    """Listen until a run of the script has drawn the text."""
    deadline = time.monotonic() + WATCHED_LIMIT
    while text.encode() not in websocket.recv(max(0.0, deadline - time.monotonic())):
        pass


@pytest.mark.usefixtures("unchanged")
def test_the_edit_of_a_page_is_shown_by_the_same_processes(console: Console):
    page = console.root / "pages" / "health.py"
    with open_stream(console.url) as visitor:
        messages(visitor, page="health")
        page.write_text(f"{page.read_text()}\nimport streamlit\nstreamlit.text('{EDITED}')\n")
        until_said(visitor, EDITED)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("file", ["ui/main.py", "ui/format.py", "runtime.py", "config.py"])
def test_the_edit_of_a_module_starts_nothing_a_second_time(console: Console, file: str):
    path = console.root / "console" / file
    with ExitStack() as stack:
        visitors = [stack.enter_context(open_stream(console.url)) for _ in range(3)]
        for visitor in visitors:
            messages(visitor)
        path.write_text(f"{path.read_text()}\n# {EDITED}\n")
        for visitor in visitors:
            messages(visitor)
        seen: list[str] = []

        def well() -> bool:
            shown = visit(console.url)
            seen[:] = [shown.text]
            return ALL_IS_WELL in shown

        wait_until(well, LIMIT, lambda: f"{seen}\n{console.told()}")


@pytest.mark.usefixtures("unchanged")
def test_a_cleared_cache_starts_nothing_a_second_time(console: Console):
    with open_stream(console.url) as visitor:
        messages(visitor)
        clear = BackMsg(clear_cache=True)
        visitor.send(clear.SerializeToString())
        messages(visitor)


def test_a_stop_leaves_no_process_and_no_socket(console: Console):
    assert console.pids()
    # Edits leave some: Streamlit then unloads every module for each session anew, also one that
    # another session is just importing. Those sessions draw again; here only the stop is judged.
    before = console.told().count("Traceback")
    console.stop()
    assert console.processes() == {}
    assert list(console.data.rglob("*.sock")) == []
    assert list(console.data.rglob("*.pid")) == []
    assert console.told().count("Traceback") == before
