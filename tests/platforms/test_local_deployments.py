"""Real pushes to a real repository, real processes, and somebody who uses the service meanwhile."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from console.platforms.model import Deployment, DeploymentState, StageName, StageState, Trigger
from console.process_identity import identify
from console.waiting import wait_until
from tests.platforms.local_service import LIMIT, Workshop, app, running


def states(deployment: Deployment) -> list[str]:
    return [stage.state.value for stage in deployment.stages]


def test_a_good_commit_replaces_every_instance_and_no_request_fails(workshop: Workshop):
    first = workshop.begin()
    with workshop.load() as load:
        commit = workshop.push(app("two"), "Say two")
        deployment = workshop.settle(2)
    assert deployment.state is DeploymentState.LIVE
    assert deployment.commit == commit
    assert deployment.message == "Say two"
    assert deployment.author == "Ann Example"
    assert deployment.trigger is Trigger.PUSH
    assert states(deployment) == ["done", "done", "done", "done", "waiting"]
    assert all(
        deployment.stage(name).seconds(0.0) is not None
        for name in (StageName.DETECT, StageName.BUILD, StageName.DEPLOY)
    )
    assert running(workshop) == {commit}
    assert workshop.disk.deployment(first.id).state is DeploymentState.REPLACED
    assert load.failures == []
    assert {answer.split()[0] for answer in load.answers} == {"one", "two"}


def test_a_commit_that_does_not_build_changes_nothing_and_its_log_says_why(workshop: Workshop):
    first = workshop.begin()
    with workshop.load() as load:
        workshop.push("def broken(:\n")
        deployment = workshop.settle(2)
    assert deployment.state is DeploymentState.FAILED
    assert states(deployment) == ["done", "done", "failed", "skipped", "skipped"]
    assert "SyntaxError" in workshop.disk.tail(f"{deployment.id}.build")
    assert "build failed" in deployment.reason
    assert running(workshop) == {first.commit}
    assert load.failures == []


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (app("two", health=500), "did not pass its health check within 0.5 s: /health answers 500"),
        ("raise SystemExit(3)\n", "ended with code 3 before it was healthy"),
    ],
)
def test_a_commit_that_is_not_healthy_never_gets_a_request(
    workshop: Workshop, source: str, why: str
):
    workshop.service = replace(workshop.service, health_timeout=0.5)
    first = workshop.begin()
    with workshop.load() as load:
        workshop.push(source)
        deployment = workshop.settle(2)
    assert deployment.state is DeploymentState.FAILED
    assert why in deployment.reason
    assert deployment.stage(StageName.DEPLOY).state is StageState.FAILED
    assert load.failures == []
    assert {answer.split()[0] for answer in load.answers} == {"one"}
    assert running(workshop) == {first.commit}
    workshop.push(app("three"))
    assert workshop.settle(3).state is DeploymentState.LIVE  # a failure is not the end


def test_of_two_pushes_in_a_row_the_newer_one_goes_live(workshop: Workshop):
    workshop.service = replace(
        workshop.service, build=("python", "-S", "-c", "import time; time.sleep(0.3)")
    )
    workshop.begin()
    with workshop.load() as load:
        workshop.push(app("two"))
        workshop.until(lambda: workshop.controller.state.number == 2)
        newest = workshop.push(app("three"))
        deployment = workshop.settle(3)
    assert deployment.commit == newest
    assert deployment.state is DeploymentState.LIVE
    given_up = workshop.disk.deployments(2)[1]
    assert given_up.state is DeploymentState.SUPERSEDED
    assert "newer deployment" in given_up.reason
    assert running(workshop) == {newest}
    assert {answer.split()[0] for answer in load.answers} == {"one", "three"}
    assert load.failures == []


def test_a_push_during_a_roll_out_waits_for_its_end(workshop: Workshop):
    workshop.begin()
    with workshop.load() as load:
        workshop.push(app("two", before=0.2))
        workshop.until(lambda: workshop.controller.state.served)
        newest = workshop.push(app("three"))
        workshop.settle(3)
    third, second = workshop.disk.deployments(2)
    assert (second.state, third.state) == (DeploymentState.REPLACED, DeploymentState.LIVE)
    assert third.created_at >= (second.ended_at or 0)
    assert running(workshop) == {newest}
    assert load.failures == []


def test_a_slow_commit_is_waited_for_and_a_slow_request_is_answered_in_full(workshop: Workshop):
    workshop.controller.keeper.state = replace(workshop.controller.state, wanted=2)
    workshop.push(app("one", work=0.4))
    workshop.settle(1)
    with workshop.load() as load:
        commit = workshop.push(app("two", before=1.0))
        deployment = workshop.settle(2)
    assert deployment.state is DeploymentState.LIVE
    assert (deployment.stage(StageName.DEPLOY).seconds(0.0) or 0) >= 2.0  # two, one after another
    assert running(workshop) == {commit}
    assert load.failures == []


def test_one_that_dies_during_the_roll_out_brings_the_version_before_back(workshop: Workshop):
    """The first copy serves, the second does not come up: what was replaced comes back."""
    first = workshop.begin()
    dies = "import os\nif os.environ['OPS_INSTANCE'].endswith('-4'): raise SystemExit(7)\n"
    with workshop.load() as load:
        workshop.push(dies + app("two"))
        deployment = workshop.settle(2)
    assert deployment.state is DeploymentState.ROLLED_BACK
    assert deployment.reason == "copy-4 ended with code 7 before it was healthy."
    assert workshop.controller.state.running == first.id
    assert running(workshop) == {first.commit}
    assert load.failures == []


def test_instances_are_added_and_taken_away_and_mended_without_a_failed_request(
    workshop: Workshop,
):
    workshop.begin(instances=1)
    with workshop.load() as load:
        for wanted in (3, 1):
            workshop.disk.order({"kind": "scale", "instances": wanted})
            workshop.until(lambda n=wanted: workshop.controller.state.wanted == n)
            workshop.settle(1)
            assert len(workshop.controller.state.copies) == wanted
        assert load.failures == []
    only = workshop.controller.state.copies[0]
    os.kill(only.pid or 0, signal.SIGKILL)
    workshop.until(lambda: only not in workshop.controller.state.copies)
    workshop.settle(1)
    assert len(workshop.controller.state.copies) == 1


def test_an_operator_brings_an_earlier_version_back_and_it_stays(workshop: Workshop):
    first = workshop.begin()
    workshop.push(app("two"))
    workshop.settle(2)
    with workshop.load() as load:
        workshop.disk.order({"kind": "rollback", "deployment": first.id})
        deployment = workshop.settle(3)
    assert deployment.trigger is Trigger.ROLLBACK
    assert deployment.commit == first.commit
    assert deployment.state is DeploymentState.LIVE
    assert states(deployment) == ["skipped", "skipped", "done", "done", "waiting"]
    workshop.another_controller().step()  # one that looks at the branch at once
    assert workshop.controller.state.number == 3  # the newer commit is not rolled out again
    assert running(workshop) == {first.commit}
    assert load.failures == []


def test_requirements_are_only_installed_when_they_changed(workshop: Workshop):
    workshop.controller.keeper.state = replace(workshop.controller.state, wanted=1)

    def made(number: int, requirements: str) -> tuple[str, int]:
        workshop.push(app("one"), requirements=requirements)
        name = workshop.settle(number).id
        return workshop.disk.tail(f"{name}.build"), len(list(workshop.disk.path("venvs").iterdir()))

    assert "did not change" not in made(1, "# none\n")[0]
    again, environments = made(2, "# none\n")
    assert "Requirements did not change." in again
    assert environments == 1
    changed, environments = made(3, "# none yet\n")
    assert "did not change" not in changed
    assert environments == 2


def test_a_branch_that_is_not_there_is_told_and_waited_for(workshop: Workshop):
    workshop.until(lambda: bool(workshop.controller.state.problem))
    assert "has no branch 'main'" in workshop.controller.state.problem
    workshop.push(app("one"))
    assert workshop.settle(1).state is DeploymentState.LIVE
    assert workshop.controller.state.problem == ""


def with_a_child(says: str, told: Path) -> str:
    """A version that begins a process of its own, which does not listen to SIGTERM."""
    begins = "import os, subprocess\n"
    begins += "child = subprocess.Popen(['sh', '-c', 'trap \"\" TERM; exec sleep 600'])\n"
    begins += f"print(child.pid, os.getpid(), file=open({str(told)!r}, 'a'), flush=True)\n"
    return begins + app(says)


def test_what_an_instance_had_started_ends_with_it_however_that_ends(
    workshop: Workshop, tmp_path: Path
):
    workshop.begin(1)
    workshop.push(with_a_child("two", tmp_path / "pids"))
    workshop.settle(2)

    def children() -> list[int]:
        return [int(line.split()[0]) for line in (tmp_path / "pids").read_text().splitlines()]

    (first,) = children()
    os.kill(int((tmp_path / "pids").read_text().split()[1]), signal.SIGKILL)  # as for its memory
    workshop.until(lambda: len(children()) == 2 and not workshop.controller.busy)
    workshop.until(lambda: identify(first) is None)
    workshop.controller.end()
    assert wait_until(lambda: not any(map(identify, children())), LIMIT)
