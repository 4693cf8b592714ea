"""The environment variables of the sample service, declared as users of the kit declare theirs."""

from opskit import KitSettings, optional, required, timeout
from pydantic import SecretStr


class RelaySettings(KitSettings):
    """Every environment variable of the relay, beside the kit's."""

    accounting_url: str = required("Address of the accounting API")
    accounting_client_id: str = required("Who the relay is for the accounting API")
    accounting_client_secret: SecretStr = required("Its secret there", min_length=16)
    accounting_refresh_token: SecretStr = required("The first refresh token")
    rate_limit_per_minute: int = optional(60, "Calls of the accounting API, all instances", ge=1)
    cache_fresh_seconds: float = optional(300.0, "For so long a copy is given unasked", gt=0)
    workers: int = optional(1, "Items that one instance works on at once", ge=1)
    api_timeout_seconds: float = timeout(2.0, "One attempt of a call of the accounting API")
    api_connect_timeout_seconds: float = timeout(0.5, "Connecting to it")
    api_max_retries: int = timeout(1, "Further attempts after a server error", ge=0, le=10)
    retry_base_ms: float = timeout(100.0, "First wait before one, doubled each time", ge=0)
    retry_jitter_ms: float = timeout(100.0, "Random part of each wait, at most", ge=0)
    item_timeout_seconds: float = timeout(60.0, "One item, with waiting for the rate limit")
    graceful_shutdown_seconds: float = timeout(2.0, "What is in flight may end, after SIGTERM")
    platform_kill_delay_seconds: float = timeout(10.0, "From SIGTERM to SIGKILL: the platform's")
