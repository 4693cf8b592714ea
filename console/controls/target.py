"""Where a service takes runs of its items, as its settings say. Pure."""

from dataclasses import dataclass

from console.config import Config
from console.health.check import Service


@dataclass(frozen=True, slots=True)
class Target:
    """Where a service takes runs."""

    url: str
    token: str
    method: str = "POST"
    body: str = ""  # template of a service without the contract's endpoint; {item} and {mode}

    @property
    def generic(self) -> bool:
        """Whether the service has an endpoint of its own."""
        return bool(self.body)


def target_of(config: Config, service: Service) -> Target | None:
    """Where a service takes runs; None where nothing says so."""
    token = config.secrets.get(service.run_token_env, "") if service.run_token_env else ""
    url = service.run_url or service.url
    if not url or not (token or service.run_body):
        return None
    return Target(url, token, service.run_method, service.run_body)
