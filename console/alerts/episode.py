"""Episodes: the history of alerts. One begins when an alert fires and ends with it. Pure.

The book knows how each alert stands now; an episode is what remains of it, with who took it, what
people were told, and whether that arrived. It is written together with the change it tells of.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from console.alerts.message import Message
from console.alerts.model import Acknowledgement
from console.alerts.outbox import Delivery, Stage
from console.alerts.record import Notice, Record, Telling
from console.health.model import Status

MOST = 400  # of one service; about 700 bytes each
KEPT = 90 * 86_400.0  # seconds after its end that one is kept
MOST_TOLD, MOST_TAKEN = 20, 10  # of one episode; the first and the newest are kept
GONE = "It is not watched any more."

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Told:
    """One message that told of it. `sent` and `lost` are channels; the rest are on their way."""

    telling: Telling
    at: float
    message: str  # its id in the outbox
    channels: int
    sent: int = 0
    lost: int = 0  # given up, or not certain


@dataclass(frozen=True, slots=True)
class Episode:
    """One firing of one alert. Times are Unix seconds."""

    id: str
    key: str
    title: str
    began_at: float  # when the trouble began, as far as that is known
    fired_at: float  # when the thresholds were reached
    status: Status = Status.FAIL  # the worst
    summary: str = ""  # what was wrong, as it was told last
    page: str = "alerts"
    explained_by: str = ""
    resolved_at: float | None = None
    ending: str = ""
    lapsed: bool = False  # over because it was not known any more
    planned: bool = False  # at some time under maintenance
    flapping: bool = False  # at some time unsteady
    taken: tuple[Acknowledgement, ...] = ()
    told: tuple[Told, ...] = ()

    def lasted(self, now: float) -> float:
        """Seconds from its beginning to its end, or until now."""
        return max(0.0, (now if self.resolved_at is None else self.resolved_at) - self.began_at)

    @property
    def lasting(self) -> "Episode":
        """The same without what changes with every look: whether it is worth writing at once."""
        return replace(self, summary="")


def follow(
    known: Mapping[str, Episode], book: Mapping[str, Record], now: float
) -> dict[str, Episode]:
    """All episodes, after the book has changed."""
    episodes = dict(known)
    running = {one.key: one for one in known.values() if one.resolved_at is None}
    for key, record in book.items():
        one = running.pop(key, None)
        if record.alert.active:
            one = _as_it_stands(one or _begun(record, now), record)
        elif one is not None:
            at = record.resolved_at or now
            one = replace(one, resolved_at=at, ending=record.ending, lapsed=record.lapsed)
        if one is not None:
            episodes[one.id] = one
    for one in running.values():
        episodes[one.id] = replace(one, resolved_at=now, ending=GONE, lapsed=True)
    return episodes


def tell(
    episodes: Mapping[str, Episode],
    notices: Iterable[Notice],
    messages: Sequence[Message],
    channels: int,
    now: float,
) -> dict[str, Episode]:
    """The episodes with what people are told of them now, by so many channels."""
    found = dict(episodes)
    newest = {one.key: one.id for one in sorted(found.values(), key=lambda one: one.fired_at)}
    for notice in notices:
        key, telling = notice.record.key, notice.telling
        message = next((m for m in messages if m.telling is telling and key in m.keys), None)
        if message is not None and key in newest:
            one = found[newest[key]]
            told = (*one.told, Told(telling, now, message.id, channels))
            found[one.id] = replace(one, told=_first_and_newest(told, MOST_TOLD))
    return found


def arrived(episodes: Mapping[str, Episode], deliveries: Iterable[Delivery]) -> dict[str, Episode]:
    """The episodes with what became of deliveries that are over now."""
    over = {one.message: list[Delivery]() for one in deliveries if one.over}
    for one in deliveries:
        if one.over:
            over[one.message].append(one)
    found = dict(episodes)
    for episode in episodes.values():
        if any(told.message in over for told in episode.told):
            told = tuple(_counted(one, over.get(one.message, ())) for one in episode.told)
            found[episode.id] = replace(episode, told=told)
    return found


def changed(before: Mapping[str, Episode], after: Mapping[str, Episode]) -> list[Episode]:
    """What is to be written."""
    return [
        one
        for id, one in after.items()
        if (old := before.get(id)) is None or old.lasting != one.lasting
    ]


def old(episodes: Mapping[str, Episode], now: float) -> list[str]:
    """The ids of those that are over and beyond what is kept."""
    over = [one for one in episodes.values() if one.resolved_at is not None]
    over.sort(key=lambda one: one.resolved_at or 0.0, reverse=True)
    return [
        one.id
        for place, one in enumerate(over)
        if place >= MOST or now - (one.resolved_at or 0.0) > KEPT
    ]


def within(episodes: Iterable[Episode], since: float, until: float) -> list[Episode]:
    """Those that touch a stretch of time, the newest first."""
    found = [
        one
        for one in episodes
        if one.began_at <= until and (one.resolved_at is None or one.resolved_at >= since)
    ]
    return sorted(found, key=lambda one: (one.fired_at, one.id), reverse=True)


def _begun(record: Record, now: float) -> Episode:
    began = now if record.fired_at is None else record.fired_at
    id = f"{record.key}@{int(now * 1000)}"
    return Episode(id, record.key, record.title, began, now, record.status)


def _as_it_stands(one: Episode, record: Record) -> Episode:
    taken, got = one.taken, record.alert.acknowledgement
    if got is not None and got not in taken:
        taken = _first_and_newest((*taken, got), MOST_TAKEN)
    worst = Status.FAIL if Status.FAIL in (one.status, record.status) else record.status
    return replace(
        one,
        title=record.title,
        status=worst,
        summary=record.summary,
        page=record.page,
        explained_by=one.explained_by or record.explained_by,
        planned=one.planned or record.planned,
        flapping=one.flapping or record.flapping,
        taken=taken,
    )


def _counted(told: Told, deliveries: Sequence[Delivery]) -> Told:
    sent = sum(one.stage is Stage.SENT for one in deliveries)
    return replace(told, sent=told.sent + sent, lost=told.lost + len(deliveries) - sent)


def _first_and_newest(several: tuple[T, ...], most: int) -> tuple[T, ...]:
    return several if len(several) <= most else (several[0], *several[len(several) - most + 1 :])
