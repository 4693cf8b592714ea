"""Where settings come from: `.env`, Streamlit's secrets, TOML files. Nothing is judged here."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from dotenv import dotenv_values

from console.errors import ConfigError

SECRETS_FILES = (Path(".streamlit/secrets.toml"), Path("~/.streamlit/secrets.toml"))


def read_secrets(files: Sequence[Path] = SECRETS_FILES) -> dict[str, object]:
    """Streamlit's secrets, without Streamlit. A file named earlier wins.

    Raises ConfigError for a file that cannot be read.
    """
    merged: dict[str, object] = {}
    for file in reversed([file.expanduser() for file in files]):
        if file.is_file():
            merged |= read_toml(file)
    return merged


def merge(
    environ: Mapping[str, str], dotenv: Mapping[str, str], secrets: Mapping[str, object]
) -> dict[str, str]:
    """The variables of all sources; the first that gives a value that is not empty wins.

    Of the secrets only root values are variables; a boolean is written as the environment would.
    """
    root = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in secrets.items()
        if not isinstance(value, Mapping | list)
    }
    merged: dict[str, str] = {}
    for source in (root, dotenv, environ):
        merged |= {name: value.strip() for name, value in source.items() if value.strip()}
    return merged


def read_dotenv(path: Path | None) -> dict[str, str]:
    """The variables of a `.env` file; none where there is no file. Raises ConfigError."""
    if path is None or not path.is_file():
        return {}
    try:
        content = dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read ({type(error).__name__})"]) from None
    return {name: value for name, value in content.items() if value is not None}


def read_toml(path: Path) -> dict[str, object]:
    """The root table of a TOML file. Raises ConfigError, which does not quote the file."""
    try:
        return cast("dict[str, object]", tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at [^)]*\)$", str(error))  # the rest may quote the file
        raise ConfigError([f"{path}: is not TOML {place[0] if place else ''}".strip()]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read ({type(error).__name__})"]) from None
