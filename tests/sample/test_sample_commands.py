"""`python -m console.sample`: what a demonstration types."""

import time
from pathlib import Path

import pytest

from console.sample import faults, traffic
from console.sample.__main__ import main


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The faults file of a sample world that runs in this directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONSOLE_DATA_DIR", str(tmp_path))
    (tmp_path / "sample").mkdir()
    file = tmp_path / "sample" / "faults.json"
    faults.write(file, {})
    return file


def test_a_part_is_broken_for_a_while(file: Path, capsys: pytest.CaptureFixture[str]):
    now = time.time()
    assert main(["break", "accounting", "--for", "2m"]) == 0
    assert faults.broken(file, "accounting", now + 60)
    assert not faults.broken(file, "accounting", now + 200)
    assert not faults.broken(file, "relay", now + 60)
    assert "python -m console.sample repair accounting" in capsys.readouterr().out


def test_a_part_is_broken_until_it_is_repaired(file: Path):
    now = time.time()
    main(["break", "cache"])
    main(["break", "relay"])
    assert faults.broken(file, "cache", now + 10**9)
    main(["repair", "cache"])
    assert not faults.broken(file, "cache", now)
    assert faults.broken(file, "relay", now)
    main(["repair"])
    assert not faults.broken(file, "relay", now)


def test_the_settings_are_broken_and_repaired_as_one_or_one_by_one(file: Path):
    now = time.time()
    main(["break", "settings"])
    assert all(faults.broken(file, part, now) for part in ("drift", "placeholder", "timeout"))
    main(["repair", "drift"])
    wrong = faults.wrong_settings(file, now, newest=True)
    assert set(wrong) == {"RUN_TOKEN", "API_TIMEOUT_SECONDS"}
    main(["repair", "settings"])
    assert faults.wrong_settings(file, now, newest=True) == {}


def test_the_traffic_is_chosen_for_a_while_or_takes_turns_again(
    file: Path, capsys: pytest.CaptureFixture[str]
):
    chosen, now = file.with_name("traffic.json"), time.time()
    assert main(["traffic", "month-end", "--for", "10m"]) == 0
    name, until = traffic.read(chosen)
    assert (name, until) == ("month-end", pytest.approx(now + 600, abs=5))
    main(["traffic", "quiet"])
    assert traffic.read(chosen) == ("quiet", 0.0)
    main(["traffic", "turns"])
    assert traffic.read(chosen)[0] == ""
    assert "quiet, normal, month-end" in capsys.readouterr().out


def test_where_no_sample_runs_it_says_so(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CONSOLE_DATA_DIR", "elsewhere")
    assert main(["break", "relay"]) == 1
    told = capsys.readouterr().err
    assert "No sample service runs here" in told
    assert str(Path("elsewhere").absolute()) in told
    assert "CONSOLE_DATA_DIR" in told


def test_a_wrong_configuration_is_told_as_everywhere(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CONSOLE_TIMEZONE", "Mars")
    assert main(["repair"]) == 1
    assert "CONSOLE_TIMEZONE" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["break", "moon"], ["break", "relay", "--for", "ever"], []])
def test_what_cannot_be_understood_is_refused_with_the_choices(
    words: list[str], capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit):
        main(words)
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{torn", "[]", '{"relay": null}', '{"relay": "x"}'])
def test_a_faults_file_that_cannot_be_read_breaks_nothing(tmp_path: Path, content: str):
    file = tmp_path / "faults.json"
    file.write_text(content)
    assert not faults.broken(file, "relay", time.time())
