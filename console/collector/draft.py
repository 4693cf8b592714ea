"""What the collector knows of alerts, and what one look changes of it: written as a whole, and only
then taken for true."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from console.alerts import episode
from console.alerts.episode import Episode
from console.alerts.outbox import Delivery
from console.alerts.record import Record
from console.store import keys
from console.store.alerts import DELIVERY, EPISODE, RECORD, write_deliveries, write_episodes
from console.store.operations import Operations
from console.store.write import CollectorStore


@dataclass(slots=True)
class Draft:
    """Records and history by service, the outbox, the marks; and the commands that write them."""

    books: dict[str, dict[str, Record]] = field(default_factory=dict[str, dict[str, Record]])
    episodes: dict[str, dict[str, Episode]] = field(default_factory=dict[str, dict[str, Episode]])
    outbox: dict[str, Delivery] = field(default_factory=dict[str, Delivery])
    marks: dict[str, str] = field(default_factory=dict[str, str])
    operations: Operations = field(default_factory=Operations)

    def copy(self) -> "Draft":
        """The same, to be changed, with nothing to write yet."""
        return Draft(dict(self.books), dict(self.episodes), dict(self.outbox), dict(self.marks))

    def post(self, deliveries: Iterable[Delivery], gone: Sequence[str] = ()) -> None:
        """Put deliveries into the outbox, as they are now."""
        changed = list(deliveries)
        write_deliveries(self.operations, changed, gone)
        self.outbox.update((one.id, one) for one in changed)
        for id in gone:
            self.outbox.pop(id, None)

    def remember(self, service: str, after: Mapping[str, Episode], now: float) -> None:
        """Put episodes into the history, as they are now."""
        gone, before = episode.old(after, now), self.episodes.get(service, {})
        kept = {id: one for id, one in after.items() if id not in gone}
        write_episodes(self.operations, service, episode.changed(before, kept), gone)
        self.episodes[service] = kept

    def arrived(self, deliveries: Sequence[Delivery], now: float) -> None:
        """Let the history say of each message whether it arrived."""
        for name in {one.service for one in deliveries if one.over} & set(self.episodes):
            mine = [one for one in deliveries if one.service == name]
            self.remember(name, episode.arrived(self.episodes[name], mine), now)


async def read(store: CollectorStore, services: Sequence[str]) -> Draft:
    """What the store remembers. Raises StoreError."""
    of_each = [key(name) for key in (keys.alerts, keys.episodes) for name in services]
    *found, sent, marks = await store.hashes(*of_each, keys.OUTBOX, keys.ALERT_MARKS)
    books, episodes = found[: len(services)], found[len(services) :]
    return Draft(
        {name: RECORD.decode_each(each) for name, each in zip(services, books, strict=True)},
        {name: EPISODE.decode_each(each) for name, each in zip(services, episodes, strict=True)},
        DELIVERY.decode_each(sent),
        {name.decode(): value.decode() for name, value in marks.items()},
    )
