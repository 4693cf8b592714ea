"""How a service names a repository at GitHub, and the secret of its deploy hook. Pure."""

import re
from collections.abc import Mapping

from console.health.check import Service
from console.platforms.hook.reported import SECRET_MINIMUM

_TOKEN = re.compile(r"[\x21-\x7e]*")
_REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}")


def repository_problems(service: Service, environment: Mapping[str, str]) -> list[str]:
    """What is wrong. Each begins with the field; no value of a secret is in it."""
    problems: list[str] = []
    repository, variable = service.repository, service.repository_token_env
    if repository and not _REPOSITORY.fullmatch(repository):
        problems.append("repository: must be owner/name, as in its address at github.com")
    if repository and service.platform != "hook" and not variable:
        problems.append("repository_token_env: must name the variable with a GitHub token")
    if variable and variable not in environment:
        problems.append(f"repository_token_env: the variable {variable} is not set")
    elif variable and not _TOKEN.fullmatch(environment[variable].strip()):
        problems.append(f"repository_token_env: {variable} holds characters that no token has")
    if service.platform == "github" and not _named(service.platform_service):
        what = "owner/name, or owner/name/environment where it deploys to several"
        problems.append(f"platform_service: must be {what}")
    secret = environment.get(service.platform_token_env, "").strip()
    if service.platform == "hook" and secret and len(secret) < SECRET_MINIMUM:
        name = service.platform_token_env
        problems.append(f"platform_token_env: {name} has fewer than {SECRET_MINIMUM} characters")
    return problems


def _named(text: str) -> bool:
    repository = "/".join(text.split("/", 2)[:2])
    return _REPOSITORY.fullmatch(repository) is not None
