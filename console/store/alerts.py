"""What alerts remember in the store: records, their history, the outbox, and requests to note who
took one.

The collector writes them under its lease, a change together with what it sends; the web reads them,
and writes nothing but requests.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from console.activity.model import Event
from console.alerts.episode import Episode
from console.alerts.model import Acknowledgement
from console.alerts.outbox import Delivery
from console.alerts.record import Record
from console.store import client, keys
from console.store.documents import EVENT, Document
from console.store.operations import Operations

RECORD = Document(Record)
EPISODE = Document(Episode)
DELIVERY = Document(Delivery)
ACKNOWLEDGEMENT = Document(Acknowledgement)


def write_records(
    operations: Operations,
    service: str,
    changed: Mapping[str, Record],
    gone: Sequence[str] = (),
    requests: Sequence[str] = (),
    events: Iterable[Event] = (),
) -> None:
    """Write records, forget those that are over, and take out the requests that were applied."""
    pairs = [part for key, record in changed.items() for part in (key, RECORD.encode(record))]
    operations.add_many("HSET", keys.alerts(service), pairs)
    operations.add_many("HDEL", keys.alerts(service), gone)
    operations.add_many("HDEL", keys.alert_requests(service), requests)
    for event in events:
        operations.add("ZADD", keys.events(service), int(event.at * 1000), EVENT.encode(event))


def write_deliveries(
    operations: Operations, deliveries: Iterable[Delivery], gone: Sequence[str] = ()
) -> None:
    """Write deliveries and forget old ones."""
    pairs = [part for one in deliveries for part in (one.id, DELIVERY.encode(one))]
    operations.add_many("HSET", keys.OUTBOX, pairs)
    operations.add_many("HDEL", keys.OUTBOX, gone)


def write_episodes(
    operations: Operations, service: str, changed: Iterable[Episode], gone: Sequence[str] = ()
) -> None:
    """Write episodes and forget old ones."""
    pairs = [part for one in changed for part in (one.id, EPISODE.encode(one))]
    operations.add_many("HSET", keys.episodes(service), pairs)
    operations.add_many("HDEL", keys.episodes(service), gone)


def write_marks(operations: Operations, marks: Mapping[str, str]) -> None:
    """Write up to where what happens once a day has happened."""
    operations.add_many("HSET", keys.ALERT_MARKS, [part for pair in marks.items() for part in pair])


class AlertRecords:
    """The web's side. Every failure is a StoreError."""

    def __init__(self, url: str, read_timeout: float = 5.0) -> None:
        self._url = url
        # The commands of redis-py have incomplete types; each answer is given its own here.
        self._redis: Any = client.connect(url, read_timeout)

    def close(self) -> None:
        """Disconnect."""
        self._redis.close()

    def read(
        self, service: str
    ) -> tuple[dict[str, Record], dict[str, Delivery], dict[str, Acknowledgement]]:
        """The records of a service, the whole outbox, and what the collector was asked."""
        with client.told(self._url):
            pipeline: Any = self._redis.pipeline(transaction=False)
            pipeline.hgetall(keys.alerts(service))
            pipeline.hgetall(keys.OUTBOX)
            pipeline.hgetall(keys.alert_requests(service))
            records, outbox, requests = pipeline.execute()
        return (
            RECORD.decode_each(records),
            DELIVERY.decode_each(outbox),
            ACKNOWLEDGEMENT.decode_each(requests),
        )

    def book(self, service: str) -> dict[str, Record]:
        """The records of a service alone."""
        with client.told(self._url):
            found: Any = self._redis.hgetall(keys.alerts(service))
        return RECORD.decode_each(found)

    def episodes(self, service: str) -> dict[str, Episode]:
        """The history of the alerts of a service, by the ids of its episodes."""
        with client.told(self._url):
            found: Any = self._redis.hgetall(keys.episodes(service))
        return EPISODE.decode_each(found)

    def request(self, service: str, key: str, acknowledgement: Acknowledgement) -> None:
        """Ask the collector to note that somebody took an alert."""
        with client.told(self._url):
            data = ACKNOWLEDGEMENT.encode(acknowledgement)
            self._redis.hset(keys.alert_requests(service), key, data)
