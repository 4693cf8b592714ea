"""How a service names its platform, beyond what every platform needs. Pure; no request is made."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from console.health.check import Service
from console.platforms.kubernetes.access import inside
from console.urls import url_problem

LOOPBACK = ("localhost", "127.0.0.1", "::1")
# What `platform_service` consists of, and what its parts look like.
_PARTS = {
    "railway": (
        "project/environment/service: the three ids in the service's address at railway.com",
        re.compile(r"[\w-]{1,80}(/[\w-]{1,80}){2}"),
    ),
    "cloud_run": (
        "project/region/service, as in shop-prod/europe-west1/checkout",
        re.compile(r"[a-z0-9:.-]{1,80}/[a-z0-9-]{1,40}/[a-z0-9-]{1,63}"),
    ),
    "fly": ("the name of the app, as in APP.fly.dev", re.compile(r"[a-z0-9-]{1,63}")),
    "kubernetes": (
        "namespace/deployment: the names that kubectl knows",
        re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"),
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
    if service.platform_ca_file and not Path(service.platform_ca_file).is_file():
        problems.append("platform_ca_file: there is no such file here")
    if service.platform == "kubernetes":
        problems += _outside_problems(service, environment)
    if service.platform_url and (wrong := _url_problem(service.platform_url)):
        problems.append(f"platform_url: {wrong}")
    token = environment.get(service.platform_token_env, "").strip()
    key = service.platform == "cloud_run" and token.startswith("{")  # of a service account
    if service.platform == "fly":
        token = token.removeprefix("FlyV1 ")
    if token and not key and not _TOKEN.fullmatch(token):
        name = service.platform_token_env
        problems.append(f"platform_token_env: {name} holds characters that no token has")
    return problems


def needs_token(service: Service) -> bool:
    """Whether a variable has to hold a token; a pod in the cluster has one of its own."""
    return service.platform not in ("", "local") and not _inside(service)


def _inside(service: Service) -> bool:
    return service.platform == "kubernetes" and not service.platform_url


def _outside_problems(service: Service, environment: Mapping[str, str]) -> list[str]:
    if not _inside(service) or inside(environment):
        return []
    return [
        "platform_url: must be the address of the API server, with platform_token_env; only a "
        "console that runs in the cluster finds both by itself"
    ]


def _url_problem(url: str) -> str:
    if wrong := url_problem(url, "http"):
        return wrong
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        return "must begin with https://, or everybody on the way could read the token"
    return ""
