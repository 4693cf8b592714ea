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
from console.health.maintenance import country_problem
from console.platforms.github.naming import repository_problems
from console.platforms.naming import naming_problems, needs_token
from console.problems import closest, describe, with_names
from console.urls import SCHEMES, host_of, name_from, url_problem

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
            more += [f"{path}{p}" for p in _relations(checks, names, environment)]
            more += [f"{path}{p}" for p in _readable_maintenance(fields.get("maintenance"), names)]
        else:
            more += [f"{path}{problem}" for problem in service_problems(service, environment)]
            services.append(service)
        problems += more
    return services, with_names(problems, tables)


def service_problems(service: Service, environment: Mapping[str, str]) -> list[str]:
    """What does not fit together in one service. Each begins with the path below the service."""
    names = [check.name for check in service.checks]
    problems = [] if names else [".checks: at least one check is needed"]
    problems += _relations(dict(enumerate(service.checks)), names, environment)
    for index, planned in enumerate(service.maintenance):
        problems += [f".maintenance[{index}]{p}" for p in _maintenance_problems(planned, names)]
    wrong = url_problem(service.loki_url, "http") if service.loki_url else ""
    if wrong:
        problems.append(f".loki_url: {wrong}")
    problems += _platform_problems(service, environment)
    return problems + _sleep_problems(service)


def clashes(services: Sequence[Service]) -> list[str]:
    """Names that several services share."""
    names = [service.name for service in services]
    shared = sorted({name for name in names if names.count(name) > 1})
    return [f"services: {names.count(name)} services are named {name}" for name in shared]


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
            problems += [f".maintenance[{index}]{p}" for p in _maintenance_problems(planned, names)]
    return problems


def _relations(
    checks: Mapping[int, Check], names: Sequence[str], environment: Mapping[str, str]
) -> list[str]:
    """What is wrong with checks beyond the form of their fields; `names` are those of all."""
    problems: list[str] = []
    seen: set[str] = set()
    for index, check in checks.items():
        path = f".checks[{index}]"
        if check.name and check.name in seen:
            problems.append(f"{path}.name: a check named {check.name} is there already")
        seen.add(check.name)
        problems += [f"{path}.{problem}" for problem in _check_problems(check, environment)]
        problems += [
            f"{path}.depends_on: there is no check {parent}{closest(parent, names)}"
            for parent in check.depends_on
            if parent not in names
        ]
    circle = _circle({check.name: check.depends_on for check in checks.values()})
    if circle:
        problems.append(f".checks: depends_on goes in a circle: {' -> '.join(circle)}")
    return problems


def _check_problems(check: Check, environment: Mapping[str, str]) -> list[str]:
    problems: list[str] = []
    if check.url and (problem := url_problem(check.url, check.type)):
        problems.append(f"url: {problem}")
    elif check.url and urlsplit(check.url).password:
        problems.append("url: has a login in it; name a variable that holds it in url_env")
    for key, variable in (("url_env", check.url_env), ("bearer_env", check.bearer_env)):
        if variable and variable not in environment:
            problems.append(f"{key}: the variable {variable} is not set")
    value = environment.get(check.url_env)
    if value and (problem := url_problem(value, check.type, hidden=True)):
        problems.append(f"url_env: {check.url_env} {problem}")
    return problems


def _circle(parents: Mapping[str, Sequence[str]]) -> list[str]:
    """One circle of dependencies, its first name repeated at the end, or nothing."""
    cleared: set[str] = set()

    def follow(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name not in cleared:
            for parent in parents.get(name, ()):
                if found := follow(parent, [*trail, name]):
                    return found
            cleared.add(name)
        return []

    for name in parents:
        if found := follow(name, []):
            return found
    return []


def _maintenance_problems(planned: Maintenance, names: Sequence[str]) -> list[str]:
    problems = [
        f".checks: there is no check {name}{closest(name, names)}"
        for name in planned.checks
        if name not in names
    ]
    if planned.country and (problem := country_problem(planned.country)):
        problems.append(f".country: {problem}")
    ends = planned.start < planned.end or (planned.every and not planned.end)
    return problems if ends else [*problems, ".end: must be after start"]


def _platform_problems(service: Service, environment: Mapping[str, str]) -> list[str]:
    problems = [f".{problem}" for problem in repository_problems(service, environment)]
    if not service.platform:
        return problems
    if not service.platform_service and service.platform not in ("github", "hook"):
        what = "the directory" if service.platform == "local" else "the id of the service there"
        problems.append(f".platform_service: must say {what}")
    variable = service.platform_token_env
    if needs_token(service) and not variable:
        what = "the secret of the hook" if service.platform == "hook" else "the API's token"
        problems.append(f".platform_token_env: must name the variable that holds {what}")
    elif variable and variable not in environment:
        problems.append(f".platform_token_env: the variable {variable} is not set")
    return problems + [f".{problem}" for problem in naming_problems(service, environment)]


def _sleep_problems(service: Service) -> list[str]:
    if service.sleep_after <= 0:
        return []
    problems: list[str] = []
    if service.wake_interval <= service.sleep_after:
        problems.append(
            ".wake_interval: must be longer than sleep_after, or the probes keep the service awake"
        )
    if service.cold_start_timeout <= 0:
        problems.append(".cold_start_timeout: must be more than 0")
    return problems
