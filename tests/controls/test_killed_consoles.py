"""Consoles that are killed in the middle: nothing unlogged, nothing twice, nothing called done."""

import json
import subprocess
import sys
import time

from console.activity.lines import LOST_AFTER, NOT_KNOWN, lines
from console.controls.model import Mode
from console.controls.running import Running
from console.controls.runs import Run, asked_again
from tests.controls.conftest import ANN, MakeDesk
from tests.controls.test_desk import until
from tests.controls.test_running import ended
from tests.kit.accounting_server import Accounting
from tests.kit.support import RUN_TOKEN, SERVICE, Spawn


def console(
    where: str, valkey_url: str, url: str = "http://127.0.0.1:9"
) -> subprocess.Popen[bytes]:
    told = {
        "service": SERVICE, "url": url, "redis": valkey_url, "store": valkey_url,
        "token": RUN_TOKEN, "item": "INV-1", "key": "killed-12345678", "seconds": "2",
    }  # fmt: skip
    module = "tests.controls.dying_console"
    return subprocess.Popen([sys.executable, "-m", module, where, json.dumps(told)])


def test_a_switch_whose_console_died_before_logging_its_end_is_in_the_log_as_not_known(
    make_desk: MakeDesk, valkey_url: str
):
    desk, _, service = make_desk()
    assert console("after the change", valkey_url).wait(30) == -9
    assert desk.snapshot(service).mode == Mode.DRY_RUN.value, "it had been made"
    (begun,) = desk.journal.newest(10)
    assert (begun.kind, begun.step, begun.actor, begun.after) == ("mode", "begun", "ann", "dry_run")
    (line,) = lines([begun], [], SERVICE, begun.at + 1)
    assert line.outcome == "under way"
    (line,) = lines([begun], [], SERVICE, begun.at + LOST_AFTER + 1)
    assert line.outcome == NOT_KNOWN
    assert desk.journal.verify().problem == ""


def test_a_run_whose_console_was_killed_is_not_called_done_and_its_write_is_not_made_twice(
    make_desk: MakeDesk, spawn: Spawn, accounting: Accounting, valkey_url: str
):
    accounting.write_delay = 60.0  # the write is recorded, its answer does not come
    url = spawn(accounting.url).url
    desk, running, service = make_desk(url)
    until(lambda: len(desk.snapshot(service).heard) == 1)
    dying = console("in a run", valkey_url, url)
    until(lambda: len(accounting.writes) == 1)
    dying.kill()
    dying.wait(10)
    (left,) = running.runs(service.name)
    assert (left.state, left.passed) == ("running", False)
    accounting.write_delay = 0.0
    later = Running(desk._config, desk, clock=lambda: time.time() + 60)
    (left,) = later.runs(service.name)
    assert (left.state, left.passed) == ("unknown", False)
    key = asked_again([left], "INV-1", False)
    assert key == left.id

    def asked() -> Run:
        later.run(ANN, service, "INV-1", dry=False, key=key)
        return ended(later, service, key)

    # until the claim of the run that died is over, the service says that it may still be at work
    until(lambda: asked().passed)
    (found,) = later.runs(service.name)
    assert found.report["result"] == {"number": "INV-1", "found": True}
    assert len(accounting.writes) == 1
