"""One flush: everything that became known since the last one, written as a whole or not at all.

Writing the same batch twice changes nothing, so a flush whose answer got lost is simply repeated:
cells are cumulative, documents replace their elders, events and incidents are members of a set,
and the sequence number of the last result inside travels with it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from console.activity.model import Event
from console.health.model import CheckState, Incident
from console.health.uptime import UptimeRecord
from console.store import keys
from console.store.documents import BEAT, EVENT, INCIDENT, STATE, UPTIME
from console.store.model import CollectorBeat
from console.store.open_period import OpenCell
from console.store.operations import Operations

SLICE = 50  # documents encoded between two turns of the event loop (about 2 ms)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one flush writes. The outer keys are names of services, the inner ones of checks."""

    fence: int
    at: float  # Unix seconds when it was put together
    cells: Sequence[OpenCell] = ()  # OpenPeriod.take()
    states: Mapping[str, Mapping[str, CheckState]] = field(
        default_factory=dict[str, Mapping[str, CheckState]]
    )
    uptimes: Mapping[str, Mapping[str, UptimeRecord]] = field(
        default_factory=dict[str, Mapping[str, UptimeRecord]]
    )
    events: Mapping[str, Sequence[Event]] = field(default_factory=dict[str, Sequence[Event]])
    incidents: Mapping[str, Sequence[Incident]] = field(
        default_factory=dict[str, Sequence[Incident]]
    )
    forgotten: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    beat: CollectorBeat | None = None
    # What gathers beside the checks found last: service -> name of the gather -> document.
    found: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict[str, Mapping[str, bytes]])
    # Portions of log lines: service -> number -> packed text, and those to let go of.
    lines: Mapping[str, Mapping[int, bytes]] = field(default_factory=dict[str, Mapping[int, bytes]])
    lines_gone: Mapping[str, Sequence[int]] = field(default_factory=dict[str, Sequence[int]])
    # How far traffic was taken over from a service's own Redis: mark -> minute.
    marks: Mapping[str, int] = field(default_factory=dict[str, int])
    # Spool id -> sequence number of the last result whose effect is in this batch.
    flushed: Mapping[str, int] = field(default_factory=dict[str, int])


async def documents_of(batch: Batch) -> Operations:
    """The documents of a batch, encoded in slices that let the event loop turn."""
    operations = Operations()
    for service, states in batch.states.items():
        encoded: list[str | bytes] = []
        for number, (check, state) in enumerate(states.items(), start=1):
            encoded += (check, STATE.encode(state))
            if number % SLICE == 0:
                await asyncio.sleep(0)
        operations.add_many("HSET", keys.states(service), encoded)
    for service, uptimes in batch.uptimes.items():
        encoded = []
        for number, (check, record) in enumerate(uptimes.items(), start=1):
            encoded += (check, UPTIME.encode(record))
            if number % SLICE == 0:
                await asyncio.sleep(0)
        operations.add_many("HSET", keys.uptime(service), encoded)
    return operations


def facts_of(batch: Batch, new_series: Mapping[str, Sequence[str]]) -> Operations:
    """The rest of a batch: what must be written together with the sequence number.

    `new_series` are those that the store does not list yet, by service.
    """
    operations = Operations()
    _add_cells(operations, batch.cells)
    for service, series in new_series.items():
        operations.add("SADD", keys.SERVICES, service)
        operations.add_many("SADD", keys.series(service), series)
    for service, events in batch.events.items():
        for event in events:
            operations.add("ZADD", keys.events(service), int(event.at * 1000), EVENT.encode(event))
    for service, incidents in batch.incidents.items():
        for incident in incidents:
            score = int(incident.started_at * 1000)
            operations.add("ZADD", keys.incidents(service), score, INCIDENT.encode(incident))
    for service, checks in batch.forgotten.items():
        for key in (keys.states(service), keys.uptime(service), keys.pushes(service)):
            operations.add_many("HDEL", key, checks)
    for service, documents in batch.found.items():
        pairs = [part for pair in documents.items() for part in pair]
        operations.add_many("HSET", keys.found(service), pairs)
    for service, portions in batch.lines.items():
        pairs = [part for number, text in portions.items() for part in (str(number), text)]
        operations.add_many("HSET", keys.log_lines(service), pairs)
    for service, gone in batch.lines_gone.items():
        operations.add_many("HDEL", keys.log_lines(service), [str(number) for number in gone])
    for mark, minute in batch.marks.items():
        operations.add("HSET", keys.FLUSHED, mark, f"{minute},{int(batch.at)}")
    for spool, sequence in batch.flushed.items():
        operations.add("HSET", keys.FLUSHED, spool, f"{sequence},{int(batch.at)}")
    if batch.beat is not None:
        operations.add("SET", keys.COLLECTOR, BEAT.encode(batch.beat))
    return operations


def _add_cells(operations: Operations, cells: Sequence[OpenCell]) -> None:
    by_key: dict[str, list[str]] = {}
    for cell in cells:
        key = keys.open_cells(cell.service, cell.series)
        by_key.setdefault(key, []).append(f"{cell.field} {cell.text}")
    for key, pairs in by_key.items():
        operations.add_words(key, pairs)
