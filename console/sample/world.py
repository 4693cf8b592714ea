"""The sample world: starts its parts on free ports, describes its checks, breaks and mends it."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.health.check import Check, Service
from console.processes import Child, module, private_directory
from console.sample import faults
from console.sample.serving import HOST
from console.store.embedded import EmbeddedServer, free_port

SERVICE = "invoice-relay"
EXPORT = "nightly-export"
CACHE_VARIABLE = "SAMPLE_CACHE_URL"  # the cache's URL holds a password, so the check names this
FAULTS_FILE = Path("sample") / "faults.json"  # below the data directory
INTERVAL = 5.0  # seconds: a demonstration should not have to wait long
EXPORT_INTERVAL = 60.0  # seconds within which the job must report
TIMEOUT = 3.0  # seconds
SLOW_AFTER = 0.5  # seconds
GRACE = 3.0  # seconds; these processes hold nothing that must be saved

# As a service's cache should be: bounded, evicting, without a disk.
CACHE_OPTIONS: Mapping[str, str] = {
    "appendonly": "no",
    "save": '""',
    "maxmemory": "64mb",
    "maxmemory-policy": "allkeys-lru",
    "latency-tracking": "yes",
}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts listen, chosen when they are started."""

    relay: int
    second: int  # another instance of the relay, beside the first
    accounting: int
    cache: str

    @property
    def relay_url(self) -> str:
        """The base URL of the service."""
        return f"http://{HOST}:{self.relay}"

    @property
    def second_url(self) -> str:
        """The base URL of its second instance."""
        return f"http://{HOST}:{self.second}"

    @property
    def accounting_url(self) -> str:
        """The base URL of the accounting API."""
        return f"http://{HOST}:{self.accounting}"


class World:
    """The running sample world of one console."""

    def __init__(self, data_dir: Path, store_url: str) -> None:
        self._data_dir = data_dir
        self._store_url = store_url
        private_directory(data_dir / "sample")
        self.faults = data_dir / FAULTS_FILE
        self._cache = EmbeddedServer(data_dir / "sample" / "cache", CACHE_OPTIONS, tcp=True)
        self._children: list[Child] = []
        self.addresses: Addresses | None = None

    def start(self) -> Addresses:
        """Start every part. Raises StoreRefused where the cache's server cannot run."""
        faults.write(self.faults, {})
        ports = (free_port(), free_port(), free_port())
        at = self.addresses = Addresses(*ports, self._cache.start())
        keys = {"client_id": "invoice-relay", "client_secret": secrets.token_urlsafe(16)}
        shared: dict[str, Any] = {**keys, "faults": str(self.faults)}
        fingerprint_key = secrets.token_urlsafe(16)  # only with it do their settings compare
        relay = {
            **shared,
            "fingerprint_key": fingerprint_key,
            "accounting": at.accounting_url,
            "cache": at.cache,
        }
        parts: dict[str, dict[str, Any]] = {
            "accounting": {**shared, "port": at.accounting},
            "relay": {**relay, "port": at.relay},
            "relay-2": {**relay, "port": at.second},
            "traffic": {"relays": [at.relay_url, at.second_url]},
            "export": {
                "relay": at.relay_url,
                "store": self._store_url,
                "service": SERVICE,
                "check": EXPORT,
            },
        }
        for part, told in parts.items():
            child = Child(
                f"sample-{part}",
                module(f"console.sample.{part.partition('-')[0]}"),
                self._data_dir,
                lambda told=told: told,
                grace=GRACE,
            )
            self._children.append(child)
            child.start()
        return at

    def watch(self) -> None:
        """Look after the cache: stop it while it is to be broken, else keep it running."""
        if faults.broken(self.faults, "cache", time.time()):
            self._cache.stop()
        elif self._cache.in_use:
            self._cache.ensure()
        else:
            self._cache.start()

    def stop(self) -> None:
        """Stop every part."""
        for child in reversed(self._children):
            child.stop()
        self._cache.stop()


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
                depends_on=("relay",),
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
                depends_on=("relay",),
            ),
        ),
    )
