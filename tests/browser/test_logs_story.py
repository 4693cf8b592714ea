"""What people do with a log of their own, in the same view."""

import gzip
import re
from pathlib import Path

import pytest

from tests.browser.conftest import Console, Open
from tests.browser.looking import says, settled

pytestmark = pytest.mark.browser


def test_a_packed_file_is_uploaded_and_looked_at_in_the_same_view(
    console: Console, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(f"{console.url}/logs?source=own")
    calm = "2026-11-24T03:57:12Z INFO request handled in 12 ms\n" * 2000
    bad = "2026-11-24T03:58:12Z ERROR no answer from the bank\n" * 30
    file = tmp_path / "app.log.gz"
    file.write_bytes(gzip.compress((calm + bad).encode()))
    page.locator("input[type=file]").set_input_files(file)
    says(page, re.compile("30 errors of 1 kind"))
    says(page, re.compile("2,030 lines"))
    page.get_by_role("textbox", name="Query").fill("level:error")
    page.get_by_role("textbox", name="Query").press("Enter")
    says(page, re.compile("30 lines of 2,030 match"))
    settled(page)
    page.get_by_role("button", name="Remove").click()
    says(page, "Paste lines")
