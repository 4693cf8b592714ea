"""The console's own settings, read when the process starts, never at import.

Sources, the first that names a variable wins: environment variables, the file `.env`, Streamlit's
secrets. (Streamlit itself copies root strings and numbers of its secrets over the environment when
it starts; booleans and tables stay behind, which is why the secrets are read here as well.) An
empty value counts as not set.

`load` either gives a Config or raises ConfigError with every problem at once. No message holds the
value of a secret or of a URL, which may carry a password.
"""

import os
import re
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr, ValidationError

from console.checklist import questions
from console.checklist.questions import Asked
from console.errors import ConfigError
from console.health.check import Service
from console.health.durations import seconds
from console.problems import closest, describe
from console.service_problems import clashes
from console.services import REDIS_VARIABLE, named_variables, read_services, service_from_urls
from console.sources import merge, read_dotenv, read_secrets, read_toml
from console.variables import PREFIX, SERVICES_FILE, Settings
from console.words import duration

__all__ = ["Config", "Settings", "as_markdown", "as_table", "load", "load_here"]

DOTENV_FILE = ".env"
TABLE_WIDTH = 100  # columns at most
# Kubernetes gives its containers such variables where a Service of it is named "console".
_LINKED = re.compile(r"CONSOLE_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)\w*)?)")


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration of one console.

    `sample`: nothing was configured, so the runtime adds the console's own sample service, whose
    addresses are known only once it runs. `secrets` holds the variables that checks name in
    `url_env` and `bearer_env`, and no others.
    """

    settings: Settings
    services: tuple[Service, ...] = ()
    sample: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    questions: tuple[Asked, ...] = ()  # of the checklist, beside the nine

    def service(self, name: str) -> Service | None:
        """The service of that name, if there is one."""
        return next((service for service in self.services if service.name == name), None)

    @property
    def store_url(self) -> str:
        """The address of the store; empty while it is not known. May hold a password."""
        return self.settings.store_url.get_secret_value() if self.settings.store_url else ""

    def with_store(self, url: str) -> Self:
        """The same with the address of the store filled in."""
        settings = self.settings.model_copy(update={"store_url": SecretStr(url)})
        return replace(self, settings=settings)

    def to_dict(self) -> dict[str, object]:
        """Plain data for the collector's standard input. Secrets are in the clear: never log it."""
        return {
            "settings": {
                name: _plain(getattr(self.settings, name)) for name in Settings.model_fields
            },
            "services": [service.model_dump(mode="json") for service in self.services],
            "sample": self.sample,
            "secrets": dict(self.secrets),
            "questions": [one.model_dump(mode="json") for one in self.questions],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        return cls(
            Settings.model_validate(data["settings"]),
            tuple(Service.model_validate(service) for service in data["services"]),
            data["sample"],
            dict(data["secrets"]),
            tuple(Asked.model_validate(one) for one in data.get("questions", ())),
        )


def load(
    environ: Mapping[str, str],
    *,
    secrets: Mapping[str, object] | None = None,
    dotenv: Path | None = None,
) -> Config:
    """Read the configuration. `secrets` is the root table of Streamlit's secrets.

    Raises ConfigError with every problem found.
    """
    secrets = secrets or {}
    values = merge(environ, read_dotenv(dotenv), secrets)
    problems: list[str] = []
    settings = _settings(values, problems)
    listed: list[Service] = []
    tables = _services_file(settings.services_file, problems)
    for content, where in ((tables, ""), (secrets.get("services"), " (in the secrets)")):
        if content is not None:
            found, wrong = read_services(content, values)
            listed += found
            problems += [problem + where for problem in wrong]
    # a check that is written out takes the place of the one that REDIS_URL alone would give
    redis = settings.redis_url is not None and REDIS_VARIABLE not in named_variables(listed)
    run_token = settings.run_token is not None
    services = service_from_urls(settings.service_url, redis, run_token) + listed
    services = [service.in_zone(settings.timezone) for service in services]
    problems += clashes(services)
    named = named_variables(services)
    problems += _unknown_variables(values, named)
    asked = _questions(settings.checklist_file, services, problems)
    if problems:
        raise ConfigError(problems)
    used = {name: values[name] for name in named if name in values}
    return Config(settings, tuple(services), not services, used, asked)


def load_here() -> Config:
    """Read the configuration of this process: environment, `.env` and the secrets files.

    Raises ConfigError with every problem found.
    """
    return load(os.environ, secrets=read_secrets(), dotenv=Path(DOTENV_FILE))


def as_table(problems: Sequence[str], width: int | None = None) -> str:
    """The problems as a table for a terminal of `width` columns."""
    width = min(width or shutil.get_terminal_size().columns, TABLE_WIDTH)
    rows = [_split(problem) for problem in problems]
    left = min(max(len(where) for where, _ in rows), width // 2)
    lines = [f"The console cannot start: {len(rows)} problem{'s' * (len(rows) > 1)}.", ""]
    for where, what in rows:
        wrapped = textwrap.wrap(what, max(width - left - 2, 20)) or [""]
        if len(where) > left:
            lines.append(where)
            where = ""
        lines.append(f"{where:<{left}}  {wrapped[0]}")
        lines += [f"{'':<{left}}  {rest}" for rest in wrapped[1:]]
    return "\n".join(lines)


def as_markdown() -> str:
    """The table of settings that the README shows."""
    rows = ["| Variable | Default | Meaning |", "| --- | --- | --- |"]
    for info in Settings.model_fields.values():
        value = info.default
        if any(getattr(one, "func", None) is seconds for one in info.metadata) and value:
            value = duration(value).replace(" ", "")
        default = "" if value in (None, "") else f"`{_shown(value)}`"
        rows.append(f"| `{info.validation_alias}` | {default} | {info.description} |")
    return "\n".join(rows)


def _plain(value: object) -> object:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value) if isinstance(value, Path) else value


def _shown(value: object) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _settings(values: Mapping[str, str], problems: list[str]) -> Settings:
    """The settings; with defaults in place of what is wrong, so that the rest is checked too."""
    known = Settings.variables()
    given = {name: value for name, value in values.items() if name in known}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        problems += describe(error, "")
        wrong = {str(item["loc"][0]) for item in error.errors()}
        good = {name: value for name, value in given.items() if name not in wrong}
        return Settings.model_validate(good)


def _services_file(named: str, problems: list[str]) -> object:
    """What the services file lists, or `None` where there is none."""
    path = Path(named or SERVICES_FILE)
    if not path.is_file():
        if named:
            problems.append(f"CONSOLE_SERVICES_FILE: there is no file {named}")
        return None
    try:
        content = read_toml(path)
    except ConfigError as error:  # the rest of the configuration is read all the same
        problems += error.problems
        return None
    problems += [
        f"{key}: is not known in {path}{closest(key, ['services'])}"
        for key in content
        if key != "services"
    ]
    if named and not content:
        problems.append(f"CONSOLE_SERVICES_FILE: there is no [[services]] in {named}")
    return content.get("services", [])


def _questions(named: str, services: Sequence[Service], problems: list[str]) -> tuple[Asked, ...]:
    """The questions of the checklist that a file adds."""
    if not named:
        return ()
    try:
        asked = questions.read_file(named)
    except ConfigError as error:
        problems += error.problems
        return ()
    names = {one.name: [check.name for check in one.checks] for one in services}
    if names:  # the sample's are not known yet
        problems += questions.clashes(asked, names)
    return asked


def _unknown_variables(values: Mapping[str, str], named: set[str]) -> list[str]:
    known = Settings.variables()
    unknown = {name for name in values if name.startswith(PREFIX)} - known - named
    if "KUBERNETES_SERVICE_HOST" in values:
        unknown = {name for name in unknown if not _LINKED.fullmatch(name)}
    return [
        f"{name}: is not a setting of the console{closest(name, known)}" for name in sorted(unknown)
    ]


def _split(problem: str) -> tuple[str, str]:
    where, separator, what = problem.partition(": ")
    return (where, what) if separator else ("", problem)


if __name__ == "__main__":
    print(as_markdown())
