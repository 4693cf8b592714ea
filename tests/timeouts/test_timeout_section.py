"""The section as a visitor sees it, over a real store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.text_format import MessageToString
from streamlit.testing.v1 import AppTest

from console.config import Config, Settings
from console.health.check import Check, Service
from console.runtime import Runtime, set_runtime
from console.store.read import Store

APP = Path(__file__).resolve().parents[1] / "apps" / "timeouts_app.py"
SECRET = "hunter2hunter2"
LIMIT = 10.0  # seconds a run may take


@pytest.fixture
def section(valkey_url: str, operator: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setenv("API_TIMEOUT_SECONDS", "20s")
    monkeypatch.setenv("ITEM_TIMEOUT_SECONDS", "soon")
    monkeypatch.setenv("REDIS_URL", f"redis://:{SECRET}@cache.example")
    service = Service(
        name="relay",
        url="https://relay-abc.a.run.app",
        checks=(Check(name="web", url="https://relay.example"),),
    )
    config = Config(Settings.model_validate({}), (service,)).with_store(valkey_url)
    set_runtime(Runtime(config, Store(valkey_url)))
    yield AppTest.from_file(str(APP), default_timeout=LIMIT).run()
    set_runtime(None)


def text_of(page: AppTest) -> str:
    assert not page.exception, [one.value for one in page.exception]
    return everything(page.main)


def everything(node: Any) -> str:
    """What reached the browser below this node, tables included."""
    children = getattr(node, "children", None)
    if children:
        return "\n".join(everything(child) for child in children.values())
    value = str(node.value) if node.type in ("table", "arrow_table", "arrow_data_frame") else ""
    proto = getattr(node, "proto", None)
    return value + ("" if proto is None else MessageToString(proto, as_utf8=True))


def test_the_section_opens_with_what_breaks_first_and_its_rules(section: AppTest):
    shown = text_of(section)
    assert any("SECONDS breaks first" in one.value for one in section.markdown)
    for words in ("Nested limits", "What to change", "What if", "Worst case, line by line"):
        assert words in [one.value for one in section.subheader]
    assert "T04" in shown
    assert "Cloud Run" in section.selectbox[0].options[1]


def test_no_secret_is_shown_and_an_unreadable_value_says_so(section: AppTest):
    shown = text_of(section)
    assert "REDIS_MAX_RETRIES" in shown
    assert SECRET not in shown
    assert any("ITEM_TIMEOUT_SECONDS` is no time" in one.value for one in section.markdown)


def test_every_fix_gives_lines_to_copy_and_starting_again_takes_them_away(section: AppTest):
    before = len(section.code)
    section.button(key="timeouts_fix").click().run()
    text_of(section)
    lines = section.code[-1].value.splitlines()
    assert len(section.code) == before + 1
    assert any(line.startswith("PLATFORM_REQUEST_TIMEOUT_SECONDS=") for line in lines)
    assert any(line.startswith("REDIS_MAX_RETRIES=0") for line in lines)
    assert any("Mended" in one.value for one in section.caption)
    section.button(key="timeouts_reset").click().run()
    text_of(section)
    assert len(section.code) == before


def test_a_slider_gives_the_line_that_sets_it(section: AppTest):
    slider = next(one for one in section.slider if one.label == "API_PAGE_WAIT_MS")
    slider.set_value(3.5).run()
    text_of(section)
    assert section.code[-1].value == "API_PAGE_WAIT_MS=3500"


@pytest.mark.parametrize("platform", ["railway", "heroku", "lambda", "none"])
def test_every_platform_can_be_chosen(section: AppTest, platform: str):
    section.selectbox[0].set_value(platform).run()
    section.selectbox[1].set_value("gunicorn").run()
    text_of(section)
    section.button(key="timeouts_fix").click().run()
    text_of(section)
