"""A page in AppTest, read as a visitor reads it."""

import json
import re
import time
from pathlib import Path
from typing import Any

from google.protobuf.text_format import MessageToString
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

ROOT = Path(__file__).resolve().parents[2]
MAIN = ROOT / "console" / "ui" / "main.py"
FIRST = "overview"  # whose address is the root
LIMIT = 10.0  # seconds that a state may take to appear


class Screen:
    """One visitor's tab, opened at the address of a page."""

    def __init__(self, page: str, **query: str) -> None:
        self.at = AppTest.from_file(str(MAIN), default_timeout=LIMIT)
        for name, value in query.items():
            self.at.query_params[name] = value
        if page != FIRST:  # by its address, as from a link; switch_page knows files alone
            self.at._page_hash = calc_hash(page.replace("_", "-"))
        self.run()

    def run(self) -> "Screen":
        """The page once more, as after a tick."""
        self.at.run()
        return self.check()

    def check(self) -> "Screen":
        """No page ever shows an exception."""
        assert not self.at.exception, [one.value for one in self.at.exception]
        return self

    def until(self, words: str) -> "Screen":
        """Run again until the words are there."""
        deadline = time.monotonic() + LIMIT
        while words not in self.text:
            assert time.monotonic() < deadline, f"{words!r} did not come:\n{self.text}"
            self.run()
        return self

    def click(self, label: str) -> "Screen":
        """Click the button of that label."""
        next(button for button in self.at.button if button.label == label).click()
        return self.run()

    @property
    def text(self) -> str:
        """All that is on the page and in the sidebar, as it is read."""
        return as_read("\n".join(_text(node) for node in (self.at.main, self.at.sidebar)))

    @property
    def verdict(self) -> str:
        """The alert that the page opens with."""
        kinds = ("success", "warning", "error", "info")
        return next(as_read(alert.value) for kind in kinds for alert in self.at.get(kind))

    @property
    def metrics(self) -> dict[str, tuple[str, str]]:
        """Every figure with its value and its note."""
        return {one.label: (one.value, one.delta) for one in self.at.metric}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the board."""
        boards = [_board(node) for node in self.at.get("bidi_component")]
        return [row for board in boards if "figures" in board for row in board["rows"]]


def as_read(markdown: str) -> str:
    """Markdown without the escapes that nobody sees."""
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", markdown.replace("\u2060", ""))


def _board(node: Any) -> dict[str, Any]:
    return json.loads(node.proto.json)


def _text(node: Any) -> str:
    children = getattr(node, "children", None)
    if children:
        return "\n".join(_text(child) for child in children.values())
    if node.type in ("table", "arrow_table"):
        frame = node.value
        return "\n".join(
            [*map(str, frame.columns), *(str(one) for one in frame.to_numpy().ravel())]
        )
    if node.type == "bidi_component":
        return json.dumps(_board(node), ensure_ascii=False)
    proto = getattr(node, "proto", None)
    if proto is None or not hasattr(proto, "DESCRIPTOR"):
        return ""
    return MessageToString(proto, as_utf8=True).replace('\\"', '"').replace("\\\\", "\\")
