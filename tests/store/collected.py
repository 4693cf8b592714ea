"""A collector in miniature for tests: holds the lease, counts results, flushes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from console.health.model import Outcome
from console.store.batch import Batch
from console.store.series import SeriesId
from console.store.write import CollectorStore

NOW = 20_781 * 86_400.0  # the beginning of a day, UTC
SERVICE = "main"
API = SeriesId("check", "api")


@asynccontextmanager
async def holding(url: str) -> AsyncIterator[CollectorStore]:
    """A store whose lease is held."""
    async with CollectorStore(url) as store:
        assert await store.acquire()
        yield store


def count(
    store: CollectorStore,
    at: float,
    seconds: float | None = 0.1,
    outcome: Outcome = Outcome.OK,
    series: SeriesId = API,
) -> None:
    """Count one result."""
    store.open_period.add(SERVICE, series, at, seconds, outcome)


def batch_of(store: CollectorStore, at: float, **more: object) -> Batch:
    """All that is counted, and more."""
    return Batch(fence=store.fence, at=at, cells=store.open_period.take(), **more)  # pyright: ignore[reportArgumentType]


async def flush(store: CollectorStore, at: float) -> None:
    """Write all that is counted; what is past by then is forgotten in memory."""
    await store.flush(batch_of(store, at))


async def collect(store: CollectorStore, times: Sequence[float], at: float) -> None:
    """Count a result at each time, and flush."""
    for time in times:
        count(store, time)
    await flush(store, at)
