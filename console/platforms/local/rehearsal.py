"""Sets up a rehearsal: a repository with a small service, a local platform for it, and what the
console has to be told. `python -m console.platforms.local init DIRECTORY`.
"""

import json
import secrets
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from console.errors import ConsoleError
from console.platforms.local.disk import Disk
from console.platforms.local.model import LocalService
from console.processes import private_directory
from console.store.embedded import free_port
from console.store.server_files import socket_path

NAME = "greeter"
INSTANCES = 2
WINDOW = "2m"  # that a deployment is watched: long enough for 300 requests of the visitors
GIT_LIMIT = 30.0  # seconds for one command of git
_EXAMPLE = Path(__file__).parent / "example"
_ROOT = Path(__file__).resolve().parents[3]
_KIT = _ROOT / "console" / "kit"
# Where nobody told git who they are, it refuses to commit.
_NOBODY = {"user.name": "Rehearsal", "user.email": "rehearsal@localhost"}


class RehearsalError(ConsoleError):
    """A rehearsal cannot be set up. Says why."""


def init(directory: Path) -> str:
    """Set one up in a directory that is empty or not there; the next steps, as text.

    Raises RehearsalError.
    """
    directory = directory.resolve()
    if directory.exists() and any(directory.iterdir()):
        raise RehearsalError(f"{directory} is not empty: name a directory that is not there yet.")
    try:
        private_directory(directory)
        bare, clone, platform = (directory / one for one in ("origin.git", "work", "platform"))
        _repository(bare, clone)
        port = free_port()
        disk = Disk(platform)
        disk.save_service(_service(bare, port))
        (directory / "services.toml").write_text(_services(platform, port), encoding="utf-8")
    except OSError as error:
        raise RehearsalError(f"{directory} cannot be used: {error.strerror}.") from error
    return _next(directory)


def redis_directory(platform: Path) -> Path:
    """Where the Redis of a local service lies."""
    return platform / "redis"


def _service(bare: Path, port: int) -> LocalService:
    return LocalService(
        NAME,
        str(bare),
        # with the console's own packages, so that nothing has to be installed
        (sys.executable, "app.py"),
        build=(sys.executable, "-m", "py_compile", "app.py"),
        port=port,
        instances=INSTANCES,
        environment={
            "PYTHONPATH": str(_KIT),
            "OPS_FINGERPRINT_KEY": secrets.token_urlsafe(32),
            "DRY_RUN": "false",
        },
        redis=True,
    )


def _services(platform: Path, port: int) -> str:
    """The console's services file."""
    url = f"http://localhost:{port}/"
    lines = [
        "[[services]]",
        f'name = "{NAME}"',
        'title = "Greeter (rehearsal)"',
        f'url = "{url}"',
        'platform = "local"',
        f"platform_service = {json.dumps(str(platform), ensure_ascii=False)}",
        f'verify_window = "{WINDOW}"',
        "",
        "[[services.checks]]",
        'name = "web"',
        'title = "Web"',
        f'url = "{url}"',
        'interval = "5s"',
        'timeout = "4s"',
    ]
    socket = socket_path(redis_directory(platform))
    if socket is not None:
        lines += [
            "",
            "[[services.checks]]",
            'name = "cache"',
            'title = "Cache"',
            'type = "redis"',
            f'url = "unix://{quote(str(socket))}"',
            'interval = "10s"',
            'timeout = "4s"',
        ]
    return "\n".join(lines) + "\n"


def _repository(bare: Path, clone: Path) -> None:
    _git("init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    _git("clone", "--quiet", str(bare), str(clone))
    _git("-C", str(clone), "checkout", "--quiet", "-B", "main")
    for path in sorted(_EXAMPLE.iterdir()):
        if path.is_file():
            shutil.copyfile(path, clone / path.name)
    for name, value in _NOBODY.items():
        if not _asked("-C", str(clone), "config", name):
            _git("-C", str(clone), "config", name, value)
    _git("-C", str(clone), "add", "--all")
    _git("-C", str(clone), "commit", "--quiet", "-m", "First version")
    _git("-C", str(clone), "push", "--quiet", "origin", "main")


def _git(*arguments: str) -> None:
    done = _asked_git(arguments)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise RehearsalError(f"git {' '.join(arguments[:3])} failed: {said}")


def _asked(*arguments: str) -> str:
    return _asked_git(arguments).stdout.decode(errors="replace").strip()


def _asked_git(arguments: tuple[str, ...]) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(
            ["git", *arguments],  # noqa: S607 - where git is, differs
            capture_output=True,
            timeout=GIT_LIMIT,
            check=False,
        )
    except FileNotFoundError:
        raise RehearsalError("git is not installed: it is what a rehearsal pushes with.") from None
    except subprocess.TimeoutExpired:
        raise RehearsalError(f"git did not end within {GIT_LIMIT:g} s.") from None


def _next(directory: Path) -> str:
    python, where = shlex.quote(Path(sys.executable).name), shlex.quote(str(directory))
    return f"""The rehearsal is ready in {directory}.

1. Start its platform, in a terminal of its own:
   {python} -m console.platforms.local {where}/platform
2. Start the console with it, in another one:
   export CONSOLE_SERVICES_FILE={where}/services.toml STREAMLIT_SERVER_ADDRESS=localhost
   {python} -m streamlit run streamlit_app.py
3. Send it traffic, in a third one, before the first push: a deployment is verified by comparing
   with the traffic from before it. This counts what fails, too:
   {python} -m console.platforms.local visit {where}/platform
4. Change {where}/work/app.py, and push it:
   git -C {where}/work commit -am "A change" && git -C {where}/work push

This ends the service when you are done:
   {python} -m console.platforms.local {where}/platform --end"""
