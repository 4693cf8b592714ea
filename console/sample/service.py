"""The sample service as the console watches it: where its parts listen, and its checks."""

from dataclasses import dataclass
from typing import Any

from console.health.check import Check, Service
from console.sample.serving import HOST

SERVICE = "invoice-relay"
EXPORT = "nightly-export"
CACHE_VARIABLE = "SAMPLE_CACHE_URL"  # the cache's URL holds a password, so the check names this
RUN_TOKEN_VARIABLE = "SAMPLE_RUN_TOKEN"
INTERVAL = 5.0  # seconds: a demonstration should not have to wait long
EXPORT_INTERVAL = 60.0  # seconds within which the job must report
TIMEOUT = 3.0  # seconds
SLOW_AFTER = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts listen, chosen when they are started."""

    relay: int  # all instances of it
    accounting: int
    cache: str

    @property
    def relay_url(self) -> str:
        """The base URL of the service."""
        return f"http://{HOST}:{self.relay}"

    @property
    def accounting_url(self) -> str:
        """The base URL of the accounting API."""
        return f"http://{HOST}:{self.accounting}"


def service(at: Addresses) -> Service:
    """The sample service and its checks."""

    def check(name: str, title: str, url: str = "", **more: Any) -> Check:
        common = {"interval": INTERVAL, "timeout": TIMEOUT, "slow_after": SLOW_AFTER}
        return Check.model_validate({"name": name, "title": title, "url": url, **common, **more})

    return Service(
        name=SERVICE,
        title="Invoice relay (sample)",
        url=at.relay_url,
        sample=True,
        settings_spec="sample",
        run_token_env=RUN_TOKEN_VARIABLE,
        checks=(
            check(
                "relay",
                "Relay health",
                f"{at.relay_url}/health",
                conditions=("[STATUS] == 200", "[BODY].status == any(pass, warn)"),
                depends_on=("accounting",),
            ),
            check(
                "invoices",
                "Invoice page",
                f"{at.relay_url}/items?page=1",
                conditions=("[STATUS] == 200", "len([BODY].items) > 0"),
                warn_conditions=("[RESPONSE_TIME] < 400",),
                depends_on=("relay", "cache"),
            ),
            check(
                "accounting",
                "Accounting API",
                f"{at.accounting_url}/status",
                conditions=("[STATUS] == 200", "[BODY].status == ok"),
                depends_on=("accounting-port",),
            ),
            check("cache", "Cache", type="redis", url_env=CACHE_VARIABLE),
            check(
                "accounting-port", "Accounting port", f"tcp://{HOST}:{at.accounting}", type="tcp"
            ),
            check(
                EXPORT,
                "Nightly export",
                type="push",
                interval=EXPORT_INTERVAL,
                depends_on=("relay", "cache"),
            ),
        ),
    )
