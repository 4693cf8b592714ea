"""Reads from the store what the Alerts page shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from console.alerts.model import Acknowledgement
from console.alerts.outbox import Delivery
from console.alerts.record import Record
from console.alerts.setup import NAME, Setup
from console.store.alerts import AlertRecords
from console.store.read import Store

_SETUP = TypeAdapter(Setup)


@dataclass(frozen=True, slots=True)
class Found:
    """Everything about the alerts of one service."""

    records: Mapping[str, Record]
    deliveries: tuple[Delivery, ...]  # of this service and of digests, newest first
    requests: Mapping[str, Acknowledgement]  # that the collector has not noted yet
    setup: Setup | None  # None: no collector has told


def load(records: AlertRecords, store: Store, service: str) -> Found:
    """Raises StoreError."""
    book, outbox, requests = records.read(service)
    mine = [one for one in outbox.values() if one.service in ("", service)]
    mine.sort(key=lambda one: (one.at, one.id), reverse=True)
    return Found(book, tuple(mine), requests, setup(store, service))


def setup(store: Store, service: str) -> Setup | None:
    """How delivery is set up, as the collector found it. Raises StoreError."""
    document = store.found(service, NAME)
    if document is None:
        return None
    try:
        return _SETUP.validate_json(document)
    except ValidationError:
        return None  # another version wrote it; it is written anew every minute
