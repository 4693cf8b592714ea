"""Supervised children, with real processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console import processes
from console.log_file import Log
from console.process_identity import identify
from console.processes import Child
from console.waiting import wait_until

# writes what it was told into a file, then lives as long as its parent does
LISTENER = """
import json, os, sys
told = json.loads(sys.stdin.readline())
open(told["path"], "a").write(f"{os.getpid()} {told['word']}\\n")
print("heard", told["word"])
sys.stdin.readline()
"""
PARENT = """
import sys
from pathlib import Path
from console.processes import Child
directory, code = Path(sys.argv[1]), sys.argv[2]
path = str(directory / "heard")
told = {"path": path, "word": "a"}
child = Child("worker", [sys.executable, "-c", code], directory, lambda: told)
child.start()
print(child.pid, flush=True)
sys.stdin.readline()
"""
DEAF = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf')\n"
DEAF += "while True: time.sleep(60)\n"

# as the children of the console do; `end` is how
OBEDIENT = """
import os, sys, time
from console import parent
parent.END_LIMIT = 0.3
path = parent.told()["path"]
parent.when_parent_ends(lambda: {end})
open(path, "a").write("ready\\n")
time.sleep(60)
"""
FORKING = f"""{PARENT.rpartition("sys.stdin")[0]}
import os, time
from console.waiting import wait_until
wait_until(lambda: (directory / "heard").exists(), 10)
pid = os.fork()
if not pid:
    time.sleep(60)
    os._exit(0)
print(pid, flush=True)
sys.stdin.readline()
"""

MakeChild = Callable[..., Child]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeChild]:
    children: list[Child] = []

    def make(code: str = LISTENER, **options: Any) -> Child:
        def payload() -> dict[str, str]:
            return {"path": str(tmp_path / "heard"), "word": "hello"}

        child = Child("worker", [sys.executable, "-c", code], tmp_path, payload, **options)
        children.append(child)
        return child

    yield make
    for child in children:
        child.stop()


def heard(directory: Path) -> list[str]:
    path = directory / "heard"
    return path.read_text().splitlines() if path.exists() else []


def logged(directory: Path) -> str:
    return (directory / "logs" / "worker.log").read_text()


def gone(pid: int | None) -> bool:
    return pid is None or identify(pid) is None


def a_parent(
    directory: Path, code: str = LISTENER, parent_code: str = PARENT
) -> tuple[subprocess.Popen[str], int]:
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_code, str(directory), code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline())


def kill(parent: subprocess.Popen[str]) -> None:
    parent.kill()
    parent.communicate(timeout=15)


def test_a_child_is_told_its_payload_and_its_output_is_logged(make: MakeChild, tmp_path: Path):
    child = make()
    child.start()
    assert wait_until(lambda: heard(tmp_path) == [f"{child.pid} hello"], 10)
    assert wait_until(lambda: "heard hello" in logged(tmp_path), 10)


def test_a_killed_child_is_started_again_and_told_again(
    make: MakeChild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(processes, "FIRST_BACKOFF", 0.05)
    child = make()
    child.start()
    assert wait_until(lambda: len(heard(tmp_path)) == 1, 10)
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: len(heard(tmp_path)) == 2, 10)
    assert child.pid not in (None, first)
    assert "ended with code -9" in logged(tmp_path)


def test_restarts_back_off_and_a_stop_ends_the_waiting(
    make: MakeChild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(processes, "FIRST_BACKOFF", 0.05)
    monkeypatch.setattr(processes, "LAST_BACKOFF", 0.1)
    child = make("raise SystemExit(3)")
    child.start()
    assert wait_until(lambda: logged(tmp_path).count("code 3") >= 3, 10)
    assert [f"starts again in {s} s" in logged(tmp_path) for s in ("0.05", "0.1", "0.2")] == [
        True,
        True,
        False,
    ]
    child.stop()
    starts = child.starts
    assert child.pid is None
    assert not wait_until(lambda: child.starts > starts, 0.3)


def test_a_stop_asks_first_and_kills_what_does_not_listen(make: MakeChild, tmp_path: Path):
    child = make(DEAF, grace=0.3)
    child.start()
    assert wait_until(lambda: "deaf" in logged(tmp_path), 10)
    pid = child.pid
    child.stop()
    assert gone(pid)
    assert not list((tmp_path / "run").glob("*.pid"))


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path):
    parent, child = a_parent(tmp_path)
    assert wait_until(lambda: len(heard(tmp_path)) == 1, 10)
    kill(parent)
    assert wait_until(lambda: gone(child), 10)


@pytest.mark.parametrize("end", ["os._exit(0)", "None"], ids=["in good order", "stuck"])
def test_a_child_ends_with_its_parent_even_where_a_forked_process_keeps_the_pipe(
    tmp_path: Path, end: str
):
    parent, child = a_parent(tmp_path, OBEDIENT.format(end=end), FORKING)
    assert parent.stdout is not None
    forked = int(parent.stdout.readline())
    try:
        parent.kill()
        parent.wait(15)
        assert wait_until(lambda: gone(child), 10)
        assert not gone(forked), "it would prove nothing"
    finally:
        os.kill(forked, signal.SIGKILL)
        parent.communicate(timeout=15)


STARTING = """
import subprocess, sys
from tests.processes import end_with_this_process
code = "import time; time.sleep(60)"
print(subprocess.Popen([sys.executable, "-c", code], preexec_fn=end_with_this_process).pid)
sys.stdout.flush()
sys.stdin.readline()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of that")
def test_what_a_test_run_starts_ends_with_it_however_it_ends():
    run = subprocess.Popen(
        [sys.executable, "-c", STARTING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    started = int(run.stdout.readline())
    assert not gone(started)
    kill(run)
    assert wait_until(lambda: gone(started), 10)


def test_a_start_stops_the_stuck_orphan_of_a_killed_parent(
    make: MakeChild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(processes, "ORPHAN_GRACE", 0.3)
    parent, orphan = a_parent(tmp_path, DEAF)
    assert wait_until(lambda: "deaf" in logged(tmp_path), 10)
    kill(parent)
    assert not gone(orphan), "it does not read its input, so it is left behind"
    make().start()
    assert gone(orphan)


def test_the_child_of_another_living_console_is_left_alone(make: MakeChild, tmp_path: Path):
    parent, other = a_parent(tmp_path)
    assert wait_until(lambda: len(heard(tmp_path)) == 1, 10)
    make().start()
    assert not gone(other)
    kill(parent)


def test_a_reused_pid_is_never_killed(make: MakeChild, tmp_path: Path):
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    run = processes.private_directory(tmp_path / "run")
    another = {"pid": bystander.pid, "started": "1@then"}
    (run / "worker-1.pid").write_text(json.dumps({"child": another, "parent": another}))
    (run / "worker-2.pid").write_text("{torn")
    make().start()
    assert bystander.poll() is None
    assert not (run / "worker-1.pid").exists()
    bystander.communicate(b"\n", timeout=15)


def test_a_log_is_bounded_and_keeps_the_newest_lines(tmp_path: Path):
    log = Log(tmp_path / "a.log", limit=100)
    for number in range(100):
        log.write(f"line {number}\n".encode())
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["a.log", "a.log.1"]
    assert sum(file.stat().st_size for file in files) <= 200
    assert files[0].read_text().endswith("line 99\n")
