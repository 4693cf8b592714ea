"""Services and checks as configuration gives them: from a URL, or from `[[services]]` tables.

Nothing here raises for what a user wrote: each function gives what could be read and one line for
each problem, `service shop, check api, interval: what is wrong`.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic import ValidationError

from console.health.check import Check, Maintenance, Service
from console.problems import describe, with_names
from console.service_problems import check_problems, maintenance_problems, service_problems
from console.urls import SCHEMES, host_of, name_from

WEB, TLS, CACHE = "web", "tls", "cache"  # the names of the checks that a URL alone gives
REDIS_VARIABLE, RUN_TOKEN_VARIABLE = "REDIS_URL", "RUN_TOKEN"
TLS_INTERVAL = 300.0  # seconds: a certificate changes seldom, and the web check sees it too
HTTPS_PORT = 443


def service_from_urls(service_url: str, redis: bool, run_token: bool = False) -> list[Service]:
    """The one service that `SERVICE_URL` and `REDIS_URL` describe, or none."""
    checks: list[Check] = []
    url = urlsplit(service_url)
    if url.hostname:
        checks.append(Check(name=WEB, title="Web", url=service_url))
    if url.hostname and url.scheme == "https":
        target = f"tls://{host_of(url)}:{url.port or HTTPS_PORT}"
        checks.append(
            Check(name=TLS, title="Certificate", type="tls", url=target, interval=TLS_INTERVAL)
        )
    if redis:
        checks.append(Check(name=CACHE, title="Cache", type="redis", url_env=REDIS_VARIABLE))
    if not checks:
        return []
    host = url.hostname or CACHE
    return [
        Service(
            name=name_from(host),
            title=host,
            url=service_url,
            checks=tuple(checks),
            run_token_env=RUN_TOKEN_VARIABLE if run_token else "",
        )
    ]


def read_services(
    content: object, environment: Mapping[str, str]
) -> tuple[list[Service], list[str]]:
    """Read the list of `[[services]]` tables; `environment` has the variables that checks name."""
    if not isinstance(content, list):
        return [], ["services: must be a list of tables; write [[services]] with two brackets"]
    services: list[Service] = []
    problems: list[str] = []
    tables = cast("list[object]", content)
    for index, table in enumerate(tables):
        path = f"services[{index}]"
        if not isinstance(table, Mapping):
            problems.append(f"{path}: must be a table")
            continue
        fields, more = _with_unix_times(dict(cast("Mapping[str, Any]", table)), path)
        if "sample" in fields:
            more.append(f"{path}.sample: is the console's own and cannot be set")
        try:
            service = Service.model_validate(fields)
        except ValidationError as error:
            # a time that could not be read is told already, in words of its own
            told = {line.partition(":")[0] for line in more}
            more += [m for m in describe(error, path) if m.partition(":")[0] not in told]
            checks, names = _readable_checks(fields.get("checks"))
            more += [f"{path}{p}" for p in check_problems(checks, names, environment)]
            more += [f"{path}{p}" for p in _readable_maintenance(fields.get("maintenance"), names)]
        else:
            more += [f"{path}{problem}" for problem in service_problems(service, environment)]
            services.append(service)
        problems += more
    return services, with_names(problems, tables)


def named_variables(services: Iterable[Service]) -> set[str]:
    """The variables of checks (URL, token) and those of runs, logs and platforms (token)."""
    listed = list(services)
    checks = [check for service in listed for check in service.checks]
    named = {name for check in checks for name in (check.url_env, check.bearer_env)}
    for one in listed:
        named |= {one.run_token_env, one.loki_token_env, one.platform_token_env}
        named.add(one.repository_token_env)
    return {name for name in named if name}


def _with_unix_times(table: dict[str, Any], path: str) -> tuple[dict[str, Any], list[str]]:
    """Maintenance windows with their date-times as Unix seconds."""
    windows: object = table.get("maintenance")
    if not isinstance(windows, list):
        return table, []
    problems: list[str] = []
    converted: list[object] = []
    for index, window in enumerate(cast("list[object]", windows)):
        if isinstance(window, Mapping):
            window = dict(cast("Mapping[str, Any]", window))
            for key in ("start", "end"):
                if key not in window:
                    continue
                try:
                    window[key] = _unix(window[key])
                except ValueError as error:
                    problems.append(f"{path}.maintenance[{index}].{key}: {error}")
        converted.append(window)
    return {**table, "maintenance": converted}, problems


def _unix(value: object) -> object:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("is not a date-time; write 2026-11-24T22:00:00+01:00") from None
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError("needs a zone; write 2026-11-24T22:00:00+01:00 or …Z")
    return value.timestamp()


def _readable_checks(tables: object) -> tuple[dict[int, Check], list[str]]:
    """The checks of a service that cannot be read, by index, and the names of all.

    Of a check that cannot be read itself, what relates it to others is kept: so its problems there
    are told at the same time as those in its fields.
    """
    checks: dict[int, Check] = {}
    names: list[str] = []
    for index, table in enumerate(cast("list[object]", tables) if isinstance(tables, list) else []):
        if isinstance(table, Mapping):
            given = cast("Mapping[str, Any]", table)
            names.append(str(given.get("name", "")))
            try:
                checks[index] = Check.model_validate(given)
            except ValidationError:
                checks[index] = _related(given)
    return checks, names


def _related(table: Mapping[str, Any]) -> Check:
    kept: dict[str, Any] = {
        field: table[field]
        for field in ("name", "url", "url_env", "bearer_env")
        if isinstance(table.get(field), str)
    }
    kept.setdefault("name", "")
    if table.get("type") in (*SCHEMES, "push"):
        kept["type"] = table["type"]
    parents: object = table.get("depends_on")
    if isinstance(parents, list):
        kept["depends_on"] = tuple(str(parent) for parent in cast("list[object]", parents))
    if kept.get("type") == "push":
        kept.pop("url", None)  # told already: a push check has none
    return Check.model_construct(**kept)


def _readable_maintenance(tables: object, names: Sequence[str]) -> list[str]:
    problems: list[str] = []
    for index, table in enumerate(cast("list[object]", tables) if isinstance(tables, list) else []):
        with suppress(ValidationError):
            planned = Maintenance.model_validate(table)
            problems += [f".maintenance[{index}]{p}" for p in maintenance_problems(planned, names)]
    return problems
