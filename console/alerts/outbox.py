"""The outbox: every message to every channel, and what became of it. Pure.

A delivery is written together with the change it tells of, marked `sending` before it is handed to
the channel and `sent` after. Whoever finds one that is marked `sending` by a collector that died
cannot know whether it arrived: it is sent once more, and says so. A second death in the same place
ends it as `not certain`, so that no change is told more than twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from console.alerts.channels import Channel
from console.alerts.message import Message, Tone

# Seconds until the next attempt after each failure; afterwards it is given up (about 4 hours).
BACKOFF = (10.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0)
KEPT = 200  # deliveries that are over and still shown
BEFORE = "(possibly sent before)"


class Stage(StrEnum):
    """How far a delivery is."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    GIVEN_UP = "given_up"
    UNCERTAIN = "uncertain"  # possibly sent, and not sent again


OVER = (Stage.SENT, Stage.GIVEN_UP, Stage.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one channel. Times are Unix seconds."""

    id: str
    channel: str
    label: str  # name of the channel and its address, without its secrets
    service: str
    group: str
    title: str
    body: str
    at: float
    tone: Tone = Tone.INFO
    stage: Stage = Stage.DUE
    attempts: int = 0
    next_at: float = 0.0
    reason: str = ""  # why the last attempt failed, one sentence
    over_at: float | None = None
    possibly_before: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more happens with it."""
        return self.stage in OVER

    @property
    def message(self) -> str:
        """The id of its message, which other channels get as well."""
        return self.id.removesuffix(f"/{self.channel}")

    @property
    def sent_title(self) -> str:
        """The title as it is sent now."""
        return f"{self.title} {BEFORE}" if self.possibly_before else self.title


@dataclass(frozen=True, slots=True)
class Answer:
    """What an attempt gave."""

    sent: bool
    reason: str = ""
    possibly: bool = False  # it may have arrived all the same
    final: bool = False  # the address itself is wrong: no attempt can succeed
    seconds: float = 0.0


def post(
    messages: Iterable[Message], channels: Sequence[Channel], service: str, now: float
) -> list[Delivery]:
    """A delivery for each message and channel."""
    return [
        Delivery(
            f"{message.id}/{channel.id}",
            channel.id,
            channel.title,
            service,
            message.group,
            message.title,
            message.body,
            now,
            message.tone,
        )
        for message in messages
        for channel in channels
    ]


def due(outbox: Mapping[str, Delivery], now: float) -> list[Delivery]:
    """What is to be sent now: of each channel and group only the oldest that is not over."""
    first: dict[tuple[str, str], Delivery] = {}
    for one in sorted(outbox.values(), key=lambda one: (one.at, one.id)):
        if not one.over:
            first.setdefault((one.channel, one.group), one)
    return [one for one in first.values() if one.stage is Stage.DUE and one.next_at <= now]


def begin(delivery: Delivery) -> Delivery:
    """Mark that it is being handed to its channel."""
    return replace(delivery, stage=Stage.SENDING, attempts=delivery.attempts + 1)


def finish(delivery: Delivery, answer: Answer, now: float) -> Delivery:
    """Take what became of an attempt."""
    if answer.sent:
        return replace(delivery, stage=Stage.SENT, over_at=now, reason="")
    failed = replace(
        delivery,
        reason=answer.reason,
        possibly_before=delivery.possibly_before or answer.possibly,
    )
    if answer.final or failed.attempts > len(BACKOFF):
        return replace(failed, stage=Stage.GIVEN_UP, over_at=now)
    wait = BACKOFF[failed.attempts - 1]
    return replace(failed, stage=Stage.DUE, next_at=now + wait)


def recover(delivery: Delivery, now: float) -> Delivery:
    """What a new collector does about a delivery that another one was sending when it ended."""
    if delivery.stage is not Stage.SENDING:
        return delivery
    why = "The collector ended while it was being sent."
    if delivery.possibly_before:
        return replace(delivery, stage=Stage.UNCERTAIN, over_at=now, reason=why)
    return replace(delivery, stage=Stage.DUE, next_at=now, possibly_before=True, reason=why)


def without(
    outbox: Mapping[str, Delivery], channels: Iterable[Channel], now: float
) -> list[Delivery]:
    """Deliveries to channels that are not set any more, given up."""
    known = {channel.id for channel in channels}
    why = "The channel is not in CONSOLE_NOTIFY_URLS any more."
    return [
        replace(one, stage=Stage.GIVEN_UP, over_at=now, reason=why)
        for one in outbox.values()
        if not one.over and one.channel not in known
    ]


def old(outbox: Mapping[str, Delivery]) -> list[str]:
    """The ids of those that are over and beyond what is kept."""
    over = [one for one in outbox.values() if one.over]
    over.sort(key=lambda one: one.over_at or 0.0, reverse=True)
    return [one.id for one in over[KEPT:]]
