"""The collector's part of Instances: how many run, what is in flight and waits, how they start.

Nothing here stops the collector: what cannot be read is left out.
"""

from collections.abc import Mapping

from pydantic import TypeAdapter, ValidationError

from console.collector.recorder import Recorder
from console.instances.history import COUNT, code_of_count
from console.instances.model import Snapshot, summarise
from console.instances.scaling.load import STARTS, decode_starts, encode_starts
from console.instances.scaling.measured import IN_FLIGHT, WAITING
from console.instances.scaling.starts import Starts, look
from console.month_end.load import NAME as CLOSING
from console.month_end.model import Snapshot as Closing
from console.store.documents import DocumentError, packed, unpacked

_CLOSING = TypeAdapter(Closing)


class InstancesCollector:
    """What is kept of the instances of every service beside the last snapshot."""

    def __init__(self) -> None:
        self._starts: dict[str, Starts] = {}

    def remember(self, service: str, documents: Mapping[bytes, bytes]) -> None:
        """Go on with the starts that the store remembers."""
        stored = documents.get(STARTS.encode())
        if stored is None:
            return
        try:
            self._starts[service] = Starts(decode_starts(unpacked(stored)).seen)
        except DocumentError:
            return  # they are measured anew

    def take(self, service: str, found: Snapshot, recorder: Recorder, now: float) -> None:
        """Count what was read of the instances."""
        if not found.problem and found.heard:
            summary = summarise(found, now)
            recorder.count(service, COUNT, now, code_of_count(summary.alive))
            recorder.count(service, IN_FLIGHT, now, code_of_count(summary.in_flight))
        waiting = _waiting(recorder.pending(service, CLOSING))
        if waiting is not None:
            recorder.count(service, WAITING, now, code_of_count(waiting))
        before = self._starts.get(service, Starts())
        after = self._starts[service] = look(before, found)
        if after.seen != before.seen:
            recorder.find(service, STARTS, packed(encode_starts(Starts(after.seen))))


def _waiting(document: bytes | None) -> int | None:
    """How many items of the closing wait, by the ledger that was read last and is not written yet;
    None where nothing new was read."""
    if document is None:
        return None
    try:
        closing = _CLOSING.validate_json(unpacked(document))
    except (ValidationError, DocumentError):
        return None
    return closing.waiting if closing.name and not closing.problem else None
