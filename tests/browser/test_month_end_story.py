"""A manager opens Month-end: the sentence, the sums, and the file to take along."""

import csv
import json
import re
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, running
from tests.browser.looking import says, settled
from tests.network import own_address
from tests.valkey_process import ValkeyProcess

pytestmark = pytest.mark.browser

NAME = "127-0-0-1"  # what a console calls the service of that SERVICE_URL
ITEMS = {"done": 800, "waiting": 190, "failed": 6, "running": 4}


def fill(server: ValkeyProcess, closing: str) -> None:
    """The ledger of a service that has worked steadily for four hours."""
    now, place = time.time(), f"ops:1:{NAME}:ledger:{closing}"
    with server.client() as client:
        client.zadd(f"ops:1:{NAME}:closings", {closing: now})
        for state, count in ITEMS.items():
            items = {f"{state}-{n}": (now - 18 * n) * 1000 for n in range(count)}
            client.zadd(f"{place}:{state}", items)
            facts = {name: json.dumps({"retryable": name < "failed-2"}) for name in items}
            for name, fact in facts.items():
                client.hset(f"{place}:items", name, fact)


def test_a_manager_finds_the_sentence_the_sums_and_the_file(
    valkey_process: ValkeyProcess, tmp_path: Path, open_page: Open
) -> None:
    fill(valkey_process, (datetime.now() + timedelta(1)).strftime("%Y-%m-%d"))  # noqa: DTZ005  # its own zone is as good as any
    environment = {
        "SERVICE_URL": "http://127.0.0.1:9",  # nothing answers there: the ledger does not need it
        "REDIS_URL": valkey_process.url,
        "CONSOLE_CLOSING_SHIFT": "none",
        "CONSOLE_CLOSING_ITEMS": "1000",
        "CONSOLE_CLOSING_DUE": "23:59",
        "CONSOLE_FLUSH_INTERVAL": "1s",
    }
    with running(tmp_path, address="0.0.0.0", **environment) as console:
        page = open_page(f"http://{own_address()}:{console.port}/month-end")
        says(page, "Read-only")
        says(page, re.compile(r"On track: .* likely to finish by .* 23:59; expected"))
        for label, count in (("Done", "800"), ("Waiting", "190"), ("Running", "4")):
            figure = page.get_by_test_id("stMetric").filter(has_text=re.compile(f"^{label}"))
            expect(figure.get_by_test_id("stMetricValue")).to_have_text(count)
        says(page, "1,000 items in all, 100 %")
        for title in ("Risks", "This closing against the last ones", "Decisions"):
            expect(page.get_by_role("heading", name=title)).to_be_visible()
        settled(page)
        with page.expect_download() as started:
            page.get_by_role("button", name="CSV", exact=True).click()
        started.value.save_as(tmp_path / "closing.csv")
        page.close()  # before its server goes away
    rows = list(csv.DictReader((tmp_path / "closing.csv").read_text().splitlines()))
    numbers = {r["row"]: r["value"] for r in rows if r["figure"] == "Number"}
    assert (numbers["done"], numbers["all"]) == ("800", "1,000")
    assert rows[0]["value"].startswith("On track: ")
