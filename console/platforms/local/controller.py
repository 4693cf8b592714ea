"""Takes a local service from a push to running copies, one small step after another.

Everything is on disk before it is done, and every step asks first what is there already. So a
controller may be killed at any point: the next one goes on, and requests are served meanwhile,
because the front and the copies are no children that end with it.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from console.errors import PlatformError
from console.platforms.local.desk import Desk
from console.platforms.local.disk import Disk
from console.platforms.local.fleet import Fleet
from console.platforms.local.keeper import StateKeeper
from console.platforms.local.model import LocalService, Phase, State
from console.platforms.local.repository import Commit, Repository
from console.platforms.local.roll_out import RollOut
from console.platforms.model import StageName, StageState, Trigger

MOST_COPIES = 16  # of one service: this is one machine
ORDERS_KEPT = 50  # names of orders that were carried out


class Controller:
    """The one that changes a local service. Two for one directory must never run; see __main__."""

    def __init__(
        self, disk: Disk, service: LocalService, clock: Callable[[], float] = time.time
    ) -> None:
        self._disk, self._service, self._clock = disk, service, clock
        self._repository = Repository(Path(service.repository), service.branch)
        self._desk = Desk(disk.directory)
        self.keeper = StateKeeper(disk, State(service.instances, service.port))
        self._roll_out = RollOut(disk, service, self.keeper)
        self._fleet = Fleet(disk, service, self._desk, self.keeper)
        self._next_look = 0.0

    @property
    def state(self) -> State:
        """How the service stands."""
        return self.keeper.state

    @property
    def busy(self) -> bool:
        """Whether something is under way, so that the next step should come soon."""
        copies = self.state.copies
        settled = all(one.phase is Phase.SERVING for one in copies)
        return bool(self.state.current) or not settled or not copies

    def step(self) -> None:
        """Do what can be done now; takes about a second at most, but for the start of a front.

        Raises PlatformError or OSError where this machine does not let it; the next step may.
        """
        now = self._clock()
        self.keeper.save(port=self._desk.ensure(self.state.port))
        self._take_orders(now)
        if now >= self._next_look:
            self._next_look = now + self._service.poll
            self._look(now)
        current = self._roll_out.current()
        if current and current.stage(StageName.BUILD).state is StageState.RUNNING:
            self._roll_out.build(current, now)
        self._fleet.tend(now)
        move = self._fleet.move(now)
        if current and current.stage(StageName.DEPLOY).state is not StageState.WAITING:
            self._roll_out.deploy(current, move, now, self._fleet.waits_for)

    def end(self) -> None:
        """Stop the service altogether: every copy, a running build, the front."""
        self._roll_out.cancel()
        self._fleet.end(self._clock)
        self._desk.end(self._service.grace)

    def _take_orders(self, now: float) -> None:
        for name, order in self._disk.orders():
            if name in self.state.orders:  # carried out, but a kill came before it was taken away
                self._disk.done(name)
                continue
            done: dict[str, Any] = {"orders": (*self.state.orders, name)[-ORDERS_KEPT:]}
            if order.get("kind") == "scale":
                self.keeper.save(wanted=min(MOST_COPIES, max(1, int(order["instances"]))), **done)
            elif order.get("kind") == "variable":
                if self._roll_out.current() is not None:
                    return  # it would take a build away
                self._roll_out.change(str(order["name"]), str(order["value"]), now, done)
            elif self._roll_out.may_begin():
                self._begin_ordered(order, now, done)
            else:
                return  # after the deployment in progress
            self._disk.done(name)

    def _begin_ordered(self, order: dict[str, Any], now: float, done: dict[str, Any]) -> None:
        before = self._disk.deployment(str(order.get("deployment", "")))
        if order.get("kind") == "rollback" and before is not None:
            commit = Commit(before.commit, before.author, before.message, before.created_at)
            self._roll_out.begin(Trigger.ROLLBACK, commit, None, now, done)
        elif order.get("kind") == "redeploy":
            wanted = str(order.get("commit") or self._repository.head())
            commit = self._repository.commit(wanted)  # a newer push is noticed after it
            self._roll_out.begin(Trigger.REDEPLOY, commit, None, now, {**done, "seen": commit.hash})
        else:
            self.keeper.save(**done)

    def _look(self, now: float) -> None:
        try:
            head = self._repository.head()
            if head == self.state.seen or not self._roll_out.may_begin():
                return self.keeper.save(problem="")
            commit, pushed = self._repository.commit(head), self._repository.pushed_at()
        except PlatformError as error:
            return self.keeper.save(problem=str(error))
        return self._roll_out.begin(
            Trigger.PUSH, commit, pushed, now, {"seen": head, "problem": ""}
        )
