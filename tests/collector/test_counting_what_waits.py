"""What Scaling needs of the ledger is counted whenever the ledger was read."""

from datetime import UTC

from console.collector.recorder import Recorder
from console.health.check import Check, Service
from console.instances.collect import InstancesCollector
from console.instances.history import code_of_count
from console.instances.scaling.measured import WAITING
from console.month_end.snapshot import Snapshot

NOW = 1_800_000_000.0


class Counted(Recorder):
    """Remembers what is counted."""

    def __init__(self) -> None:
        check = Check(name="api", url="http://127.0.0.1:9")
        super().__init__([Service(name="relay", checks=(check,))], UTC)
        self.counted: list[tuple[object, int]] = []

    def count(self, service, series, at, code, count=1) -> None:
        self.counted.append((series, code))


def test_items_that_wait_are_counted_by_the_ledger_that_was_read():
    recorder, instances = Counted(), InstancesCollector()
    instances.take_waiting("relay", Snapshot(NOW, name="2026-11", waiting=121), recorder, NOW)
    assert recorder.counted == [(WAITING, code_of_count(121))]


def test_a_ledger_that_is_not_there_or_cannot_be_read_counts_nothing():
    recorder, instances = Counted(), InstancesCollector()
    for unknown in (Snapshot(NOW), Snapshot(NOW, problem="away", name="2026-11")):
        instances.take_waiting("relay", unknown, recorder, NOW)
    assert recorder.counted == []
