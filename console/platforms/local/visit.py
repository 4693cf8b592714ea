"""Steady requests to a local service, counted: `python -m console.platforms.local visit DIR`.

They show that a deployment fails no request, and they are the traffic that its watch needs.
"""

import http.client
import json
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from console.platforms.local.exchange import HOST
from console.platforms.local.front import SAID
from console.words import counted

RATE = 20.0  # requests a second: 300 of them, which a verdict needs, in 15 s
LIMIT = 10.0  # seconds for one answer
SHOW_EVERY = 1.0  # seconds


@dataclass(slots=True)
class Visits:
    """What became of the requests."""

    answered: int = 0
    failed: int = 0
    last: str = ""  # why the last one that failed did

    @property
    def text(self) -> str:
        """`1,234 requests, 0 failed`."""
        why = f" (last: {self.last})" if self.last else ""
        return f"{counted(self.answered + self.failed, 'request')}, {self.failed:,} failed{why}"


def visit(directory: Path, rate: float, stop: threading.Event, visits: Visits) -> None:
    """Send requests until `stop`. The service's port is read where its front wrote it."""
    due = time.monotonic()
    while not stop.wait(max(0.0, due - time.monotonic())):
        due = max(due + 1 / rate, time.monotonic())  # a slow answer is not made up for by a burst
        try:
            port = int(json.loads((directory / SAID).read_text())["port"])
        except (OSError, ValueError, KeyError):
            visits.last = "the platform has not begun"
            continue
        _one(port, visits)


def _one(port: int, visits: Visits) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=LIMIT)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        if answer.status < 400:
            visits.answered += 1
            return
        visits.last = f"status {answer.status}"
    except (OSError, http.client.HTTPException) as error:
        visits.last = str(error) or type(error).__name__
    finally:
        connection.close()
    visits.failed += 1


def show(directory: Path, stop: threading.Event) -> None:
    """Visit, and print the count every second, until `stop`."""
    visits = Visits()
    thread = threading.Thread(target=visit, args=(directory, RATE, stop, visits), daemon=True)
    thread.start()
    while not stop.wait(SHOW_EVERY):
        print(f"\r{visits.text}\033[K", end="", flush=True)
    thread.join(LIMIT)
    print(f"\r{visits.text}\033[K")
