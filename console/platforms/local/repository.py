"""The git repository that the local platform watches."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from console.errors import PlatformAway, PlatformError, PlatformMissing

LIMIT = 10.0  # seconds for one answer of git on this machine
MOST_BETWEEN = 20  # commits that a difference names
_HASH = re.compile(r"[0-9a-f]{40,64}")


@dataclass(frozen=True, slots=True)
class Commit:
    """What is told of a commit. Author and message are text from outside."""

    hash: str
    author: str
    message: str
    committed_at: float  # Unix seconds, by the clock of whoever committed


class Repository:
    """A checkout or a bare repository on this machine. Methods raise PlatformError."""

    def __init__(self, path: Path, branch: str) -> None:
        self._path = path
        self._branch = f"refs/heads/{branch}"

    def head(self) -> str:
        """The newest commit of the branch. Raises PlatformMissing where the branch is not there."""
        try:
            found = self._git("rev-parse", "--verify", "--quiet", f"{self._branch}^{{commit}}")
        except PlatformAway as error:
            if self._path.is_dir():
                raise PlatformMissing(
                    f"{self._path} has no branch {self._branch[11:]!r}."
                ) from error
            raise
        return _hash(found)

    def commit(self, name: str) -> Commit:
        """What is told of a commit."""
        shown = self._git("show", "-s", "--format=%H%x00%an%x00%ct%x00%B", _hash(name))
        told, author, at, message = shown.split("\0", 3)
        return Commit(_hash(told), author, message.strip(), float(at))

    def between(self, before: str, after: str) -> list[str]:
        """The commits that `after` has and `before` has not, newest first, one line each."""
        told = self._git(
            "log", f"--max-count={MOST_BETWEEN}", "--format=%h %s (%an)", "--abbrev=7",
            f"{_hash(before)}..{_hash(after)}", "--",
        )  # fmt: skip
        return told.splitlines()

    def pushed_at(self) -> float | None:
        """When the branch last moved, as its file tells; `None` where git packed it away."""
        where = self._git("rev-parse", "--git-path", self._branch).strip()
        try:
            return (self._path / where).stat().st_mtime
        except FileNotFoundError:
            return None

    def _git(self, *arguments: str) -> str:
        # variables of a git that called us (a hook) would point to another repository
        environment = {n: v for n, v in os.environ.items() if not n.startswith("GIT_")}
        command = ["git", "-C", str(self._path), *arguments]
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, timeout=LIMIT, check=True
            )
        except subprocess.TimeoutExpired as error:
            raise PlatformAway(f"git did not answer within {LIMIT:g} s.") from error
        except (OSError, subprocess.CalledProcessError) as error:
            told = getattr(error, "stderr", b"") or str(error).encode()
            text = told.decode(errors="replace").strip()[:300]
            raise PlatformAway(
                f"git cannot read {self._path}: {text or 'no such thing'}"
            ) from error
        return done.stdout.decode(errors="replace")


def _hash(text: str) -> str:
    found = text.strip()
    if not _HASH.fullmatch(found):
        raise PlatformError("This is no commit's hash.")
    return found
