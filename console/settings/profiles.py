"""The specifications that come with the console, and those in files of the user's."""

from functools import lru_cache
from pathlib import Path

from console.problems import closest
from console.settings.model import Finding, Rule, Severity, Spec
from console.settings.spec import read_spec
from console.settings.toml_places import LIMIT

DIRECTORY = Path(__file__).resolve().parent / "profiles"
SUFFIX = ".toml"


def names() -> list[str]:
    """The profiles that there are."""
    return sorted(file.stem for file in DIRECTORY.glob(f"*{SUFFIX}"))


def find(named: str) -> tuple[Spec, list[Finding]]:
    """A specification by the path of its file or the name of its profile. Never raises."""
    return read_file(Path(named)) if named.endswith(SUFFIX) else load(named)


def find_again(named: str) -> tuple[Spec, list[Finding]]:
    """The same, read again only when the file has changed: a page asks every two seconds."""
    path = Path(named) if named.endswith(SUFFIX) else DIRECTORY / f"{named}{SUFFIX}"
    try:
        stat = path.expanduser().stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
    except (OSError, RuntimeError, ValueError):  # ValueError: a NUL in the name
        stamp = (0, 0)
    spec, problems = _found(named, stamp)
    return spec, list(problems)


@lru_cache(maxsize=32)
def _found(named: str, stamp: tuple[int, int]) -> tuple[Spec, tuple[Finding, ...]]:
    spec, problems = find(named)
    return spec, tuple(problems)


def load(name: str) -> tuple[Spec, list[Finding]]:
    """A profile by its name."""
    if name not in names():
        told = f"There is no profile {name[:60]}{closest(name, names())}."
        return Spec(), [_problem(told, f"Name one of {', '.join(names())}, or a {SUFFIX} file.")]
    return read_file(DIRECTORY / f"{name}{SUFFIX}")


def read_file(path: Path) -> tuple[Spec, list[Finding]]:
    """A specification in a file. What cannot be read is a finding."""
    try:
        with path.expanduser().open("rb") as file:
            data = file.read(LIMIT + 1)
    except FileNotFoundError:
        told = f"There is no such file: {path.name}."
        return Spec(), [_problem(told, "Correct CONSOLE_SETTINGS_SPEC or settings_spec.")]
    except (OSError, RuntimeError, ValueError) as error:  # no home for ~, a NUL in the name
        return Spec(), [_problem(f"{path.name} cannot be read ({type(error).__name__}).")]
    try:
        return read_spec(data.decode("utf-8"))
    except UnicodeDecodeError:
        return Spec(), [_problem(f"{path.name} is not UTF-8.")]


def _problem(text: str, what_next: str = "") -> Finding:
    return Finding(Rule.SPECIFICATION, Severity.ERROR, "", text, what_next)
