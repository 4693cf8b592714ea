"""The collector's part of Month-end: reads the ledgers, counts what arrives, hands over documents.

Nothing here stops the collector: what cannot be read is a sentence in a document.
"""

import logging
from collections.abc import Mapping
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from console.collector.recorder import Recorder
from console.month_end.gather import read_closing, read_past
from console.month_end.history import ARRIVED, counted
from console.month_end.load import NAME, OUTSIDE, PAST
from console.month_end.outside import read_outside
from console.month_end.snapshot import Outside, Snapshot
from console.service_redis import ServiceRedis
from console.store.documents import DocumentError, packed, unpacked
from console.variables import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")
PAST_SECONDS = 3600.0  # between two looks at the closings before; each is read once, in the main
_SNAPSHOT = TypeAdapter(Snapshot)
_PAST = TypeAdapter(tuple[Snapshot, ...])
_OUTSIDE = TypeAdapter(Outside)


class ClosingReader:
    """The ledgers of one service."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._last: Snapshot | None = None  # the last that could be read
        self._past: tuple[Snapshot, ...] = ()
        self._past_at = 0.0

    def remember(self, documents: Mapping[bytes, bytes]) -> None:
        """Go on with what the store remembers, where nothing was read since: another collector may
        have counted meanwhile."""
        last, at = _found(_SNAPSHOT, documents.get(NAME.encode())), 0.0
        if self._last is not None:
            at = self._last.at
        if last is not None and not last.problem and last.at > at:
            self._last = last
        known = {one.name for one in self._past}
        stored = _found(_PAST, documents.get(PAST.encode())) or ()
        self._past = (*(one for one in stored if one.name not in known), *self._past)

    async def read(
        self, redis: ServiceRedis, now: float, settings: Settings, recorder: Recorder
    ) -> Snapshot:
        """Read once, and hand over what was found; the newest closing."""
        rules, zone, name = settings.closing, settings.zone, self._service
        found = await read_closing(redis, name, now, rules=rules, zone=zone, before=self._last)
        recorder.find(name, NAME, packed(_SNAPSHOT.dump_json(found)))
        recorder.find(
            name, OUTSIDE, packed(_OUTSIDE.dump_json(await read_outside(redis, name, now)))
        )
        if recorder.attached:  # else what is counted would be lost, and never counted again
            for code, count in counted(self._last, found):
                recorder.count(name, ARRIVED, now, code, count)
            if not found.problem:
                self._last = found
        if recorder.attached and now - self._past_at >= PAST_SECONDS:
            self._past_at = now
            self._past = await read_past(redis, name, now, rules, zone, self._past)
            recorder.find(name, PAST, packed(_PAST.dump_json(self._past)))
        return found


def _found(adapter: TypeAdapter[T], stored: bytes | None) -> T | None:
    """A document that an earlier process wrote; None where it cannot be read."""
    if stored is None:
        return None
    try:
        return adapter.validate_json(unpacked(stored))
    except (ValidationError, DocumentError):
        log.warning("What was remembered of closings cannot be read; another version wrote it.")
        return None
