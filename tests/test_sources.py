"""Where settings come from: the order of the sources, and files that cannot be read."""

from pathlib import Path

import pytest

from console.errors import ConfigError
from console.sources import merge, read_dotenv, read_secrets, read_toml

HIDDEN = "hunter2-hunter2"


def test_the_environment_wins_over_dotenv_and_that_over_the_secrets():
    merged = merge(
        {"A": "environment"},
        {"A": "dotenv", "B": "dotenv"},
        {"A": "secrets", "B": "secrets", "C": "secrets"},
    )
    assert merged == {"A": "environment", "B": "dotenv", "C": "secrets"}


def test_an_empty_value_counts_as_not_set():
    assert merge({"A": "", "B": "  "}, {"A": "dotenv"}, {"B": "secrets"}) == {
        "A": "dotenv",
        "B": "secrets",
    }


def test_root_values_of_secrets_are_written_as_an_environment_would():
    secrets = {"YES": True, "NO": False, "NUMBER": 30, "TEXT": " a ", "TABLE": {}, "LIST": []}
    assert merge({}, {}, secrets) == {"YES": "true", "NO": "false", "NUMBER": "30", "TEXT": "a"}


def test_dotenv_is_taken_literally(tmp_path: Path):
    file = tmp_path / ".env"
    file.write_text("# a comment\nURL='redis://:p$word@host'\nexport HOME=${HOME}/x\nBARE\n")
    assert read_dotenv(file) == {"URL": "redis://:p$word@host", "HOME": "${HOME}/x"}


def test_no_dotenv_is_no_problem(tmp_path: Path):
    assert read_dotenv(None) == {}
    assert read_dotenv(tmp_path / ".env") == {}


def test_the_secrets_of_the_project_win_over_those_of_the_user(tmp_path: Path):
    project, user = tmp_path / "project.toml", tmp_path / "user.toml"
    project.write_text('A = "project"\n')
    user.write_text('A = "user"\nB = "user"\n')
    assert read_secrets([project, user]) == {"A": "project", "B": "user"}
    assert read_secrets([tmp_path / "none.toml"]) == {}


@pytest.mark.parametrize("content", [f"TOKEN = {HIDDEN}\n", f'TOKEN = "{HIDDEN}\n', HIDDEN])
def test_a_file_that_is_not_toml_is_named_with_the_place_and_never_quoted(
    tmp_path: Path, content: str
):
    file = tmp_path / "secrets.toml"
    file.write_text(content)
    with pytest.raises(ConfigError, match=r"secrets\.toml: is not TOML \(at ") as wrong:
        read_toml(file)
    assert HIDDEN not in str(wrong.value)


def test_a_file_that_is_not_text_is_a_problem_and_not_a_traceback(tmp_path: Path):
    file = tmp_path / "binary"
    file.write_bytes(b"A=\xff\xfe\n")
    for read in (read_toml, read_dotenv):
        with pytest.raises(ConfigError, match="cannot be read"):
            read(file)
