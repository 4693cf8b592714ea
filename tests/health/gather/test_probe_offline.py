"""A console without a network says so, instead of calling every service down."""

import asyncio
import time

import pytest

from console.health.check import Check
from console.health.gather import ProbeContext, probe
from console.health.model import Outcome, Status
from tests.health.gather.servers import answers, serving, silent
from tests.processes import free_port


def check(port: int, **more: object) -> Check:
    fields = {"name": "api", "url": f"http://127.0.0.1:{port}/", "timeout": 1, **more}
    return Check.model_validate(fields)


async def test_when_the_target_is_out_of_reach_a_failure_is_unknown() -> None:
    async with ProbeContext({}, f"127.0.0.1:{free_port()}") as context:
        result = await probe(check(free_port()), context)
    assert (result.status, result.outcome) == (Status.UNKNOWN, Outcome.OFFLINE)
    assert result.message.startswith("The console itself has no network: Connection refused")


async def test_when_the_target_is_there_it_is_the_service() -> None:
    async with serving(silent) as reachable, ProbeContext({}, f"127.0.0.1:{reachable}") as context:
        result = await probe(check(free_port()), context)
    assert (result.status, result.outcome) == (Status.FAIL, Outcome.CONNECT)


async def test_an_answer_that_was_had_is_never_put_down_to_the_network() -> None:
    async with (
        serving(answers(b"", status="500 Broken")) as port,
        ProbeContext({}, f"127.0.0.1:{free_port()}") as context,
    ):
        result = await probe(check(port), context)
    assert (result.status, result.outcome) == (Status.FAIL, Outcome.CONDITION)


async def test_many_failures_ask_the_target_once() -> None:
    visits = 0

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal visits
        visits += 1

    async with serving(count) as port, ProbeContext({}, f"127.0.0.1:{port}") as context:
        closed = check(free_port())
        await asyncio.gather(*(probe(closed, context) for _ in range(20)))
    assert visits <= 1


@pytest.mark.parametrize("target", ["", "nowhere.invalid:443"])
async def test_no_probe_takes_longer_than_its_time_out_and_a_second(target: str) -> None:
    async with serving(silent) as port, ProbeContext({}, target) as context:
        started = time.monotonic()
        result = await probe(check(port, timeout="300ms"), context)
        assert time.monotonic() - started < 1.3
    assert result.outcome in (Outcome.TIMEOUT, Outcome.OFFLINE)
