"""What other rooms tell of deployments: one line, and never more than is known."""

from dataclasses import replace

import pytest

from console.deployments.beside import counts, headline, last
from console.deployments.history import READING_OLD, Snapshot
from console.deployments.model import Record, Verdict, Verification
from console.health.summary import Standing
from console.platforms.model import (
    Capability,
    Deployment,
    DeploymentState,
    InstanceRange,
    Stage,
    StageName,
    StageState,
)

NOW = 1_000_000.0
LIVE = NOW - 720


def record(
    verdict: Verdict | None, state: DeploymentState = DeploymentState.LIVE, live: float = LIVE
) -> Record:
    deployment = Deployment("d1", "3f2a1b9" + "0" * 33, state, live - 60, live)
    deployment = deployment.with_stage(Stage(StageName.DEPLOY, StageState.DONE, live - 9, live))
    sentence = "p95 is 80 % slower." if verdict is Verdict.DEGRADED else "As it is."
    found = Verification(verdict, sentence, live, live + 900) if verdict else None
    return Record(deployment, found)


def snapshot(*records: Record, **more: object) -> Snapshot:
    made = Snapshot(NOW - 12, "Render", known_since=1.0, records=records)
    return replace(made, **more)  # pyright: ignore[reportArgumentType]  # fields by name


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (Verdict.WATCHING, (None, "3f2a1b9 deployed 12 min ago, verifying for 3 min more.")),
        (Verdict.VERIFIED, (Standing.PASS, "3f2a1b9 deployed 12 min ago, verified.")),
        (
            Verdict.DEGRADED,
            (Standing.WARN, "3f2a1b9 deployed 12 min ago, degraded: p95 is 80 % slower."),
        ),
        (Verdict.FAILED, (Standing.FAIL, "3f2a1b9 deployed 12 min ago, failed: As it is.")),
        (
            Verdict.NOT_KNOWN,
            (Standing.UNKNOWN, "3f2a1b9 deployed 12 min ago, not known: As it is."),
        ),
        (None, (None, "3f2a1b9 deployed 12 min ago, before the console looked.")),
    ],
)
def test_a_deployment_is_one_line_with_its_verdict(
    verdict: Verdict | None, told: tuple[Standing | None, str]
):
    assert headline(snapshot(record(verdict)), NOW) == told


def test_one_that_is_under_way_has_no_verdict_and_one_that_broke_has():
    running = record(None, DeploymentState.RUNNING)
    told = headline(snapshot(running), NOW)
    assert told is not None
    assert told[0] is None
    assert told[1].startswith("3f2a1b9 is being deployed")
    broken = headline(snapshot(record(None, DeploymentState.FAILED)), NOW)
    assert broken is not None
    assert broken[0] is Standing.FAIL


def test_what_is_old_or_away_is_not_told_as_now():
    well = record(Verdict.VERIFIED)
    for found in (
        snapshot(well, at=NOW - READING_OLD - 1),
        snapshot(well, problem="Render does not answer."),
    ):
        told = headline(found, NOW)
        assert told is not None
        assert told[0] is Standing.UNKNOWN
        newest = last(found, NOW)
        assert newest is not None
        assert not newest.settled
        assert newest.sentence.startswith("3f2a1b9 was the last one known. ")
    assert headline(None, NOW) is None
    assert last(snapshot(), NOW) is None


@pytest.mark.parametrize(
    ("found", "settled"),
    [
        (record(Verdict.VERIFIED), True),
        (record(Verdict.FAILED), True),
        (record(None), True),
        (record(Verdict.WATCHING), False),
        (record(None, DeploymentState.RUNNING), False),
    ],
)
def test_a_hook_can_wait_until_the_last_deployment_is_settled(found: Record, settled: bool):
    newest = last(snapshot(found), NOW)
    assert newest is not None
    assert newest.settled is settled


def test_what_the_platform_says_of_instances_stands_beside_those_that_are_heard_of():
    three = snapshot(record(Verdict.VERIFIED), instances=InstanceRange(3, 3, 1, 4))
    agreed = counts(three, 3, NOW)
    assert agreed == (
        None, "Render says: 3 run, 3 desired, scaled between 1 and 4 (12 s ago).",
    )  # fmt: skip
    fewer = counts(three, 2, NOW)
    assert fewer is not None
    assert fewer[0] is Standing.WARN
    assert fewer[1].startswith("The platform says 3 instances, 2 report: the others run without")
    more = counts(three, 4, NOW)
    assert more is not None
    assert more[1].startswith("The platform says 3 instances, 4 report: the others belong to")


def test_while_a_deployment_replaces_instances_the_numbers_may_differ():
    moving = snapshot(record(None, DeploymentState.RUNNING), instances=InstanceRange(3))
    just = snapshot(record(Verdict.WATCHING, live=NOW - 30), instances=InstanceRange(3))
    for found in (moving, just):
        told = counts(found, 5, NOW)
        assert told is not None
        assert told[0] is None
        assert "while a deployment replaces them" in told[1]


def test_a_number_that_is_not_known_is_not_zero():
    nothing = counts(snapshot(record(None), instances=InstanceRange()), 2, NOW)
    assert nothing is not None
    assert "how many run is not told" in nothing[1]
    away = counts(snapshot(problem="Render does not accept the token."), 2, NOW)
    assert away == (
        Standing.UNKNOWN,
        "How many Render runs is not known. Render does not accept the token.",
    )
    lacking = snapshot(missing={Capability.INSTANCES.value: "Not offered by X: no API."})
    assert counts(lacking, 2, NOW) == (None, "Not offered by X: no API.")
    assert counts(snapshot(source="instances"), 2, NOW) is None
    assert counts(None, 2, NOW) is None
