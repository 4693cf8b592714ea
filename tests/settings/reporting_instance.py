"""A program on the kit with the settings of the invoicing service; ends when its input does."""

import asyncio
import sys

from opskit import Kit, KitSettings, load
from opskit.settings import optional, required
from pydantic import SecretStr


class Invoicing(KitSettings):
    run_token: SecretStr | None = required("Caller's secret", min_length=32)
    freee_client_id: str = required("Client ID")
    freee_client_secret: SecretStr = required("Client secret")
    freee_refresh_token: SecretStr = required("First refresh token")
    rate_limit_per_minute: int = optional(60, "Calls a minute")


async def main() -> None:
    kit = Kit(load(Invoicing), configure_logs=False)
    await kit.start()
    print("reporting", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await kit.stop()


asyncio.run(main())
