"""Setting up a rehearsal with one command, as a stranger does."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from console.config import load
from console.platforms.local.disk import Disk
from console.platforms.local.platform import LocalPlatform
from console.platforms.local.rehearsal import RehearsalError, init
from console.platforms.local.visit import Visits, _one
from tests.platforms.local_service import git
from tests.processes import free_port

STEPS = ("1.", "2.", "3.", "4.")
ROOT = Path(__file__).resolve().parents[2]


def test_it_makes_all_that_the_platform_and_the_console_need(tmp_path: Path):
    where = tmp_path / "a rehearsal"
    told = init(where)
    assert [line[:2] for line in told.splitlines() if re.match(r"\d\.", line)] == list(STEPS)
    assert f"'{where}'/platform" in told
    service = Disk(where / "platform").service()
    assert (service.redis, service.repository) == (True, str(where / "origin.git"))
    config = load({"CONSOLE_SERVICES_FILE": str(where / "services.toml")})
    (watched,) = config.services
    assert (watched.platform, watched.platform_service) == ("local", str(where / "platform"))
    assert [one.type for one in watched.checks] == ["http", "redis"]
    assert all(one.timeout < one.interval for one in watched.checks)
    assert told.index(" visit ") < told.index("git -C")
    assert str(service.port) in watched.url
    head = git(where / "origin.git", "log", "--format=%s", "main").split("\n")[0]
    assert head == "First version"


async def test_the_names_of_its_variables_are_told_and_no_value(tmp_path: Path):
    init(tmp_path / "new")
    names = await LocalPlatform(Disk(tmp_path / "new" / "platform")).variables()
    assert names == [
        "DRY_RUN", "OPS_FINGERPRINT_KEY", "OPS_SERVICE", "PYTHONPATH", "REDIS_URL",
    ]  # fmt: skip


def test_a_directory_with_something_in_it_is_left_alone(tmp_path: Path):
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(RehearsalError, match="is not empty"):
        init(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]


def test_without_git_the_command_says_so_in_one_line(tmp_path: Path):
    command = [sys.executable, "-m", "console.platforms.local", "init", str(tmp_path / "new")]
    done = subprocess.run(
        command, cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "git is not installed: it is what a rehearsal pushes with."


def test_who_never_told_git_a_name_can_push_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in [one for one in os.environ if one.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    init(tmp_path / "new")
    log = git(tmp_path / "new" / "origin.git", "log", "--format=%an", "main")
    assert log.strip() == "Rehearsal"


def test_a_command_that_makes_no_sense_says_how_it_is_used():
    command = [sys.executable, "-m", "console.platforms.local", "--end"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "init DIRECTORY" in done.stderr


def test_a_service_that_is_not_there_is_a_counted_failure():
    visits = Visits()
    _one(free_port(), visits)
    assert (visits.answered, visits.failed) == (0, 1)
    assert visits.text.startswith("1 request, 1 failed (last: ")


def test_the_example_is_what_its_readme_speaks_of(tmp_path: Path):
    init(tmp_path / "new")
    source = (tmp_path / "new" / "work" / "app.py").read_text()
    for words in ("PlainTextResponse(", "uvicorn.run", "await asyncio.sleep(", "async def greet"):
        assert words in source
    assert tomllib.loads((tmp_path / "new" / "services.toml").read_text())["services"]
