"""Settings from environment variables: grouped, checked at once, reported without a value.

class Relay(OpsSettings):
    run_token: SecretStr = required("Caller's secret", min_length=32)
    page_wait_seconds: float = optional(2.0, "Wait between pages")
    max_items: int | None = testing(None, "Process at most this many items")
    api_timeout_seconds: float = timeout(30.0, "One call of the accounting API")

settings = load(Relay)   # raises SettingsError with one table of every problem
"""

import os
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from .errors import SettingsError

_PLACEHOLDERS = {"changeme", "change-me", "todo", "xxx", "example", "your-token-here", "secret"}


_given: ContextVar[Mapping[str, str] | None] = ContextVar("opskit_settings", default=None)


class _Variables(EnvSettingsSource):
    """Reads the variables that `load` gathered, or the environment. Blank means not set."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        given = _given.get()
        source = os.environ if given is None else given
        return {name.lower(): text for name, text in source.items() if text.strip()}


class OpsSettings(BaseSettings):
    """Base class of a service's settings. Variables are the fields' names in upper case."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True, frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then variables: files are read by `load`, which also reports the source."""
        return (init_settings, _Variables(settings_cls))


def _field(group: str, description: str, default: Any, limits: dict[str, Any]) -> Any:
    field = cast("Callable[..., Any]", Field)
    return field(default, description=description, json_schema_extra={"group": group}, **limits)


def required(description: str, **limits: Any) -> Any:
    """A variable without a safe default: secrets, endpoints. Limits as of `pydantic.Field`."""
    return _field("required", description, ..., limits)


def optional(default: Any, description: str, **limits: Any) -> Any:
    """A variable with a safe default."""
    return _field("optional", description, default, limits)


def testing(default: Any, description: str, **limits: Any) -> Any:
    """A variable for tests; the default is the side on which nothing special happens."""
    return _field("testing", description, default, limits)


def timeout(default: float, description: str, **limits: Any) -> Any:
    """A time limit in seconds, greater than zero; with `ge` what belongs to one: a wait, a number
    of attempts. Its value is reported, because without it nobody can see whether limits fit.
    """
    return _field(
        "timeout", description, default, limits if "ge" in limits else {"gt": 0, **limits}
    )


S = TypeVar("S", bound=OpsSettings)


def load(kind: type[S], environ: Mapping[str, str] | None = None, dotenv: Path | None = None) -> S:
    """Read and check the settings. Raises SettingsError with every problem, and no value."""
    values = gather(environ, dotenv)
    known = variables(kind)
    given = {name: values[name.upper()] for name in known if name.upper() in values}
    problems: list[tuple[str, str, str]] = []
    blank = [name for name, text in given.items() if not text.strip()]
    for name in blank:
        if known[name].is_required():
            problems.append((name.upper(), group_of(known[name]), "is set but blank"))
    for name, text in given.items():
        if is_secret(known[name]) and text.strip().lower() in _PLACEHOLDERS:
            problems.append((name.upper(), group_of(known[name]), "is a placeholder"))
    token = _given.set(given)
    try:
        made = kind()
    except ValidationError as error:
        for found in error.errors(include_input=False, include_context=False, include_url=False):
            name = str(found["loc"][0]) if found["loc"] else "(all)"
            if name in blank:
                continue
            said = "is missing" if found["type"] == "missing" else found["msg"]
            for text in given.values():
                said = said.replace(text, "...") if len(text) > 3 else said
            group = group_of(known[name]) if name in known else ""
            problems.append((name.upper(), group, said[:200]))
    else:
        if not problems:
            return made
    finally:
        _given.reset(token)
    raise SettingsError(_table(problems, kind), [f"{v} ({g}) {p}" for v, g, p in problems])


def gather(environ: Mapping[str, str] | None, dotenv: Path | None) -> dict[str, str]:
    """Variables by upper-case name; the environment wins over the file."""
    values: dict[str, str] = {}
    if dotenv is not None and dotenv.is_file():
        from dotenv import dotenv_values  # comes with pydantic-settings

        values = {k.upper(): v for k, v in dotenv_values(dotenv).items() if v is not None}
    live = os.environ if environ is None else environ
    return {**values, **{k.upper(): v for k, v in live.items()}}


def variables(kind: type[OpsSettings]) -> dict[str, FieldInfo]:
    """The fields of a settings class by name."""
    return dict(kind.model_fields)


def secrets_of(settings: BaseSettings) -> list[str]:
    """The secret values, for the log's masker. They stay in this process."""
    values = (getattr(settings, name) for name in type(settings).model_fields)
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def group_of(info: FieldInfo) -> str:
    """The group of a variable: required, optional, testing or timeout."""
    extra = info.json_schema_extra
    if isinstance(extra, dict) and "group" in extra:
        return str(cast("dict[str, object]", extra)["group"])
    return "required" if info.is_required() else "optional"


def is_secret(info: FieldInfo) -> bool:
    """Whether the value of a variable must not be told."""
    return "Secret" in str(info.annotation)


def _table(problems: list[tuple[str, str, str]], kind: type[OpsSettings]) -> str:
    wide = max(len(name) for name, _, _ in problems)
    lines = [f"  {name:<{wide}}  {group:<8}  {what}" for name, group, what in sorted(problems)]
    count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    return "\n".join([f"{kind.__name__}: {count} with environment variables:", *lines])
