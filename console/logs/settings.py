"""Where the log of a service is, by the console's configuration. Pure."""

from console.config import Config
from console.health.check import Service

SELECTOR = '{service_name="{service}"}'  # Loki 3 gives every stream this label
"""The LogQL selector where none is set; `{service}` stands for the service's name."""


def selector_of(config: Config, service: Service) -> str:
    """The LogQL selector of a service's lines."""
    wanted = service.loki_query or config.settings.loki_query or SELECTOR
    return wanted.replace("{service}", service.name)


def loki_url_of(config: Config, service: Service) -> str:
    """The address of the service's Loki; empty where there is none."""
    return service.loki_url or config.settings.loki_url


def loki_token_of(config: Config, service: Service) -> str:
    """The bearer token of that address, and of no other."""
    if service.loki_url:
        return config.secrets.get(service.loki_token_env, "") if service.loki_token_env else ""
    token = config.settings.loki_token
    return token.get_secret_value() if token else ""


def loki_tenant_of(config: Config, service: Service) -> str:
    """The tenant there; empty for none."""
    return service.loki_tenant or ("" if service.loki_url else config.settings.loki_tenant)
