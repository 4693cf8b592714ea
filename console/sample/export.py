"""The sample job: exports every invoice and reports to the console, as a nightly job would.

It reports the way the console's own push route does, through the store: the sample world knows the
store, but not at which address the console is served.
"""

import os
import time

import httpx

from console.errors import StoreError
from console.health.model import Status
from console.parent import told, when_parent_ends
from console.store.model import PushBeat
from console.store.read import Store
from console.waiting import wait_until

EVERY = 45.0  # seconds: a night is long for a demonstration
AGAIN = 5.0  # seconds after one that broke off, or that could not be reported
TIMEOUT = 5.0  # seconds for one page
START_LIMIT = 30.0  # seconds that the relay may take to start
MOST_PAGES = 10


def export(client: httpx.Client, relay: str) -> int:
    """Read every page; how many invoices there were. Raises httpx.HTTPError."""
    count, page = 0, 1
    for _ in range(MOST_PAGES):
        body = client.get(f"{relay}/items", params={"page": page}).raise_for_status().json()
        count += len(body["items"])
        if body["next"] is None:
            break
        page = body["next"]
    return count


def run_once(client: httpx.Client, relay: str, clock: float) -> PushBeat:
    """One export and what is to be reported of it."""
    start = time.perf_counter()
    try:
        count = export(client, relay)
    except httpx.HTTPError as error:
        answered = isinstance(error, httpx.HTTPStatusError) and error.response.status_code
        what = f"the relay answered {answered}" if answered else type(error).__name__
        message = f"The export broke off: {what}"
        return PushBeat(clock, Status.FAIL, message, time.perf_counter() - start)
    return PushBeat(clock, Status.PASS, f"{count} invoices exported", time.perf_counter() - start)


def healthy(client: httpx.Client, relay: str) -> bool:
    """Whether the relay says that all is well."""
    try:
        return client.get(f"{relay}/health").is_success
    except httpx.HTTPError:
        return False


def main() -> None:
    """Export and report, for ever."""
    given = told()
    when_parent_ends(lambda: os._exit(0))
    store = Store(given["store"])
    with httpx.Client(timeout=TIMEOUT) as client:
        # all are started at once: a world that is not there yet is no export that failed
        wait_until(lambda: healthy(client, given["relay"]), START_LIMIT)
        while True:
            beat = run_once(client, given["relay"], time.time())
            rest = EVERY if beat.status is Status.PASS else AGAIN
            try:
                store.push(given["service"], given["check"], beat)
            except StoreError as error:
                print(error, flush=True)
                rest = AGAIN
            time.sleep(rest)


if __name__ == "__main__":
    main()
