"""A store with a believable past, written the way the collector writes it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from console.activity.model import Event, Kind
from console.health.model import CheckState, Incident, Outcome, Result, Sample, Status
from console.store.batch import Batch
from console.store.cells import DAY, HOUR, MINUTE
from console.store.model import CollectorBeat
from console.store.series import SeriesId
from console.store.write import CollectorStore

LIMIT = 10.0  # seconds; the time-out of the check
PARTS = {"resolve": 0.02, "connect": 0.06, "tls": 0.2, "first_byte": 0.66, "transfer": 0.06}

Counted = tuple[float, SeriesId, float | None, Outcome]


@dataclass(frozen=True)
class Past:
    """What is written into a store."""

    results: Sequence[Counted] = ()
    events: Sequence[Event] = ()
    incidents: Sequence[Incident] = ()
    states: Mapping[str, CheckState] = field(default_factory=dict)


async def write(url: str, service: str, past: Past, now: float) -> None:
    """Count, flush and pack day by day; as the collector would have done it all along."""
    async with CollectorStore(url, "local") as store:
        fence = await store.acquire()
        assert fence is not None
        for end, results in _by_day(past.results, now):
            for at, series, seconds, outcome in results:
                store.open_period.add(service, series, at, seconds, outcome)
            await store.flush(Batch(fence, end, store.open_period.take()))
            await store.compact(end)
        await store.flush(
            Batch(
                fence,
                now,
                states={service: past.states},
                events={service: past.events},
                incidents={service: past.incidents},
                beat=_beat(fence, now),
            )
        )


def believable(
    check: str,
    now: float,
    days: float,
    every: float = 30.0,
    *,
    median: float = 0.08,
    seed: int = 1,
    phases: bool = True,
) -> Past:
    """Answers with a daily rhythm, a slower release, a leak of time-outs and one outage."""
    rng = np.random.default_rng(seed)
    at = np.arange(now - days * DAY, now, every)
    hour = (at % DAY) / HOUR
    busy = 1 + 0.35 * np.exp(-(((hour - 5) / 3) ** 2)) + 0.25 * np.exp(-(((hour - 8) / 2) ** 2))
    release = now - 0.3 * days * DAY
    slower = np.where(at >= release, 1.18, 1.0)
    seconds = median * busy * slower * rng.lognormal(0, 0.22, len(at))
    tail = rng.random(len(at)) < 0.02
    seconds[tail] *= rng.uniform(2, 6, tail.sum())
    lost = rng.random(len(at)) < 0.0003
    outage = _within(at, now - 0.62 * days * DAY, min(1500, days * 400))
    failed = _within(at, now - 0.45 * days * DAY, min(900, days * 300))
    series = SeriesId("check", check)
    parts = [(SeriesId("check", check, name), share) for name, share in PARTS.items()]
    results: list[Counted] = []
    for place, time in enumerate(at.tolist()):
        if outage[place]:
            results.append((time, series, None, Outcome.CONNECT))
        elif lost[place]:
            results.append((time, series, LIMIT, Outcome.TIMEOUT))
        else:
            took = float(seconds[place])
            outcome = Outcome.CONDITION if failed[place] and place % 3 else Outcome.OK
            results.append((time, series, took, outcome))
            if phases:
                results += [(time, one, took * share, Outcome.OK) for one, share in parts]
    began = float(at[outage][0]) if outage.any() else now
    ended = float(at[outage][-1]) + every if outage.any() else now
    return Past(
        results,
        (
            Event("deploy-1", release, Kind.DEPLOYMENT, "Release 4f2a9c1 is live", status="pass"),
            Event(f"{check}-1-opened", began, Kind.INCIDENT, "not connected", check, "fail"),
            Event(f"{check}-1-closed", ended, Kind.INCIDENT, "works again", check, "pass"),
        ),
        (Incident(f"{check}-1", check, began, "Connection refused", ended),),
        {check: _state(check, now, seconds[-60:], every)},
    )


def _within(at: NDArray[np.float64], start: float, length: float) -> NDArray[np.bool_]:
    return (at >= start) & (at < start + length)


def _state(check: str, now: float, seconds: Iterable[float], every: float) -> CheckState:
    last = list(seconds)
    recent = tuple(
        Sample(now - every * (len(last) - 1 - place) - 3, Status.PASS, one * 1000)
        for place, one in enumerate(last)
    )
    result = Result(check, now - 3, Status.PASS, Outcome.OK, "HTTP 200", last[-1])
    return CheckState(
        check, Status.PASS, now - DAY, "HTTP 200 in time.", last=result, recent=recent
    )


def _by_day(results: Sequence[Counted], now: float) -> Iterator[tuple[float, list[Counted]]]:
    """Pieces that end with each day; the last one ends now."""
    piece: list[Counted] = []
    end = 0.0
    for result in results:
        if result[0] >= end:
            if piece:
                yield end + 2 * MINUTE, piece
            piece, end = [], (result[0] // DAY + 1) * DAY
        piece.append(result)
    if piece:
        yield now, piece


def _beat(fence: int, now: float) -> CollectorBeat:
    return CollectorBeat(
        at=now,
        fence=fence,
        started_at=now - DAY,
        owner="tests",
        host="tests",
        pid=1,
        version="1",
        profile="local",
        flush_interval=10.0,
    )
