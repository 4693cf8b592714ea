"""Builds one commit: `python -m console.platforms.local.build` with one line of JSON as argument.

The files come from `git archive`, requirements go into a virtual environment that is named after
their content, so that it is made only when they changed, and the build's own command runs last. A
build appears under its name only when all of it succeeded; whatever was left half done is removed.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path
from typing import Any

REQUIREMENTS = "requirements.txt"
ENVIRONMENT = ".environment"  # in a build: the name of its virtual environment
PART = ".part"  # ends the name of a build that is not complete
COMPLETE = ".complete"  # in a virtual environment


def build(told: dict[str, Any]) -> None:
    """Make the build. Raises CalledProcessError or OSError; what failed has printed why."""
    final = Path(told["directory"])
    if final.exists():
        print("Built before: nothing to do.")
        return
    part = final.with_suffix(f".{os.getpid()}{PART}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    print(f"Take the files of {told['commit']}.")
    _unpack(told["repository"], told["commit"], part)
    where = _environment(part / REQUIREMENTS, Path(told["venvs"]))
    (part / ENVIRONMENT).write_text(where.name)
    if told["command"]:
        print("$", *told["command"])
        path = os.pathsep.join((str(where / "bin"), os.environ.get("PATH", os.defpath)))
        more = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(where)}
        subprocess.run(told["command"], cwd=part, env=more, check=True)
    part.rename(final)
    print("Built.")


def _unpack(repository: str, commit: str, into: Path) -> None:
    command = ["git", "-C", repository, "archive", "--format=tar", commit]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as git:
        with tarfile.open(fileobj=git.stdout, mode="r|") as files:
            # nothing outside of `into`, no devices, no foreign owners
            files.extractall(into, filter="data")
        if git.wait():
            raise subprocess.CalledProcessError(git.returncode, command)


def _environment(requirements: Path, venvs: Path) -> Path:
    wanted = requirements.read_bytes() if requirements.exists() else b""
    key = hashlib.sha256(sys.version.encode() + b"\0" + wanted).hexdigest()[:16]
    where = venvs / key
    if (where / COMPLETE).exists():
        print("Requirements did not change.")
        return where
    shutil.rmtree(where, ignore_errors=True)
    own_pip = importlib.util.find_spec("pip") is None
    asked = [line for line in wanted.decode().splitlines() if line.split("#")[0].strip()]
    venv.create(where, with_pip=bool(asked) and own_pip, symlinks=True)
    if asked:
        print(f"Install {len(asked)} requirements.")
        python = str(where / "bin" / "python")
        pip = (
            [python, "-m", "pip"] if own_pip else [sys.executable, "-m", "pip", "--python", python]
        )
        options = ("--no-input", "--disable-pip-version-check", "--quiet")
        command = [*pip, "install", *options, "-r", str(requirements)]
        subprocess.run(command, cwd=requirements.parent, check=True)
    (where / COMPLETE).touch()
    return where


if __name__ == "__main__":
    try:
        build(json.loads(sys.argv[1]))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[0]} ended with code {error.returncode}")
    except (OSError, tarfile.TarError) as error:
        sys.exit(f"The build failed: {error}")
