"""The sample world: starts its parts on free ports, breaks and mends them."""

import secrets
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from console.processes import Child, module, private_directory
from console.sample import faults, traffic
from console.sample.accounting import RATE_LIMIT
from console.sample.service import EXPORT, SERVICE, Addresses
from console.sample.serving import HOST, reserve
from console.settings.drift import PlatformNames
from console.settings.rollout import RollOut
from console.store.embedded import STORE_OPTIONS, EmbeddedServer
from console.waiting import wait_until

TRAFFIC_FILE = Path("sample") / "traffic.json"  # below the data directory
BOOKS_FILE = Path("sample") / "accounting.db"
COMMIT = "sample"  # what its instances say they run
FAULTS_FILE = Path("sample") / "faults.json"  # below the data directory
INSTANCES, MOST_INSTANCES = 2, 8  # of the relay, at the start and at most
LISTENS_WITHIN = 3.0  # seconds that one connection may take
ACCOUNTING_WITHIN = 10.0  # seconds that its callers are held back for the accounting API to listen
GRACE = 6.0  # seconds; an instance first answers what it has, then drains

# Bounded, as a service's cache should be; but the kit keeps mode, tokens and ledger there too: only
# what has a TTL is evicted, and everything is kept on disk.
CACHE_OPTIONS: Mapping[str, str] = {
    **STORE_OPTIONS,
    "maxmemory": "128mb",
    "maxmemory-policy": "volatile-lru",
    "latency-tracking": "yes",
}


@dataclass(frozen=True, slots=True)
class _Relay:
    """One instance, and what is wrong with the settings that it was started with."""

    child: Child
    wrong: Mapping[str, str]


class World:
    """The running sample world of one console. `instances`: how many relays it starts with;
    `rate_limit`: calls a minute that its accounting API allows, for benchmarks in a hurry."""

    def __init__(
        self,
        data_dir: Path,
        store_url: str,
        instances: int = INSTANCES,
        rate_limit: int = RATE_LIMIT,
    ) -> None:
        self._rate_limit = rate_limit
        self._data_dir = data_dir
        self._store_url = store_url
        private_directory(data_dir / "sample")
        self.faults, self.traffic = data_dir / FAULTS_FILE, data_dir / TRAFFIC_FILE
        self._relay: dict[str, Any] = {}
        self._cache = EmbeddedServer(data_dir / "sample" / "cache", CACHE_OPTIONS, tcp=True)
        self._children: list[Child] = []
        self._relays: list[_Relay] = []
        self._wanted = instances
        self._scaling = threading.Lock()
        self._rolled_at: float | None = None  # when an instance was last started anew
        self._ports: tuple[socket.socket, ...] = ()
        self.run_token = secrets.token_urlsafe(32)
        self.addresses: Addresses | None = None

    def start(self) -> Addresses:
        """Start every part. Raises StoreRefused where the cache's server cannot run."""
        faults.write(self.faults, {})
        traffic.choose(self.traffic, "", 0.0)
        self._ports = reserve(), reserve()
        relay, accounting = (one.getsockname()[1] for one in self._ports)
        at = self.addresses = Addresses(relay, accounting, self._cache.start())
        keys = {"client_id": SERVICE, "client_secret": secrets.token_urlsafe(16)}
        refresh_token = secrets.token_urlsafe(16)  # as if a person had just signed in
        self._relay = {
            "port": at.relay,
            "faults": str(self.faults),
            "environment": self._environment(at, keys, refresh_token),
        }
        books = str(self._data_dir / BOOKS_FILE)
        parts: dict[str, dict[str, Any]] = {
            "accounting": {
                **keys,
                "refresh_token": refresh_token,
                "books": books,
                "faults": str(self.faults),
                "port": at.accounting,
                "rate_limit": self._rate_limit,
            },
            "traffic": {"relay": at.relay_url, "shape": str(self.traffic)},
            "export": {
                "relay": at.relay_url,
                "store": self._store_url,
                "service": SERVICE,
                "check": EXPORT,
            },
        }
        for part, told in parts.items():
            self._children.append(self._begin(part, part, told))
            if part == "accounting":  # whoever calls it before it listens logs an error
                wait_until(lambda: _listens(at.accounting), ACCOUNTING_WITHIN)
        self.scale(self._wanted)
        return at

    @property
    def instances(self) -> int:
        """How many instances of the relay are wanted."""
        return self._wanted

    def variable_names(self, now: float) -> PlatformNames:
        """What this platform has for the relay: names, as a platform's interface would tell."""
        names: dict[str, float | None] = dict.fromkeys(self._relay["environment"])
        for part, variables in faults.UNDEPLOYED.items():
            if faults.broken(self.faults, part, now):
                names |= dict.fromkeys(variables)
        for place in range(self._wanted):
            names |= dict.fromkeys(self._wrong(place))
        return PlatformNames("the sample's platform", now, names)

    def roll_out(self) -> RollOut:
        """Whether this platform is giving instances other settings, and since when."""
        pending = any(
            one.wrong != self._wrong(place) for place, one in enumerate(list(self._relays))
        )
        since = self.faults.stat().st_mtime if self.faults.exists() else None
        return RollOut("the sample's platform", pending, since, self._rolled_at, self._wanted)

    def scale(self, instances: int) -> None:
        """Start or stop instances of the relay until so many run, within 1 to MOST_INSTANCES."""
        with self._scaling:
            self._wanted = min(MOST_INSTANCES, max(1, instances))
            while len(self._relays) < self._wanted:
                self._relays.append(self._deploy(len(self._relays)))
            while len(self._relays) > self._wanted:
                self._relays.pop().child.stop()

    def watch(self) -> None:
        """Stop the cache while it is to be broken, else keep it running; redeploy an instance."""
        self._roll_out()
        if faults.broken(self.faults, "cache", time.time()):
            self._cache.stop()
        elif self._cache.in_use:
            self._cache.ensure()
        else:
            self._cache.start()

    def stop(self) -> None:
        """Stop every part."""
        for child in reversed([*self._children, *(one.child for one in self._relays)]):
            child.stop()
        self._cache.stop()
        for port in self._ports:
            port.close()

    def _roll_out(self) -> None:
        """Start one instance again that runs with other settings than it should, if there is one.

        One at a look, so that the others go on answering, as a platform would.
        """
        with self._scaling:
            for place, relay in enumerate(self._relays):
                if relay.wrong != self._wrong(place):
                    relay.child.stop()
                    self._rolled_at = time.time()
                    self._relays[place] = self._deploy(place)
                    return

    def _deploy(self, place: int) -> _Relay:
        wrong = self._wrong(place)
        told = {**self._relay, "environment": {**self._relay["environment"], **wrong}}
        return _Relay(self._begin(f"relay-{place + 1}", "relay", told), wrong)

    def _wrong(self, place: int) -> dict[str, str]:
        newest = place == self._wanted - 1
        return faults.wrong_settings(self.faults, time.time(), newest=newest)

    def _begin(self, name: str, part: str, told: dict[str, Any]) -> Child:
        command = module(f"console.sample.{part}")
        child = Child(f"sample-{name}", command, self._data_dir, lambda: told, grace=GRACE)
        child.start()
        return child

    def _environment(
        self, at: Addresses, keys: Mapping[str, str], refresh_token: str
    ) -> dict[str, str]:
        """The environment variables of the relay; see console/sample/relay.py and the kit."""
        rate_limit = str(self._rate_limit)
        return {
            "OPS_SERVICE": SERVICE,
            "OPS_INSTANCE": "relay",
            "OPS_COMMIT": COMMIT,
            "REDIS_URL": at.cache,
            "DRY_RUN": "false",
            "RUN_TOKEN": self.run_token,
            "OPS_TOKEN_KEY": Fernet.generate_key().decode(),
            "OPS_FINGERPRINT_KEY": secrets.token_urlsafe(16),  # only with it settings compare
            "PLATFORM_KILL_DELAY_SECONDS": f"{GRACE:g}",  # the world is the relay's platform
            **({} if self._rate_limit == RATE_LIMIT else {"RATE_LIMIT_PER_MINUTE": rate_limit}),
            "ACCOUNTING_URL": at.accounting_url,
            "ACCOUNTING_CLIENT_ID": keys["client_id"],
            "ACCOUNTING_CLIENT_SECRET": keys["client_secret"],
            "ACCOUNTING_REFRESH_TOKEN": refresh_token,
        }


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=LISTENS_WITHIN).close()
    except OSError:
        return False
    return True
