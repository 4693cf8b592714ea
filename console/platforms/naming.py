"""How a service names its platform, beyond what every platform needs. Pure; no request is made."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from console.health.check import Service
from console.urls import url_problem

LOOPBACK = ("localhost", "127.0.0.1", "::1")
# What `platform_service` consists of, and what its parts look like.
_PARTS = {
    "railway": (
        "project/environment/service: the three ids in the service's address at railway.com",
        re.compile(r"[\w-]{1,80}(/[\w-]{1,80}){2}"),
    ),
}
_TOKEN = re.compile(r"[\x21-\x7e]+")


def naming_problems(service: Service, environment: Mapping[str, str]) -> list[str]:
    """What is wrong. Each begins with the field; no value of a secret is in it."""
    problems: list[str] = []
    what, form = _PARTS.get(service.platform, ("", None))
    if (
        form is not None
        and service.platform_service
        and not form.fullmatch(service.platform_service)
    ):
        problems.append(f"platform_service: must be {what}")
    if service.platform_url and (wrong := _url_problem(service.platform_url)):
        problems.append(f"platform_url: {wrong}")
    token = environment.get(service.platform_token_env, "").strip()
    if token and not _TOKEN.fullmatch(token):
        name = service.platform_token_env
        problems.append(f"platform_token_env: {name} holds characters that no token has")
    return problems


def _url_problem(url: str) -> str:
    if wrong := url_problem(url, "http"):
        return wrong
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        return "must begin with https://, or everybody on the way could read the token"
    return ""
