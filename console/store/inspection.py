"""Whether a server can serve as the store: a store that forgets by itself is none."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from console.errors import StoreRefused
from console.store.client import address_of, is_billed_host

OLDEST = (6, 2)  # Redis 6.2; Valkey reports 7.2.4 for its own versions
EVICTING = ("allkeys-", "volatile-", "optimistic-")  # the last is Upstash's with eviction on


@dataclass(frozen=True, slots=True)
class Server:
    """What is known of the store's server."""

    product: str  # redis, valkey, upstash
    version: str  # empty where the server does not say
    policy: str  # what it does when full; empty where it does not say
    billed: bool  # each command costs money


def judge(url: str, info: Mapping[str, object]) -> Server:
    """Read the answer to INFO. Raises StoreRefused for a server that cannot be the store.

    What a server does not say is not held against it: managed ones say little.
    """
    server = f"The store at {address_of(url)} (CONSOLE_STORE_URL)"
    upstash = "upstash_version" in info
    policy = str(info.get("maxmemory_policy", ""))
    if policy.startswith(EVICTING):
        raise StoreRefused(
            f"{server} evicts keys when it is full (maxmemory-policy {policy}), so it would lose "
            "history without a word. Set maxmemory-policy noeviction (Upstash: turn eviction off) "
            "or use another server; the service's cache is not a store."
        )
    version = str(info.get("redis_version", ""))
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers and numbers < OLDEST:
        raise StoreRefused(f"{server} is Redis {version}; the console needs 6.2 or newer.")
    if str(info.get("role", "master")) == "slave":
        raise StoreRefused(f"{server} is a read-only replica; give the URL of the primary.")
    if str(info.get("cluster_enabled", 0)) == "1" and not upstash:
        raise StoreRefused(
            f"{server} runs in cluster mode, which the console does not use; give it a single "
            "server."
        )
    product = "upstash" if upstash else str(info.get("server_name", "redis"))
    version = str(info.get("upstash_version") or info.get("valkey_version") or version)
    return Server(product, version, policy, upstash or is_billed_host(url))
