import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.settings.command import as_lines, main
from console.settings.model import Finding, Place, Rule, Severity
from console.settings.spec import read_spec

ROOT = Path(__file__).resolve().parents[2]
SECRET = "hunter2-Zq9-hunter2-Zq9-hunter2-Zq9"
GOOD = f"""\
FREEE_CLIENT_ID=123456789012
FREEE_CLIENT_SECRET={SECRET}
FREEE_REFRESH_TOKEN={SECRET}
RUN_TOKEN={SECRET}
"""


def run(*arguments: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main([str(one) for one in arguments], out, err)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / ".env"
    made.write_text(GOOD, encoding="utf-8")
    return made


def test_a_good_file_is_ready(file: Path):
    code, out, _ = run("check", "--spec", "invoicing", "--env-file", file)
    assert (code, out) == (0, f"{file}: 0 errors, 0 warnings. Ready.\n")


def test_a_bad_file_is_told_problem_by_problem(file: Path):
    file.write_text(GOOD + f"RATE_LIMIT_PER_MINUTE={SECRET}\nDRY_RUN=true\n", encoding="utf-8")
    code, out, _ = run("check", "--spec", "invoicing", "--env-file", file)
    assert code == 1
    assert out.splitlines()[0].startswith(
        "ERROR  5:1  RATE_LIMIT_PER_MINUTE  is not a whole number."
    )
    assert "2 errors, 0 warnings, 1 note (--notes). Not ready." in out
    assert SECRET not in out


def test_json_is_for_programs(file: Path):
    file.write_text(GOOD + f"RUN_TOKN={SECRET}\n LOG_LEVEL='{SECRET}'\n", encoding="utf-8")
    code, out, _ = run("check", "--spec", "invoicing", "--env-file", file, "--json")
    told = json.loads(out)
    assert (code, told["ready"], told["errors"]) == (1, False, 1)
    first = told["findings"][0]
    assert (first["rule"], first["name"]) == ("choice", "LOG_LEVEL")
    assert (first["line"], first["column"]) == (6, 2)
    assert SECRET not in out


def test_warnings_fail_only_where_it_is_strict(file: Path):
    file.write_text(GOOD + "RATE_LIMT_PER_MINUTE=5\n", encoding="utf-8")
    assert run("check", "--spec", "invoicing", "--env-file", file)[0] == 0
    assert run("check", "--spec", "invoicing", "--env-file", file, "--strict")[0] == 1


def test_the_environment_of_the_process_is_checked_without_a_file(monkeypatch: pytest.MonkeyPatch):
    for name, _, value in (line.partition("=") for line in GOOD.splitlines()):
        monkeypatch.setenv(name, value)
    assert run("check", "--spec", "invoicing")[0] == 0
    monkeypatch.delenv("RUN_TOKEN")
    assert run("check", "--spec", "invoicing")[0] == 1


@pytest.mark.parametrize("spec", ["nothing", "none.toml"])
def test_without_a_specification_nothing_is_ready(spec: str, file: Path):
    code, out, _ = run("check", "--spec", spec, "--env-file", file)
    assert code == 1
    assert "There is no" in out


def test_a_file_that_is_not_there_is_not_ready(tmp_path: Path):
    code, out, _ = run("check", "--spec", "kit", "--env-file", tmp_path / "none")
    assert code == 1
    assert "There is no such file." in out


@pytest.mark.parametrize("what", ["example", "table", "schema", "class", "spec"])
def test_what_a_specification_is_good_for_is_written(what: str):
    code, out, err = run("write", what, "--spec", "invoicing")
    assert (code, err) == (0, "")
    assert "RUN_TOKEN" in out


def test_a_specification_is_begun(file: Path):
    code, out, _ = run("begin", "--env-file", file)
    assert code == 0
    assert SECRET not in out
    assert list(read_spec(out)[0].variables) == [line.split("=")[0] for line in GOOD.split()]
    code, out, _ = run("begin", "--class", "opskit:KitSettings")
    assert code == 0
    assert "OPS_SERVICE" in read_spec(out)[0].variables
    assert run("begin", "--class", "nowhere:Nothing")[0] == 1
    assert run("begin", "--env-file", file.parent / "none")[0] == 1


def test_the_table_fits_a_terminal():
    finding = Finding(Rule.TYPE, Severity.ERROR, "NAME", "word " * 30, "Mend it.", Place(12, 3))
    lines = as_lines([finding], 60)
    assert all(len(line) <= 60 for line in lines)
    assert lines[0].startswith("ERROR  12:3  NAME  word")


def test_it_runs_as_a_command_without_streamlit(file: Path):
    command = [sys.executable, "-X", "importtime", "-m", "console.settings", "check"]
    shown = subprocess.run(
        [*command, "--spec", "invoicing", "--env-file", str(file)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert shown.returncode == 0
    assert "Ready." in shown.stdout
    assert "streamlit" not in shown.stderr
    assert "redis" not in shown.stderr


def test_a_file_may_come_from_standard_input(monkeypatch: pytest.MonkeyPatch):
    text = io.TextIOWrapper(io.BytesIO(GOOD.encode()))
    monkeypatch.setattr("sys.stdin", text)
    assert run("check", "--spec", "invoicing", "--env-file", "-")[:2] == (
        0,
        "-: 0 errors, 0 warnings. Ready.\n",
    )


def test_time_limits_are_judged_where_that_is_asked_for(file: Path):
    file.write_text("API_TIMEOUT_SECONDS=50\nITEM_TIMEOUT_SECONDS=60\n" + GOOD, encoding="utf-8")
    code, out, _ = run("check", "--spec", "invoicing", "--env-file", file)
    assert code == 0
    code, out, _ = run("check", "--spec", "invoicing", "--env-file", file, "--time-outs", "render")
    assert code == 1
    assert "T01" in out
    assert "GRACEFUL_SHUTDOWN_SECONDS" in out
