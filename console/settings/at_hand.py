"""Values of a service's variables that the console holds itself, because it uses them.

They can be tried without a file. They are the console's own copies: that a running instance has the
same is not known, and is not said.
"""

from console.config import Config
from console.health.check import Service
from console.service_redis import url_of
from console.settings.model import Given, Spec
from console.settings.trials import SERVICE_URL, way_of

SOURCE = "the console's own copies"


def at_hand(config: Config, service: Service, spec: Spec) -> Given:
    """The service's Redis, its run token, and where it answers."""
    held = {"redis": url_of(config, service)}
    if service.run_token_env:
        held["run"] = config.secrets.get(service.run_token_env, "")
    values: dict[str, str] = {}
    for way, value in held.items():
        names = [one.name for one in spec.variables.values() if way_of(one) == way]
        if value and len(names) == 1:  # of two it is not known which one it is
            values[names[0]] = value
    if values:
        values[SERVICE_URL] = service.run_url or service.url
    return Given(SOURCE, values, whole=False)
