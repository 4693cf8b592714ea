"""No planted secret comes out of a running console: to a browser, a log, the store or a file."""

import subprocess
import sys
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.looking import WAIT, says, settled
from tests.chromium import chromium
from tests.console_process import running
from tests.processes import clean_environment
from tests.valkey_process import ValkeyProcess

ROOT = Path(__file__).resolve().parents[2]
PLANTED = {
    "RUN_TOKEN": "planted-run-token-Zq9x7Lk2Vw8Rt4Yu6",
    "FREEE_CLIENT_SECRET": "planted-client-secret-Jh5Gf3Ds1Aq",
    "FREEE_REFRESH_TOKEN": "planted-refresh-token-Mn8Bv6Cx4Zl",
    "OPS_FINGERPRINT_KEY": "planted-fingerprint-key-Po0Iu9Yt8",
}
PASSWORD = "planted-redis-password-Wq2Er4Ty6"
PASTED = "planted-in-the-pasted-text-Ui8Op0As"
AGAIN = "planted-in-another-text-Df3Gh5Jk7"
UPLOADED = "planted-in-the-uploaded-file-Bn5Vc3Xz"
EVERY = (*PLANTED.values(), PASSWORD, PASTED, AGAIN, UPLOADED)


@contextmanager
def instance(environment: dict[str, str]) -> Generator[None]:
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "settings" / "reporting_instance.py")],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert any(line.strip() == b"reporting" for line in process.stdout)
    yield
    process.stdin.close()
    process.wait(20)


@contextmanager
def server(directory: Path, password: str = "") -> Generator[ValkeyProcess]:
    directory.mkdir()
    made = ValkeyProcess(directory, password)
    made.start()
    yield made
    made.kill()


def everything_in(valkey: ValkeyProcess) -> bytes:
    """Every key with what it holds, as the server would move it elsewhere."""
    found: list[bytes] = []
    with valkey.client() as made:
        client: Any = made  # its commands have incomplete types
        for key in client.scan_iter():
            found.append(key)
            if client.type(key) == b"hash":
                for field, value in client.hgetall(key).items():
                    found += [field, value]
                    try:  # documents are packed
                        found.append(zlib.decompress(value))
                    except zlib.error:
                        continue
            else:
                found.append(client.dump(key) or b"")
    return b"\n".join(found)


def files_below(directory: Path) -> bytes:
    return b"\n".join(file.read_bytes() for file in directory.rglob("*") if file.is_file())


@pytest.mark.browser
def test_no_planted_secret_comes_out_of_the_console(tmp_path: Path):
    received: list[bytes] = []

    def listen(websocket: WebSocket) -> None:
        websocket.on("framereceived", lambda frame: received.append(_bytes(frame)))

    with (
        server(tmp_path / "service", PASSWORD) as service,
        server(tmp_path / "store") as store,
    ):
        settings = {
            **PLANTED,
            "FREEE_CLIENT_ID": "123456789012",
            "REDIS_URL": service.url,
            "OPS_SERVICE": "127-0-0-1",
            "DRY_RUN": "true",
        }
        kit = clean_environment(**settings, PYTHONPATH=str(ROOT / "console" / "kit"))
        console_settings = {
            **settings,
            "SERVICE_URL": f"http://127.0.0.1:{service.port}",
            "CONSOLE_STORE_URL": store.url,
            "CONSOLE_SETTINGS_SPEC": "invoicing",
        }
        with (
            instance(kit),
            running(tmp_path, **console_settings) as console,
            chromium() as browser,
        ):
            page = browser.new_page()
            page.set_default_timeout(WAIT)
            page.on("websocket", listen)
            page.goto(f"{console.url}/settings", wait_until="domcontentloaded")
            exported = look_at_everything(page)
            stored = everything_in(store)
            logs = files_below(console.data)
            told = console.told().encode()
            logs_of_console = console.log.read_bytes()
    assert len(received) > 10
    # pages send text with its punctuation escaped, which must not hide a secret from this test
    frames = b"\n".join(received).replace(b"\\", b"")
    assert b"RUN_TOKEN" in frames
    assert b"127-0-0-1" in stored
    assert b"freee_client" in exported.lower()
    everywhere = {
        "a frame": frames,
        "the store": stored,
        "a log": told + logs_of_console + logs,
        "an exported file": exported,
    }
    for place, content in everywhere.items():
        for secret in EVERY:
            assert secret.encode() not in content, f"{secret} is in {place}"


def look_at_everything(page: Page) -> bytes:
    """Show, check, try, compare and export all that the page offers; the exported files."""
    says(page, "on 1 running instance")
    page.get_by_text("This console", exact=True).click()
    says(page, "in this console's environment")
    page.get_by_role("button", name="Try 1 value").click()
    says(page, "Try 1 value")
    settled(page)

    paste(page, f"RUN_TOKEN={PASTED}\nFREEE_CLIENT_SECRET='{PASTED}\n")
    says(page, "4 problems must be mended in the pasted .env")
    lines = [f"{name}={value}" for name, value in PLANTED.items()]
    lines += [f"RATE_LIMIT_PER_MINUTE={AGAIN}", f"{AGAIN}", f"OTHER='{AGAIN}"]
    paste(page, "\n".join(lines))
    expect(page.get_by_label("Its text")).to_have_value("")
    says(page, "3 problems must be mended in the pasted .env")
    says(page, "Between running instances")
    settled(page)
    # as large as it may be: it must not lie in a temporary file either
    file = f"RUN_TOKEN={UPLOADED}\n".encode() + b"# a comment\n" * 437_000
    upload = {"name": f"{UPLOADED}.env", "mimeType": "text/plain", "buffer": file}
    page.locator("input[type=file]").set_input_files(upload)
    says(page, "problems must be mended in the uploaded .env")
    settled(page)

    exported: list[bytes] = []
    for name in (
        ".env.example",
        "Markdown table",
        "JSON Schema",
        "pydantic-settings class",
        "settings.spec.toml",
        "Begin a settings.spec.toml from the checked file",
    ):
        with page.expect_download() as download:
            page.get_by_role("button", name=name, exact=True).click()
        exported.append(Path(download.value.path()).read_bytes())
    exported.append(page.content().encode())
    page.get_by_role("button", name="Forget it").click()
    says(page, "on 1 running instance")
    return b"\n".join(exported)


def paste(page: Page, text: str) -> None:
    page.get_by_label("Its text").fill(text)
    page.get_by_role("button", name="Check", exact=True).click()


def _bytes(frame: str | bytes) -> bytes:
    return frame if isinstance(frame, bytes) else frame.encode()
