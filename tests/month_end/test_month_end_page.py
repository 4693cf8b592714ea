"""The Month-end page over a real store."""

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from console.month_end.load import NAME
from console.month_end.snapshot import Snapshot
from console.store import keys
from console.store.documents import packed
from tests.pages.conftest import use
from tests.pages.filling import invoice_service
from tests.pages.screen import Screen
from tests.valkey_process import ValkeyProcess


def opened(valkey: ValkeyProcess, made: Snapshot | None, **settings: str) -> Screen:
    service = invoice_service()
    with valkey.client() as client:
        if made is not None:
            document = TypeAdapter(Snapshot).dump_json(made)
            client.hset(keys.found(service.name), NAME, packed(document))
    use(valkey.url, service, **settings)
    return Screen("month_end")


def closing_now(total: int = 997) -> Snapshot:
    now = time.time()
    name = f"{datetime.now().year + 1}-11"  # noqa: DTZ005  # any year to come
    end = now // 900 * 900
    return Snapshot(now, "", name, 800, 4, 190, 0, 3, total, (30,) * 16, end)


def test_the_page_says_one_sentence_and_all_sums(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    screen = opened(valkey_process, closing_now(), closing_items="997")
    assert screen.verdict.startswith("On track: more than 99 % likely to finish by ")
    assert "3 failed items need a person" in screen.verdict
    assert screen.metrics["Done"][0] == "800"
    assert screen.metrics["Failed, needs a person"][0] == "3"
    assert "No country is set" in screen.text
    assert "Closing: month-end (on a free day, the business day before), due 18:00." in screen.text


def test_without_knowing_what_is_to_come_the_page_is_not_green(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    screen = opened(valkey_process, closing_now())
    assert screen.verdict.startswith(
        "Not known: how many items are still to come; set CONSOLE_CLOSING_ITEMS"
    )
    assert not screen.at.success


def test_sums_that_do_not_fit_are_shown(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    screen = opened(valkey_process, closing_now(1200))
    assert "The sums do not fit" in screen.text


def test_without_a_ledger_it_says_how_to_keep_one(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    assert "kit.ledger" in opened(valkey_process, Snapshot(time.time())).text


def test_without_history_it_says_so_and_offers_the_what_if(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    screen = opened(valkey_process, closing_now())
    assert "There is no history: nothing can be said of demand." in screen.text
    assert "No past closing is known yet" in screen.text
    assert screen.at.number_input(key="whatif_items").value == 197
    screen.at.number_input(key="whatif_items").set_value(72_000)
    screen.at.number_input(key="whatif_hours").set_value(8.0)
    assert "**8 instances.**" in screen.run().text  # 40 h of work in 8 h, busy 70 % of the time


def test_what_was_read_long_ago_is_not_known(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    old = replace(closing_now(), at=time.time() - 3000)
    screen = opened(valkey_process, old, closing_items="997")
    assert screen.verdict == "Not known: the ledger was last read 50 min ago."
    assert not screen.at.success


def test_every_section_and_file_is_there(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    screen = opened(valkey_process, closing_now(), closing_items="997")
    for words in ("The way to the end", "Capacity for the next business days", "Risks",
                  "This closing against the last ones", "Decisions", "What is planned is not known",
                  "997 items are expected, by the declared number"):  # fmt: skip
        assert words in screen.text
    buttons: list[Any] = list(screen.at.get("download_button"))
    assert [one.label for one in buttons] == ["Markdown", "CSV", "HTML to print"]
