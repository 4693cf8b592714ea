"""Takes a local service from a push to running copies, one small step after another.

Everything is on disk before it is done, and every step asks first what is there already. So a
controller may be killed at any point: the next one goes on, and requests are served meanwhile,
because the front and the copies are no children that end with it.
"""

import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from console.errors import PlatformError
from console.platforms.local import launch, tidy
from console.platforms.local.builder import Builder
from console.platforms.local.copies import Copies
from console.platforms.local.desk import Desk
from console.platforms.local.disk import Disk
from console.platforms.local.model import (
    STEADY_AFTER,
    Copy,
    Done,
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
from console.platforms.local.repository import Commit, Repository
from console.platforms.model import (
    Deployment,
    DeploymentState,
    Stage,
    StageName,
    StageState,
    Trigger,
)
from console.processes import wait_until

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
        self._copies = Copies(disk, service)
        self._builder = Builder(disk, service)
        self._next_look = 0.0
        self.state = disk.state() or State(service.instances, service.port)

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
        self._save(port=self._desk.ensure(self.state.port))
        self._take_orders(now)
        if now >= self._next_look:
            self._next_look = now + self._service.poll
            self._look(now)
        current = self._current()
        if current and current.stage(StageName.BUILD).state is StageState.RUNNING:
            self._build(current, now)
        self._tend(now)
        move = self._move(now)
        if current and current.stage(StageName.DEPLOY).state is not StageState.WAITING:
            self._deploy(current, move, now)

    def end(self) -> None:
        """Stop the service altogether: every copy, a running build, the front."""
        self._builder.cancel(self.state.current)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for copy in self.state.copies:
                self._copies.tell(self._copies.adopt(copy), number)
            wait_until(self._all_gone, self._service.grace)
        for copy in self.state.copies:
            self._copies.forget(self._copies.adopt(copy))
        self._save(copies=())
        self._desk.end(self._service.grace)

    # what begins a deployment

    def _take_orders(self, now: float) -> None:
        for name, order in self._disk.orders():
            if name in self.state.orders:  # carried out, but a kill came before it was taken away
                self._disk.done(name)
                continue
            done: dict[str, Any] = {"orders": (*self.state.orders, name)[-ORDERS_KEPT:]}
            if order.get("kind") == "scale":
                self._save(wanted=min(MOST_COPIES, max(1, int(order["instances"]))), **done)
            elif self._may_begin():
                self._begin_ordered(order, now, done)
            else:
                return  # after the deployment in progress
            self._disk.done(name)

    def _begin_ordered(self, order: dict[str, Any], now: float, done: dict[str, Any]) -> None:
        before = self._disk.deployment(str(order.get("deployment", "")))
        if order.get("kind") == "rollback" and before is not None:
            commit = Commit(before.commit, before.author, before.message, before.created_at)
            self._begin(Trigger.ROLLBACK, commit, None, now, done)
        elif order.get("kind") == "redeploy":
            commit = self._repository.commit(self._repository.head())
            self._begin(Trigger.REDEPLOY, commit, None, now, {**done, "seen": commit.hash})
        else:
            self._save(**done)

    def _look(self, now: float) -> None:
        try:
            head = self._repository.head()
            if head == self.state.seen or not self._may_begin():
                return self._save(problem="")
            commit, pushed = self._repository.commit(head), self._repository.pushed_at()
        except PlatformError as error:
            return self._save(problem=str(error))
        return self._begin(Trigger.PUSH, commit, pushed, now, {"seen": head, "problem": ""})

    def _may_begin(self) -> bool:
        """A build may be given up for a newer commit, and so may a rollback; a roll-out may not."""
        current = self._current()
        if current is None:
            return True
        return (
            current.stage(StageName.BUILD).state is StageState.RUNNING
            or current.stage(StageName.DEPLOY).state is StageState.FAILED
        )

    def _begin(
        self,
        trigger: Trigger,
        commit: Commit,
        pushed_at: float | None,
        now: float,
        changes: dict[str, Any],
    ) -> None:
        if current := self._current():
            self._give_up(current, now)
        number = self.state.number + 1
        deployment = Deployment(
            f"{number:06d}-{commit.hash[:7]}",
            commit.hash,
            DeploymentState.RUNNING,
            now,
            message=commit.message,
            author=commit.author,
            branch=self._service.branch,
            trigger=trigger,
            raw_state="building",
        )
        for stage in _arrival(trigger, commit, pushed_at, now):
            deployment = deployment.with_stage(stage)
        self._disk.save_deployment(deployment)
        self._save(number=number, current=deployment.id, served=False, failure="", **changes)

    # what carries it on

    def _build(self, current: Deployment, now: float) -> None:
        begun = current.stage(StageName.BUILD)
        ended, failure = self._builder.look(current, now)
        if not ended:
            return
        state = StageState.FAILED if failure else StageState.DONE
        current = current.with_stage(
            replace(begun, state=state, ended_at=now, detail=failure or begun.detail)
        )
        if failure:
            self._finish(replace(current, reason=failure), DeploymentState.FAILED, now)
        else:
            stage = Stage(StageName.DEPLOY, StageState.RUNNING, now)
            self._disk.save_deployment(replace(current.with_stage(stage), raw_state="deploying"))

    def _deploy(self, current: Deployment, move: Move, now: float) -> None:
        stage = current.stage(StageName.DEPLOY)
        if stage.state is StageState.FAILED:
            if self.state.target != self.state.running:  # a kill came in between
                self._save(target=self.state.running)
            elif isinstance(move, Done):
                self._finish(current, self._after_failure(), now)
        elif self.state.target != current.id:
            self._save(target=current.id)
        elif failure := self.state.failure:
            failed = replace(stage, state=StageState.FAILED, ended_at=now, detail=failure)
            current = replace(current.with_stage(failed), reason=failure, raw_state="rolling back")
            self._disk.save_deployment(current)
            self._save(target=self.state.running)
        elif isinstance(move, Done):
            done = replace(stage, state=StageState.DONE, ended_at=now)
            self._finish(current.with_stage(done), DeploymentState.LIVE, now)

    def _give_up(self, current: Deployment, now: float) -> None:
        self._builder.cancel(current.id)
        build = current.stage(StageName.BUILD)
        if build.state is StageState.RUNNING:
            why = "Given up for a newer deployment."
            stage = replace(build, state=StageState.SKIPPED, ended_at=now, detail=why)
            current = replace(current.with_stage(stage), reason=why)
            self._finish(current, DeploymentState.SUPERSEDED, now)
        else:
            self._finish(current, self._after_failure(), now)

    def _after_failure(self) -> DeploymentState:
        return DeploymentState.ROLLED_BACK if self.state.served else DeploymentState.FAILED

    def _finish(self, deployment: Deployment, state: DeploymentState, now: float) -> None:
        if state is not DeploymentState.LIVE:
            for stage in deployment.stages:
                if stage.state is StageState.WAITING:
                    deployment = deployment.with_stage(replace(stage, state=StageState.SKIPPED))
        deployment = replace(deployment, state=state, ended_at=now, raw_state=state.value)
        self._disk.save_deployment(deployment)
        self._settle(deployment)

    def _settle(self, ended: Deployment) -> None:
        """Draw the conclusions of a deployment that ended; may be repeated."""
        running = self.state.running
        if ended.state is DeploymentState.LIVE:
            before = self._disk.deployment(running) if running != ended.id else None
            if before is not None and before.state is DeploymentState.LIVE:
                state = DeploymentState.REPLACED
                self._disk.save_deployment(replace(before, state=state, raw_state=state.value))
            running = ended.id
        self._save(running=running, target=running, current="", served=False, failure="")
        tidy.tidy(self._disk, self.state)

    def _current(self) -> Deployment | None:
        """The deployment in progress. One that a killed controller had ended is settled."""
        current = self._disk.deployment(self.state.current)
        if current is not None and current.state is DeploymentState.RUNNING:
            return current
        if current is not None:
            self._settle(current)
        elif self.state.current:  # its document cannot be read
            self._save(current="", target=self.state.running)
        return None

    # the copies

    def _tend(self, now: float) -> None:
        """Look after every copy: take note of its health, its requests, its end."""
        launch.reap()
        for copy in self.state.copies:
            known = self._copies.adopt(copy)
            if not self._copies.alive(known, now):
                self._bury(known, now)
            elif known.phase is Phase.STARTING:
                self._await_health(known, now)
            else:
                self._put(known)
        serving = {one.name: one.port for one in self.state.copies if one.phase is Phase.SERVING}
        open_requests = self._desk.route(serving).open
        for copy in self.state.copies:
            late = now - copy.since
            if copy.phase is Phase.DRAINING and (
                not open_requests.get(copy.name) or late > self._service.drain_timeout
            ):
                self._end(copy, now)
            elif copy.phase is Phase.ENDING and late > self._service.grace:
                self._copies.tell(copy, signal.SIGKILL)

    def _await_health(self, copy: Copy, now: float) -> None:
        limit = self._service.health_timeout
        why = self._copies.healthy(copy)
        if not why:
            served = self.state.served or copy.release == self.state.current
            self._put(replace(copy, phase=Phase.SERVING, since=now), served=served)
        elif now - copy.since > limit:
            self._copies.tell(copy, signal.SIGTERM)
            failure = f"{copy.name} did not pass its health check within {limit:g} s: {why}."
            ending = replace(copy, phase=Phase.ENDING, since=now)
            self._put(ending, **self._death(copy, failure, now))
        else:
            self._put(copy)

    def _bury(self, copy: Copy, now: float) -> None:
        """Take note of a copy that is gone."""
        begun = self._copies.begun(copy)
        self._copies.forget(copy)
        left = tuple(one for one in self.state.copies if one.name != copy.name)
        if not begun or copy.phase in (Phase.DRAINING, Phase.ENDING):
            self._save(copies=left)
        else:
            code = self._copies.code(copy)
            when = "while it served" if copy.phase is Phase.SERVING else "before it was healthy"
            told = "" if code is None else f" with code {code}"
            # in one write with its removal: a kill in between would forget the failure
            self._save(copies=left, **self._death(copy, f"{copy.name} ended{told} {when}.", now))

    def _death(self, copy: Copy, failure: str, now: float) -> dict[str, Any]:
        """What a copy that should not have ended changes."""
        if copy.release != self.state.target:
            return {}
        steady = copy.phase is Phase.SERVING and now - copy.since >= STEADY_AFTER
        deaths = 1 if steady else self.state.deaths + 1
        changes = {"deaths": deaths, "pause_until": now + pause(deaths)}
        return {**changes, "failure": failure} if copy.release == self.state.current else changes

    def _move(self, now: float) -> Move:
        """Take the next step toward the copies that are wanted."""
        target = self._disk.deployment(self.state.target)
        move = next_move(self.state.copies, self.state.target, self.state.wanted)
        if isinstance(move, Start) and target and now >= self._pause_until():
            number = self.state.copy_number + 1
            copy = self._copies.intend(number, target.id, now)
            self._save(copy_number=number, copies=(*self.state.copies, copy))
            self._put(self._copies.start(copy, target.commit))
        elif isinstance(move, Drain):
            self._put(replace(move.copy, phase=Phase.DRAINING, since=now))
        elif isinstance(move, End):
            self._end(move.copy, now)
        return move

    def _pause_until(self) -> float:
        """A roll-out does not wait for what the release before it did."""
        return 0.0 if self.state.target == self.state.current else self.state.pause_until

    def _end(self, copy: Copy, now: float) -> None:
        self._copies.tell(copy, signal.SIGTERM)
        self._put(replace(copy, phase=Phase.ENDING, since=now))

    def _put(self, copy: Copy, **changes: Any) -> None:
        copies = tuple(copy if one.name == copy.name else one for one in self.state.copies)
        self._save(copies=copies, **changes)

    def _all_gone(self) -> bool:
        launch.reap()
        now = self._clock()
        return not any(
            self._copies.alive(self._copies.adopt(one), now) for one in self.state.copies
        )

    def _save(self, **changes: Any) -> None:
        state = replace(self.state, **changes)
        if state != self.state:
            self.state = state
            self._disk.save_state(state)


def _arrival(
    trigger: Trigger, commit: Commit, pushed_at: float | None, now: float
) -> tuple[Stage, ...]:
    """How a deployment came about: its first two stages, and the start of the third."""
    build = Stage(StageName.BUILD, StageState.RUNNING, now)
    if trigger is not Trigger.PUSH:
        push, detect = Stage(StageName.PUSH), Stage(StageName.DETECT)
        skipped = StageState.SKIPPED
        return replace(push, state=skipped), replace(detect, state=skipped), build
    detail = "" if pushed_at else "When it arrived is not known: git packed the branch away."
    push = Stage(StageName.PUSH, StageState.DONE, commit.committed_at, pushed_at, detail)
    return push, Stage(StageName.DETECT, StageState.DONE, pushed_at, now), build
