"""Hands messages to channels, each in a process that can be ended. Every failure is an Answer."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import cast

from console.alerts.channels import Channel
from console.alerts.message import Tone
from console.alerts.outbox import Answer
from console.processes import module_environment

CONNECT, READ, TOTAL = 5.0, 10.0, 20.0  # seconds for one message to one channel
START = 5.0  # seconds more for the process to begin on a busy machine
_PROGRAM = "console.alerts.gather.post"


async def send(channel: Channel, title: str, body: str, tone: Tone) -> Answer:
    """Send one message. Never raises; takes at most TOTAL + START seconds."""
    began = time.monotonic()
    asked = {
        "url": channel.url, "title": title, "body": body, "tone": tone.value,
        "connect": CONNECT, "read": READ, "total": TOTAL,
    }  # fmt: skip
    told = await _run(asked)
    seconds = time.monotonic() - began
    if not isinstance(told, dict):
        reason = f"It did not answer within {TOTAL:g} s."
        return Answer(False, reason, possibly=True, seconds=seconds)
    answer = cast("dict[str, object]", told)
    reason = str(answer.get("reason", ""))
    possibly, final = answer.get("possibly") is True, answer.get("final") is True
    return Answer(answer.get("sent") is True, reason, possibly, final, seconds)


async def problems(channels: Sequence[Channel]) -> dict[str, str]:
    """What is wrong with the addresses, by channel; only those with a problem."""
    if not channels:
        return {}
    told = await _run({"check": [channel.url for channel in channels], "total": TOTAL})
    if not isinstance(told, list):
        return {}
    pairs = zip(channels, cast("list[object]", told), strict=False)
    return {channel.id: str(problem) for channel, problem in pairs if problem}


async def _run(asked: Mapping[str, object]) -> object:
    """What the program answers; None where it was ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        _PROGRAM,
        stdin=asyncio.subprocess.PIPE,  # the address is on no command line
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **module_environment()},
    )
    try:
        async with asyncio.timeout(TOTAL + START):
            told, _ = await process.communicate(json.dumps(asked).encode())
        return json.loads(told)
    except (TimeoutError, ValueError):
        return None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
