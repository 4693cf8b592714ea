"""What an operator does about alerts: takes one, and tries the channels. Over the controls' desk,
which judges the visitor again and writes each action to the activity log."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from console.access import Visitor
from console.activity.chain import Entry
from console.alerts.channels import Channel
from console.alerts.gather.sender import send
from console.alerts.message import Tone
from console.alerts.model import Acknowledgement
from console.alerts.outbox import Answer
from console.alerts.record import Record
from console.config import Config
from console.controls.desk import Desk
from console.errors import Objection, StoreError
from console.store.alerts import AlertRecords
from console.words import counted, duration

WHY_LIMIT = 300  # characters
TAKE_MINUTES = (30, 60, 240, 480, 1440)  # how long somebody may take an alert for
TEST_TITLE = "[Test] The console can reach you"
TEST_BODY = "{who} tried the channels of the console. Nothing is wrong; nothing is to be done."


@dataclass(frozen=True, slots=True)
class Trial:
    """A test of all channels. `answers` grows as they come."""

    at: float  # Unix seconds
    by: str
    channels: tuple[Channel, ...]
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])

    @property
    def running(self) -> bool:
        """Whether a channel has not answered yet."""
        return len(self.answers) < len(self.channels)


class AlertDesk:
    """The alerts' side of one web process."""

    def __init__(self, config: Config, desk: Desk, clock: Callable[[], float] = time.time) -> None:
        self._config, self._desk, self._clock = config, desk, clock
        self._records: AlertRecords | None = None
        self.trial: Trial | None = None  # the last test, of this process

    @property
    def records(self) -> AlertRecords:
        """What the collector remembers of alerts."""
        if self._records is None:
            self._records = AlertRecords(self._config.store_url)
        return self._records

    def stop(self) -> None:
        """Disconnect."""
        if self._records is not None:
            self._records.close()

    def acknowledge(
        self, visitor: Visitor, service: str, key: str, why: str, minutes: int | None
    ) -> None:
        """Take a firing alert, and those that fire together with it. Raises NotAllowed, Objection,
        StoreError."""
        why = " ".join(why.split())[:WHY_LIMIT]
        book = self.records.read(service)[0]
        found = book.get(key)
        target = found.title if found else key
        together = [one for one in book.values() if found and _goes_with(one, found)]
        if together:
            target = f"{target} and {len(together)} more"
        begun = self._desk.act(visitor, "alert", service, target=target, reason=why)
        objection = ""
        if found is None or not found.alert.active:
            objection = "It does not fire any more, so there is nothing to take."
        elif not why:
            objection = "Say why: whoever looks next wants to know what is being done."
        if objection:
            self._desk.journal.end(begun, "refused", objection)
            raise Objection(objection)
        now = self._clock()
        until = None if minutes is None else now + 60 * minutes
        taken = Acknowledgement(visitor.name, why, now, until)
        for one in (key, *(other.key for other in together)):
            self.records.request(service, one, taken)
        for_how_long = (
            "until it is resolved" if minutes is None else f"for {duration(60 * minutes)}"
        )
        self._desk.journal.end(begun, "done", f"taken {for_how_long}", after="acknowledged")

    def test(self, visitor: Visitor, service: str) -> None:
        """Send a test to every channel, in the background. Raises NotAllowed, Objection,
        StoreError."""
        channels = self._config.settings.all_channels
        target = counted(len(channels), "channel")
        begun = self._desk.act(visitor, "alert_test", service, target=target)
        objection = ""
        if not channels:
            objection = "CONSOLE_NOTIFY_URLS is not set: there is no channel to try."
        elif self.trial is not None and self.trial.running:
            objection = "A test is under way."
        if objection:
            self._desk.journal.end(begun, "refused", objection)
            raise Objection(objection)
        self.trial = Trial(self._clock(), visitor.name, channels)
        self._desk.loop.begin(self._try(self.trial, begun))

    async def _try(self, trial: Trial, begun: Entry) -> None:
        await asyncio.gather(*(self._try_one(trial, channel) for channel in trial.channels))
        failed = [one for one in trial.channels if not trial.answers[one.id].sent]
        told = [f"{one.title}: {trial.answers[one.id].reason}" for one in failed]
        evidence = " ".join(told) or f"{counted(len(trial.channels), 'channel')} took it"
        try:
            outcome = "failed" if failed else "done"
            await asyncio.to_thread(self._desk.journal.end, begun, outcome, evidence)
        except StoreError:
            return  # the page shows it all the same; that it began is in the log

    async def _try_one(self, trial: Trial, channel: Channel) -> None:
        answer = Answer(False, "It was not tried to its end.")
        try:
            body = TEST_BODY.format(who=trial.by)
            answer = await send(channel, TEST_TITLE, body, Tone.INFO)
        finally:
            trial.answers[channel.id] = answer


def _goes_with(one: Record, other: Record) -> bool:
    """Whether it fires from the same cause, and is not merely explained by it."""
    same = one.group == other.group and one.key != other.key
    return same and one.alert.active and not one.explained_by
