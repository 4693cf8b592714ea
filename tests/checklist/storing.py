"""Puts into a real store what the collector would have written of a service that is well."""

import time
from dataclasses import replace
from typing import Any

from pydantic import SecretStr, TypeAdapter

from console.cache.model import Snapshot as CacheSnapshot
from console.config import Config, Settings
from console.controls.runs import Run
from console.health.check import Check, Service
from console.instances.heartbeat import Beat
from console.instances.model import Heard
from console.instances.model import Snapshot as InstancesSnapshot
from console.settings.load import ADAPTER
from console.settings.reports import Deployment
from console.store import keys
from console.store.controls import RUNS
from console.store.documents import Document, packed
from tests.checklist.evident import (
    CACHE,
    COMMIT,
    DAY,
    LOGS,
    QUOTA,
    REPORT,
    RUN,
    SETTINGS,
    TOKEN,
)
from tests.controls.making import PRINT
from tests.valkey_process import ValkeyProcess

TOKEN_OF_API = "a-token-of-the-tests"
RELAY = Service(
    name="relay",
    title="Relay",
    url="https://relay.test",
    run_token_env="RUN_TOKEN",
    checks=(
        Check(name="api", title="API", url="https://relay.test/health"),
        Check(name="cache", type="redis", url="redis://cache.test"),
    ),
)


def config(url: str, *services: Service, **more: Any) -> Config:
    """A console of these services."""
    settings = Settings(api_token=SecretStr(TOKEN_OF_API))
    secrets = {"RUN_TOKEN": "x" * 32}
    return Config(settings, services or (RELAY,), secrets=secrets, **more).with_store(url)


def beats(now: float) -> tuple[Heard, ...]:
    told = {"started_at": now - 900, "interval": 2.0, "mode": "live", "epoch": 3}
    return tuple(
        Heard(name, now, Beat(name, at=now, commit=COMMIT, settings=PRINT, **told))
        for name in ("a", "b")
    )


def store_good(valkey: ValkeyProcess, now: float | None = None, service: str = "relay") -> float:
    """Everything but response times, as of `now`; they need weeks."""
    now = time.time() if now is None else now
    found = {
        "instances": TypeAdapter(InstancesSnapshot).dump_json(
            InstancesSnapshot(now, now, heard=beats(now), mode="live", epoch=3)
        ),
        "settings": ADAPTER.dump_json(
            replace(SETTINGS, at=now, deployments=(Deployment(COMMIT, REPORT, now - 700, now),))
        ),
        "cache": TypeAdapter(CacheSnapshot).dump_json(
            replace(
                CACHE,
                at=now,
                quotas=(replace(QUOTA, at=now, reset_at=now + 60),),
                tokens=(replace(TOKEN, refresh_expires_at=now + 90 * DAY),),
            )
        ),
        "logs": TypeAdapter(type(LOGS)).dump_json(
            replace(LOGS, at=now, since=now - 900, last=now - 3)
        ),
    }
    run = replace(RUN, at=now - 600)
    with valkey.client() as client:
        for name, document in found.items():
            client.hset(keys.found(service), name, packed(document))
        client.hset(keys.control(service, RUNS), run.id, Document(Run).encode(run))
    return now
