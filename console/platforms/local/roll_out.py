"""Carries one deployment of a local service from its build to its end."""

from dataclasses import replace
from typing import Any

from console.platforms.local import tidy, variables
from console.platforms.local.builder import Builder
from console.platforms.local.disk import Disk
from console.platforms.local.keeper import StateKeeper
from console.platforms.local.model import Done, LocalService, Move, State
from console.platforms.local.repository import Commit
from console.platforms.model import (
    Deployment,
    DeploymentState,
    Stage,
    StageName,
    StageState,
    Trigger,
)


class RollOut:
    """The deployment in progress: begun, built, rolled out, given up, finished."""

    def __init__(self, disk: Disk, service: LocalService, keeper: StateKeeper) -> None:
        self._disk, self._service, self._keeper = disk, service, keeper
        self._builder = Builder(disk, service)

    def cancel(self) -> None:
        """End a build that runs."""
        self._builder.cancel(self._state.current)

    def current(self) -> Deployment | None:
        """The deployment in progress. One that a killed controller had ended is settled."""
        current = self._disk.deployment(self._state.current)
        if current is not None and current.state is DeploymentState.RUNNING:
            return current
        if current is not None:
            self._settle(current)
        elif self._state.current:  # its document cannot be read
            self._keeper.save(current="", target=self._state.running)
        return None

    def may_begin(self) -> bool:
        """A build may be given up for a newer commit, and so may a rollback; a roll-out may not."""
        current = self.current()
        if current is None:
            return True
        return (
            current.stage(StageName.BUILD).state is StageState.RUNNING
            or current.stage(StageName.DEPLOY).state is StageState.FAILED
        )

    def begin(
        self,
        trigger: Trigger,
        commit: Commit,
        pushed_at: float | None,
        now: float,
        changes: dict[str, Any],
    ) -> None:
        """Begin the deployment of a commit; `changes` are of the state, in the same write."""
        if current := self.current():
            self._give_up(current, now)
        number = self._state.number + 1
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
        self._keeper.save(number=number, current=deployment.id, served=False, failure="", **changes)

    def change(self, name: str, value: str, now: float, changes: dict[str, Any]) -> None:
        """Begin to give the version that runs a variable; nothing is built anew. `changes` are of
        the state, in the same write. Call only while nothing is under way."""
        running = self._disk.deployment(self._state.running)
        if running is None:
            return self._keeper.save(**changes)
        number = self._state.number + 1
        deployment = Deployment(
            f"{number:06d}-{running.commit[:7]}",
            running.commit,
            DeploymentState.RUNNING,
            now,
            message=f"{name} was set",
            branch=self._service.branch,
            trigger=Trigger.SETTINGS,
            raw_state="deploying",
        )
        for stage in (StageName.PUSH, StageName.DETECT, StageName.BUILD):
            deployment = deployment.with_stage(Stage(stage, StageState.SKIPPED))
        deployment = deployment.with_stage(Stage(StageName.DEPLOY, StageState.RUNNING, now))
        before = variables.given(self._disk, self._state, running.id)
        self._disk.save_variables(deployment.id, {**before, name: value})
        self._disk.save_deployment(deployment)
        current = deployment.id
        return self._keeper.save(
            number=number, current=current, served=False, failure="", **changes
        )

    def build(self, current: Deployment, now: float) -> None:
        """Carry the build on; where it ended well, the copies are next."""
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

    def deploy(self, current: Deployment, move: Move, now: float, waits_for: str = "") -> None:
        """Draw the conclusions of what the copies do: go on, go back, or be done. `waits_for` says
        what a copy that starts is still waited for."""
        stage = current.stage(StageName.DEPLOY)
        if stage.state is StageState.FAILED:
            if self._state.target != self._state.running:  # a kill came in between
                self._keeper.save(target=self._state.running)
            elif isinstance(move, Done):
                self._finish(current, self._after_failure(), now)
        elif self._state.target != current.id:
            self._keeper.save(target=current.id)
        elif failure := self._state.failure:
            failed = replace(stage, state=StageState.FAILED, ended_at=now, detail=failure)
            current = replace(current.with_stage(failed), reason=failure, raw_state="rolling back")
            self._disk.save_deployment(current)
            self._keeper.save(target=self._state.running)
        elif isinstance(move, Done):
            done = replace(stage, state=StageState.DONE, ended_at=now, detail="")
            self._finish(current.with_stage(done), DeploymentState.LIVE, now)
        elif waits_for != stage.detail:
            self._disk.save_deployment(current.with_stage(replace(stage, detail=waits_for)))

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
        return DeploymentState.ROLLED_BACK if self._state.served else DeploymentState.FAILED

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
        running, force = self._state.running, self._state.variables
        if ended.state is DeploymentState.LIVE:
            before = self._disk.deployment(running) if running != ended.id else None
            if before is not None and before.state is DeploymentState.LIVE:
                state = DeploymentState.REPLACED
                self._disk.save_deployment(replace(before, state=state, raw_state=state.value))
            running = ended.id
            force = variables.in_force(self._disk, self._state, ended.id)
        self._keeper.save(
            running=running, target=running, current="", served=False, failure="", variables=force
        )
        tidy.tidy(self._disk, self._state)
        variables.tidy(self._disk, self._state)

    @property
    def _state(self) -> State:
        return self._keeper.state


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
