"""Whatever dies comes back with what it knew; the death of the whole leaves nothing for good."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from console.process_identity import identify
from tests.console_process import Console
from tests.lifecycle.conftest import Make
from tests.processes import wait_until
from tests.visiting import messages, open_stream

LIMIT = 30.0  # seconds
VISITORS = 50
COLLECTOR = "console.collector"
PARTS = {"accounting": 1, "relay": 2, "traffic": 1, "export": 1}  # and how many there are


@pytest.fixture(scope="module")
def console(make: Make) -> Iterator[Console]:
    console = make()
    console.start()
    return console


def valkeys(console: Console) -> set[int]:
    """The servers of the store and of the sample's cache."""
    every = console.processes().items()
    return {pid for pid, command in every if "valkey-server" in command[0]}


def goes_on(console: Console) -> None:
    """Wait until every check was probed once more."""

    def heard() -> dict[str, str]:
        return {name: check["heard_at"] for name, check in console.status().items()}

    before = heard()
    del before["nightly-export"]  # reports less often
    wait_until(
        lambda: all(heard().get(name, at) != at for name, at in before.items()),
        LIMIT,
        console.told,
    )


def test_a_start_says_the_address_once_there_is_something_behind_it(console: Console):
    assert console.log.read_text().count(f"The console runs at {console.url}\n") == 1


def test_fifty_visitors_are_served_by_one_collector(console: Console):
    before = console.processes()
    with ExitStack() as stack:
        visitors = [stack.enter_context(open_stream(console.url)) for _ in range(VISITORS)]
        for visitor in visitors:
            messages(visitor)
    assert console.processes() == before
    assert len(console.pids(COLLECTOR)) == 1


def test_a_killed_collector_is_started_again_and_goes_on(console: Console):
    (pid,) = console.pids(COLLECTOR)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: console.pids(COLLECTOR) not in ([], [pid]), LIMIT, console.told)
    goes_on(console)
    assert len(console.pids(COLLECTOR)) == 1


def test_killed_servers_are_started_again_and_have_kept_what_they_should(console: Console):
    since = console.status()["accounting"]["since"]  # the relay warns while its Redis is gone
    killed = valkeys(console)
    assert len(killed) == 2
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(valkeys(console) - killed) == 2, LIMIT, console.told)
    wait_until(console.healthy, LIMIT, console.told)
    goes_on(console)
    assert console.status()["accounting"]["since"] == since


def test_after_the_kill_of_the_web_process_the_next_start_takes_over(console: Console):
    since = console.status()["accounting"]["since"]
    stuck, _second = console.pids("console.sample.relay")
    os.kill(stuck, signal.SIGSTOP)  # it will not notice that its parent is gone
    servers = valkeys(console)

    console.kill()
    left = servers | {stuck}
    wait_until(lambda: set(console.processes()) == left, LIMIT, console.told)
    console.start()

    assert identify(stuck) is None
    assert valkeys(console) == servers, "the running servers are used again"
    assert len(console.pids(COLLECTOR)) == 1
    assert {part: len(console.pids(f"console.sample.{part}")) for part in PARTS} == PARTS
    goes_on(console)
    assert console.status()["accounting"]["since"] == since


def test_ctrl_c_stops_everything_and_says_nothing_odd(console: Console):
    console.stop(signal.SIGINT)
    assert console.processes() == {}
    assert list(console.data.rglob("*.sock")) == []
    assert "Traceback" not in console.told()
