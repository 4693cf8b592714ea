"""All copies of a local service, brought one step after another to those that are wanted."""

import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from console.platforms.local import launch
from console.platforms.local.copies import Copies
from console.platforms.local.desk import Desk
from console.platforms.local.disk import Disk
from console.platforms.local.keeper import StateKeeper
from console.platforms.local.model import (
    STEADY_AFTER,
    Copy,
    Drain,
    End,
    LocalService,
    Move,
    Phase,
    Start,
    State,
    next_move,
    pause,
)
from console.platforms.local.variables import given
from console.waiting import wait_until

EAGER = 3.0  # seconds after its start in which a copy is asked for its health at every step
ASK_EVERY = 1.0  # seconds between two questions afterwards: each is a line in its log


class Fleet:
    """Starts copies, watches over them, lets them end what they do, and ends them."""

    def __init__(self, disk: Disk, service: LocalService, desk: Desk, keeper: StateKeeper) -> None:
        self._disk, self._service, self._desk, self._keeper = disk, service, desk, keeper
        self._copies = Copies(disk, service)
        self._asked: dict[str, float] = {}  # copies that are slow to become healthy: when asked
        self.waits_for = ""  # why the copy that starts is not healthy yet, for pages

    @property
    def _state(self) -> State:
        return self._keeper.state

    def tend(self, now: float) -> None:
        """Look after every copy: take note of its health, its requests, its end."""
        launch.reap()
        if not any(copy.phase is Phase.STARTING for copy in self._state.copies):
            self._asked, self.waits_for = {}, ""
        for copy in self._state.copies:
            known = self._copies.adopt(copy)
            if not self._copies.alive(known, now):
                self._bury(known, now)
            elif known.phase is Phase.STARTING:
                self._await_health(known, now)
            else:
                self._put(known)
        serving = {one.name: one.port for one in self._state.copies if one.phase is Phase.SERVING}
        open_requests = self._desk.route(serving).open
        for copy in self._state.copies:
            late = now - copy.since
            if copy.phase is Phase.DRAINING and (
                not open_requests.get(copy.name) or late > self._service.drain_timeout
            ):
                self._end(copy, now)
            elif copy.phase is Phase.ENDING and late > self._service.grace:
                self._copies.tell(copy, signal.SIGKILL)

    def _await_health(self, copy: Copy, now: float) -> None:
        limit, slow = self._service.health_timeout, now - copy.since > EAGER
        if slow and 0 <= now - self._asked.get(copy.name, 0.0) < ASK_EVERY:
            return self._put(copy)
        why = self._copies.healthy(copy)
        if not why:
            served = self._state.served or copy.release == self._state.current
            self._put(replace(copy, phase=Phase.SERVING, since=now), served=served)
        elif now - copy.since > limit:
            self._copies.tell(copy, signal.SIGTERM)
            failure = f"{copy.name} did not pass its health check within {limit:g} s: {why}."
            ending = replace(copy, phase=Phase.ENDING, since=now)
            self._put(ending, **self._death(copy, failure, now))
        else:
            if slow:
                self._asked[copy.name] = now
                self.waits_for = f"{copy.name} has {limit:g} s to become healthy; so far {why}."
            self._put(copy)
        return None

    def _bury(self, copy: Copy, now: float) -> None:
        """Take note of a copy that is gone."""
        begun = self._copies.begun(copy)
        self._copies.forget(copy)
        left = tuple(one for one in self._state.copies if one.name != copy.name)
        if not begun or copy.phase in (Phase.DRAINING, Phase.ENDING):
            self._keeper.save(copies=left)
        else:
            code = self._copies.code(copy)
            when = "while it served" if copy.phase is Phase.SERVING else "before it was healthy"
            told = "" if code is None else f" with code {code}"
            # in one write with its removal: a kill in between would forget the failure
            self._keeper.save(
                copies=left, **self._death(copy, f"{copy.name} ended{told} {when}.", now)
            )

    def _death(self, copy: Copy, failure: str, now: float) -> dict[str, Any]:
        """What a copy that should not have ended changes."""
        if copy.release != self._state.target:
            return {}
        steady = copy.phase is Phase.SERVING and now - copy.since >= STEADY_AFTER
        deaths = 1 if steady else self._state.deaths + 1
        changes = {"deaths": deaths, "pause_until": now + pause(deaths)}
        return {**changes, "failure": failure} if copy.release == self._state.current else changes

    def move(self, now: float) -> Move:
        """Take the next step toward the copies that are wanted."""
        target = self._disk.deployment(self._state.target)
        move = next_move(self._state.copies, self._state.target, self._state.wanted)
        if isinstance(move, Start) and target and now >= self._pause_until():
            variables = given(self._disk, self._state, target.id)
            number = self._state.copy_number + 1
            copy = self._copies.intend(number, target.id, now)
            self._keeper.save(copy_number=number, copies=(*self._state.copies, copy))
            self._put(self._copies.start(copy, target.commit, variables))
        elif isinstance(move, Drain):
            self._put(replace(move.copy, phase=Phase.DRAINING, since=now))
        elif isinstance(move, End):
            self._end(move.copy, now)
        return move

    def _pause_until(self) -> float:
        """A roll-out does not wait for what the release before it did."""
        return 0.0 if self._state.target == self._state.current else self._state.pause_until

    def _end(self, copy: Copy, now: float) -> None:
        self._copies.tell(copy, signal.SIGTERM)
        self._put(replace(copy, phase=Phase.ENDING, since=now))

    def _put(self, copy: Copy, **changes: Any) -> None:
        copies = tuple(copy if one.name == copy.name else one for one in self._state.copies)
        self._keeper.save(copies=copies, **changes)

    def end(self, clock: Callable[[], float]) -> None:
        """End every copy, whatever it does."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for copy in self._state.copies:
                self._copies.tell(self._copies.adopt(copy), number)
            wait_until(lambda: self._all_gone(clock()), self._service.grace)
        for copy in self._state.copies:
            self._copies.forget(self._copies.adopt(copy))
        self._keeper.save(copies=())

    def _all_gone(self, now: float) -> bool:
        launch.reap()
        return not any(
            self._copies.alive(self._copies.adopt(one), now) for one in self._state.copies
        )
