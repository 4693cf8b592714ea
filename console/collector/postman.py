"""Sends what the outbox has: each channel by itself, none waits for another.

It only sends. Who calls it writes `sending` to the store before, and what became of it after.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from console.alerts.channels import Channel
from console.alerts.gather.sender import send
from console.alerts.outbox import Answer, Delivery

MOST_AT_ONCE = 6  # processes; each takes about 55 MB for a second


class Postman:
    """Deliveries under way, and answers that are not written yet."""

    def __init__(self, channels: Sequence[Channel], arrived: Callable[[], object]) -> None:
        self._channels = {channel.id: channel for channel in channels}
        self._arrived = arrived
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._busy: dict[str, str] = {}  # channel -> delivery
        self.answers: dict[str, Answer] = {}  # by delivery; whoever has written one removes it

    def has(self, id: str) -> bool:
        """Whether the delivery is under way, or its answer not written yet."""
        return id in self._tasks or id in self.answers

    def can_take(self, deliveries: Iterable[Delivery]) -> list[Delivery]:
        """Those that would begin at once: one for each channel."""
        chosen: dict[str, Delivery] = {}
        for one in deliveries:
            if one.channel in self._channels and one.channel not in self._busy:
                chosen.setdefault(one.channel, one)
        return list(chosen.values())[: MOST_AT_ONCE - len(self._tasks)]

    def begin(self, deliveries: Iterable[Delivery]) -> None:
        """Hand them to their channels."""
        for one in deliveries:
            self._busy[one.channel] = one.id
            self._tasks[one.id] = asyncio.create_task(self._send(one))

    async def stop(self, patience: float) -> None:
        """Let what is under way end, for so many seconds; then cut it off."""
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, delivery: Delivery) -> None:
        channel = self._channels[delivery.channel]
        try:
            answer = await send(channel, delivery.sent_title, delivery.body, delivery.tone)
            self.answers[delivery.id] = answer
        finally:
            del self._tasks[delivery.id], self._busy[delivery.channel]
            self._arrived()
