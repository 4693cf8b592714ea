"""A console that is killed in every stage of a deployment, and of a rollback that it makes itself:
one story is told in the end, as if nothing had happened, and no request failed meanwhile."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from console.activity.model import Kind
from console.deployments.act_auto_order import AGAIN_AFTER
from console.deployments.model import Verdict
from console.deployments.watch import LOOKS, WINDOW
from console.health.model import Status
from console.platforms.model import DeploymentState, StageName, StageState, Trigger
from tests.deployments.killed_consoles import NAME, Console, version
from tests.platforms.conftest import workshop
from tests.platforms.local_service import Workshop, running
from tests.valkey_process import ValkeyProcess

__all__ = ["workshop"]

RUNNING = StageState.RUNNING


@pytest.fixture
def console(
    tmp_path: Path, workshop: Workshop, valkey_process: ValkeyProcess, valkey_url: str
) -> Iterator[Console]:
    del valkey_url  # which empties it
    workshop.begin(1)
    made = Console(tmp_path, workshop, valkey_process)
    yield made
    made.end()


def test_a_console_killed_in_every_stage_tells_one_story(workshop: Workshop, console: Console):
    def is_in(stage: StageName) -> bool:
        """By what the console has written down."""
        one = console.newest()
        return one is not None and one.deployment.stage(stage).state is RUNNING

    def on_platform(stage: StageName) -> bool:
        return workshop.disk.deployments(1)[0].stage(stage).state is RUNNING

    def verdict() -> Verdict | None:
        one = console.newest()
        return one.verification.verdict if one and one.verification else None

    def door(since: float | None) -> Status | None:
        """How it stands by a probe that began later than that."""
        state = console.store.states(NAME).get("door")
        last = state.last if state else None
        return state.status if state and last and last.at > (since or 0.0) else None

    console.hear("i1", "")
    console.start()
    console.until(lambda: console.newest() and door(None) is Status.PASS)
    with workshop.load(every=0.1) as load:
        console.kill()  # while it is pushed
        good = workshop.push(version("good"))
        console.start()
        console.until(lambda: console.store.collector() and console.newest())
        console.kill()  # before the platform notices it
        workshop.until(lambda: on_platform(StageName.BUILD))
        console.start()
        console.until(lambda: is_in(StageName.BUILD))
        console.kill()
        workshop.until(lambda: on_platform(StageName.DEPLOY))
        console.start()
        console.until(lambda: is_in(StageName.DEPLOY))
        console.kill()
        first = workshop.settle(2)
        console.hear("i2", good)
        console.start()
        live = first.ended_at or 0.0
        console.until(lambda: verdict() is Verdict.WATCHING)
        console.until(lambda: door(live) is Status.PASS)
        console.kill()
        console.ahead += WINDOW + 30
        console.start()
        console.until(lambda: verdict() is Verdict.VERIFIED)
        console.kill()

        # between what it is about to do and doing it, then between doing it and writing it down
        console.start(dies="intend")
        bad = workshop.push(version("bad", door=500))
        second = workshop.settle(3)
        console.hear("i3", bad)
        console.until(lambda: door(second.ended_at) is Status.FAIL)
        console.ahead += WINDOW / LOOKS  # when it looks again
        console.dead()
        assert (verdict(), workshop.disk.orders()) == (Verdict.FAILED, [])
        console.start(dies="perform")
        console.ahead += AGAIN_AFTER
        console.dead()
        ((_, order),) = workshop.disk.orders()
        assert order == {"kind": "rollback", "deployment": first.id}
        assert console.snapshot().automatic == ()
        back = workshop.settle(4)
        console.hear("i4", good)
        console.start()
        console.until(lambda: console.snapshot().automatic)
        console.ahead += 2 * AGAIN_AFTER
        console.until(lambda: verdict() is Verdict.WATCHING)
        console.kill()
        workshop.settle(4)
        assert running(workshop) == {good}
    assert load.failures == []
    assert len(load.answers) > 20

    snapshot = console.snapshot()
    found = {one.deployment.id: one for one in snapshot.records}
    assert [*found][:3] == [back.id, second.id, first.id]
    assert workshop.disk.orders() == []
    assert back.trigger is Trigger.ROLLBACK
    (made,) = snapshot.automatic
    assert (made.deployment, made.to, made.done) == (second.id, first.id, True)

    one = found[first.id]
    told = one.stages
    assert {stage.state for stage in told} == {StageState.DONE}
    assert told[:4] == workshop.disk.deployment(first.id).stages[:4]
    for before, after in pairwise(told):
        assert before.ended_at == after.started_at
    assert told[-1].ended_at == live + WINDOW
    assert one.verification.sentence.startswith("Verified over 10 min.")
    assert found[second.id].deployment.state is DeploymentState.REPLACED
    assert found[second.id].verification.sentence == "Failing since the deployment: door."

    events = console.store.events(NAME, 0.0, console.now() + 60)
    ids = Counter(one.id for one in events if one.kind is Kind.DEPLOYMENT)
    assert ids == {
        f"deployment-{first.id}-ended": 1,
        f"deployment-{first.id}-verdict": 1,
        f"deployment-{second.id}-ended": 1,
        f"deployment-{second.id}-verdict": 1,
        f"deployment-{back.id}-ended": 1,
        f"automatic-{second.id}": 1,
    }
