"""The traffic that instances count, minute by minute, as it stands in Redis. Pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.health.model import Outcome
from console.instances.heartbeat import ID
from console.instances.model import Traffic
from console.store.histogram import MAX_CODE, OUTCOME_BASE, TIMED, outcome_code, value_of

MOST_SERIES = 300  # of one minute; a program that makes a series of every request is cut off
FIELD_LIMIT = 250  # bytes
CELL_LIMIT = 20_000  # bytes of one field's cells
_TIMED_CODES = {outcome_code(outcome) for outcome in TIMED}
_OTHER_OUTCOMES = {outcome_code(one) for one in Outcome} - _TIMED_CODES
_BAD = {outcome_code(one) for one in Outcome} - {outcome_code(Outcome.OK)}
_KINDS = ("route:", "api:", "item:")

Counts = dict[int, int]  # code -> how often


@dataclass(slots=True)
class Minute:
    """The traffic of one closed minute."""

    minute: int  # Unix seconds // 60
    series: dict[str, Counts] = field(default_factory=dict[str, Counts])
    instances: dict[str, Counts] = field(default_factory=dict[str, Counts])  # of its routes


def parse_minute(minute: int, fields: Mapping[Any, Any]) -> Minute:
    """The cells of one minute, added up over instances. What is not of the contract is left out."""
    found = Minute(minute)
    for name, text in fields.items():
        if len(name) > FIELD_LIMIT or len(text) > CELL_LIMIT:
            continue
        series, at, instance = name.decode("utf-8", "replace").rpartition("@")
        cells = parse_cells(text)
        if not at or cells is None or not series.startswith(_KINDS) or not ID.fullmatch(instance):
            continue
        if series not in found.series and len(found.series) >= MOST_SERIES:
            continue
        _add(found.series.setdefault(series, {}), cells)
        if series.startswith("route:"):
            _add(found.instances.setdefault(instance, {}), cells)
    return found


def parse_cells(text: bytes) -> Counts | None:
    """`code:count,code:count` as numbers; None where it is anything else."""
    found: Counts = {}
    for pair in text.split(b","):
        code, colon, count = pair.partition(b":")
        if not colon or not code.isdigit() or not count.isdigit() or len(count) > 9:
            return None
        number = int(code)
        if number > MAX_CODE and not OUTCOME_BASE <= number < OUTCOME_BASE + len(Outcome):
            return None
        found[number] = found.get(number, 0) + int(count)
    return found


def traffic_of(counts: Counts) -> Traffic:
    """Response times in counted cells."""
    timed = sorted((code, n) for code, n in counts.items() if code <= MAX_CODE)
    total = sum(n for _, n in timed)
    requests = total + sum(n for code, n in counts.items() if code in _OTHER_OUTCOMES)
    bad = sum(n for code, n in counts.items() if code in _BAD)
    return Traffic(requests, bad, _quantile(timed, total, 0.5), _quantile(timed, total, 0.95))


def recent_traffic(minutes: Iterable[Minute]) -> dict[str, Traffic]:
    """Response times of each instance over these minutes."""
    sums: dict[str, Counts] = {}
    for minute in minutes:
        for instance, counts in minute.instances.items():
            _add(sums.setdefault(instance, {}), counts)
    return {instance: traffic_of(counts) for instance, counts in sums.items()}


def _quantile(timed: list[tuple[int, int]], total: int, share: float) -> float | None:
    wanted = math.ceil(share * total)
    for code, n in timed:
        wanted -= n
        if wanted <= 0:
            return value_of(code)
    return None


def _add(into: Counts, counts: Counts) -> None:
    for code, n in counts.items():
        into[code] = into.get(code, 0) + n
