"""What is wrong with services beyond the form of their fields: what does not fit together, what is
named and not there. Each problem is one line, beginning with the path below the service.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from console.health.check import Check, Maintenance, Service
from console.health.maintenance import country_problem
from console.platforms.github.naming import repository_problems
from console.platforms.naming import naming_problems, needs_token
from console.problems import closest
from console.urls import url_problem


def service_problems(service: Service, environment: Mapping[str, str]) -> list[str]:
    """What does not fit together in one service. Each begins with the path below the service."""
    names = [check.name for check in service.checks]
    problems = [] if names else [".checks: at least one check is needed"]
    problems += check_problems(dict(enumerate(service.checks)), names, environment)
    for index, planned in enumerate(service.maintenance):
        problems += [f".maintenance[{index}]{p}" for p in maintenance_problems(planned, names)]
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


def check_problems(
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
        problems += [f"{path}.{problem}" for problem in _variable_problems(check, environment)]
        problems += [
            f"{path}.depends_on: there is no check {parent}{closest(parent, names)}"
            for parent in check.depends_on
            if parent not in names
        ]
    circle = _circle({check.name: check.depends_on for check in checks.values()})
    if circle:
        problems.append(f".checks: depends_on goes in a circle: {' -> '.join(circle)}")
    return problems


def _variable_problems(check: Check, environment: Mapping[str, str]) -> list[str]:
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


def maintenance_problems(planned: Maintenance, names: Sequence[str]) -> list[str]:
    """What is wrong with one planned window; `names` are those of all checks."""
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
