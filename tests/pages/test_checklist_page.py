"""The Checklist page over a real store: what it says, what an operator can do, what a viewer."""

import asyncio
from dataclasses import replace

from pydantic import TypeAdapter

from console.cache.model import Snapshot
from console.runtime import Runtime, get_runtime, set_runtime
from console.store import keys
from console.store.documents import packed
from console.store.read import Store
from tests.checklist.evident import CACHE, TOKEN
from tests.checklist.storing import RELAY, config, store_good
from tests.pages.filling import fill
from tests.pages.screen import Screen
from tests.valkey_process import ValkeyProcess

WHY = "compared with last week by hand"


def opened(url: str, valkey: ValkeyProcess, *, well: bool = True) -> Screen:
    if well:
        now = store_good(valkey)
        asyncio.run(fill(url, RELAY, now))
    set_runtime(Runtime(config(url), Store(url)))
    return Screen("checklist")


def written(screen: Screen, **texts: str) -> Screen:
    for key, text in texts.items():
        screen.at.text_input(key=key).set_value(text)
    return screen.run()


def test_the_page_opens_with_go_or_no_go_and_shows_all_nine_in_three_phases(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    screen = opened(valkey_url, valkey_process)
    assert screen.verdict == (
        "**No-go: 1 is not known (Response times normal); 7 of 9 questions pass, 1 does not "
        "apply.**"
    )
    for words in (
        "Before deployment", "During operations", "During trouble",
        "All required environment variables set?", "Verified operation in dry-run mode?",
        "Test single item after configuration changes.", "2 of 2 instances",
        "commit 3f2a1b9c", "settings 01234567", "Not applicable", "checklist B2",
    ):  # fmt: skip
        assert words in screen.text


def test_an_empty_store_passes_nothing_and_says_what_to_set(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    screen = opened(valkey_url, valkey_process, well=False)
    assert screen.verdict.startswith("**No-go: 9 are not known")
    assert "Passing" not in screen.text
    assert "No instance reports" in screen.text
    assert "No log is read yet" in screen.text


def test_an_operator_attests_signs_and_looks_at_what_was_signed(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    screen = opened(valkey_url, valkey_process)
    screen.click("Attest it")  # of the one that is unknown
    assert screen.at.selectbox(key="word_question").value == "times"
    screen.click("Attest this question")
    assert "Say what you looked at" in screen.text
    written(screen, word_reason=WHY, word_name="Ann")
    screen.click("Attest this question")
    screen.until("**Go: 8 of 9 questions pass, 1 does not apply.**")
    assert "Attested by Ann (local user)" in screen.text
    written(screen, sign_note="T-1", sign_name="Ann")
    screen.click("Sign off the list")
    screen.until("It is as it was signed")
    assert "Note of Ann (local user): T-1" in screen.text
    entries = get_runtime().desk.journal.newest(10)
    assert [(one.kind, one.outcome) for one in entries if one.step == "ended"] == [
        ("sign_off", "go"), ("attest", "done"), ("attest", "refused"),
    ]  # fmt: skip
    screen.click("Take back")
    screen.until("**No-go: 1 is not known")


def test_text_from_outside_stays_text(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    now = store_good(valkey_process)
    hostile = "**bold** <script>alert(1)</script> :red[x] https://evil.test"
    bad = replace(TOKEN, name=hostile, state="refused", reason=hostile)
    document = TypeAdapter(Snapshot).dump_json(replace(CACHE, at=now, tokens=(bad,)))
    with valkey_process.client() as client:
        client.hset(keys.found("relay"), "cache", packed(document))
    screen = opened(valkey_url, valkey_process, well=False)
    assert hostile in screen.text
    drawn = [one.value for kind in ("markdown", "caption") for one in screen.at.get(kind)]
    assert not [one for one in drawn if ":red[x]" in one or "<script>" in one]


def test_a_viewer_sees_everything_and_can_do_nothing(
    viewer: None, valkey_url: str, valkey_process: ValkeyProcess
):
    screen = opened(valkey_url, valkey_process)
    acts = {one.label: one.disabled for one in screen.at.button}
    assert acts["Sign off the list"]
    assert acts["Attest this question"]


def test_the_next_step_leads_to_its_page(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    screen = opened(valkey_url, valkey_process, well=False)
    screen.click("Run one item dry")
    assert "Single-item test run" in screen.text
