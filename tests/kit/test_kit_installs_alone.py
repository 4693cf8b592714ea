"""The kit installs by itself: an empty environment, its own pyproject, nothing of the console."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

KIT = Path(__file__).resolve().parents[2] / "console" / "kit"

CHECK = """
import importlib.util, sys
import opskit
from opskit import Kit, KitSettings, load
kit = Kit(load(KitSettings, {"OPS_SERVICE": "relay"}), environ={}, configure_logs=False)
assert kit.mode.view().mode == "dry_run"
assert opskit.__file__.startswith(sys.prefix), opskit.__file__
for unwanted in ("streamlit", "pandas", "numpy", "console", "starlette", "fastapi"):
    assert importlib.util.find_spec(unwanted) is None, unwanted
    assert unwanted not in sys.modules
print("works", kit.describe()["kit"])
"""


@pytest.mark.timeout(300)
def test_the_kit_installs_alone_into_an_empty_environment(tmp_path: Path):
    venv = tmp_path / "venv"
    # The pip of this environment installs into that one, which then needs none of its own.
    own_pip = [] if find_spec("pip") is None else ["--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", *own_pip, str(venv)], check=True, timeout=120)
    python = venv / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    # A copy: building leaves its traces beside the sources.
    source = tmp_path / "kit"
    subprocess.run(["cp", "-r", str(KIT), str(source)], check=True)
    installed = subprocess.run(
        [
            *(pip if own_pip else [str(python), "-m", "pip"]),
            "install",
            "--quiet",
            "--no-input",
            "--retries",
            "1",
            str(source),
        ],
        env=clean,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
    )
    if installed.returncode and _no_index(installed.stderr):
        pytest.skip(f"no package index can be reached: {installed.stderr.strip()[-300:]}")
    assert installed.returncode == 0, installed.stderr
    found = subprocess.run(
        [str(python), "-c", CHECK], env=clean, cwd=tmp_path, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("works 1.")


def _no_index(text: str) -> bool:
    signs = ("Could not find a version", "ConnectionError", "NewConnectionError", "timed out")
    return any(sign in text for sign in signs)
