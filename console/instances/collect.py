"""The collector's part of Instances: how many run, what is in flight and waits, how they start.

Nothing here stops the collector: what cannot be read is left out.
"""

from collections.abc import Mapping

from console.collector.recorder import Recorder
from console.instances.history import COUNT, code_of_count
from console.instances.model import Snapshot
from console.instances.scaling.load import STARTS, decode_starts, encode_starts
from console.instances.scaling.measured import IN_FLIGHT, WAITING
from console.instances.scaling.starts import Starts, look
from console.instances.verdict import summarise
from console.month_end.snapshot import Snapshot as Closing
from console.store.documents import DocumentError, packed, unpacked


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
        before = self._starts.get(service, Starts())
        after = self._starts[service] = look(before, found)
        if after.seen != before.seen:
            recorder.find(service, STARTS, packed(encode_starts(Starts(after.seen))))

    def take_waiting(self, service: str, closing: Closing, recorder: Recorder, now: float) -> None:
        """Count how many items of the closing wait, by the ledger that was just read."""
        if closing.name and not closing.problem:
            recorder.count(service, WAITING, now, code_of_count(closing.waiting))
