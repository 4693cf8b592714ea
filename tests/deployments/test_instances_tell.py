"""Deployments without a platform: what the commits of the instances tell, from first to last."""

from dataclasses import replace

from console.deployments.gather import Around, observe
from console.deployments.history import Snapshot, happened, known_from
from console.deployments.model import Verdict
from console.deployments.timeline import events
from console.deployments.verdict import summarise
from console.health.model import Status
from console.health.summary import Standing
from console.instances.heartbeat import Beat
from console.instances.model import Heard
from console.instances.model import Snapshot as Instances
from console.platforms.model import (
    DeploymentState,
    InstanceRange,
    StageName,
    StageState,
    Trigger,
)

NOW = 1_000_000.0
OLD, NEW, THIRD = "a" * 40, "b" * 40, "c" * 40
CHECKS = {"door": ("Front door", Status.PASS)}


def beat(name: str, commit: str, started: float, at: float, **more: object) -> Heard:
    return Heard(name, at, Beat(name, at, started, 2.0, commit, **more))  # pyright: ignore[reportArgumentType]  # fields by name


def heard(at: float, **instances: tuple[str, float]) -> Instances:
    return Instances(at, at, heard=tuple(beat(name, *one, at) for name, one in instances.items()))


async def look(before: Snapshot, found: Instances) -> Snapshot:
    return await observe(found, "tiny", before, Around(CHECKS, None), found.at)


def states(snapshot: Snapshot) -> list[tuple[str, DeploymentState]]:
    return [(one.deployment.commit[:1], one.deployment.state) for one in snapshot.records]


RUNNING, LIVE, REPLACED = (
    DeploymentState.RUNNING,
    DeploymentState.LIVE,
    DeploymentState.REPLACED,
)


async def begun() -> Snapshot:
    """Two instances that ran for an hour when the console looked first."""
    return await look(Snapshot(0.0), heard(NOW, i1=(OLD, NOW - 3600), i2=(OLD, NOW - 3500)))


async def test_what_ran_already_is_live_and_is_not_verified():
    found = await begun()
    assert states(found) == [("a", LIVE)]
    assert known_from(found) == NOW  # earlier ones are not known
    assert happened(found) == ()  # instances that began in a freeze are no deployment in it
    assert found.records[0].verification is None
    assert events(Snapshot(0.0), found) == []
    assert found.source == "instances"
    assert found.instances == InstanceRange(2)
    one = found.records[0]
    assert one.deployment.stage(StageName.DEPLOY).seconds(NOW) is None  # nobody saw it begin
    assert one.stages[-1].state is StageState.SKIPPED
    assert one.stages[-1].detail == "It was live before the console looked."
    assert "before the console looked" in summarise(found, NOW)[1]


async def test_a_new_commit_is_a_deployment_from_its_first_instance_to_the_last_old_one():
    first = await begun()
    mixed = heard(NOW + 30, i1=(OLD, NOW - 3600), i2=(OLD, NOW - 3500), n1=(NEW, NOW + 25))
    second = await look(first, mixed)
    assert states(second) == [("b", RUNNING), ("a", LIVE)]
    newest = second.records[0].deployment
    assert newest.created_at == NOW + 25
    assert newest.stage(StageName.DEPLOY).detail == "1 of 3 instances on it."
    assert [newest.stage(name).state for name in (StageName.PUSH, StageName.BUILD)] == [
        StageState.UNKNOWN,
        StageState.UNKNOWN,
    ]
    assert "Not told without a platform" in newest.stage(StageName.DETECT).detail

    both = heard(NOW + 40, n1=(NEW, NOW + 25), n2=(NEW, NOW + 33))
    third = await look(second, both)
    assert states(third) == [("b", LIVE), ("a", REPLACED)]
    assert happened(third) == third.records[:1]
    record = third.records[0]
    # the last old one was there at the reading before, and the last new one began after that
    assert record.live_at == NOW + 33
    assert record.deployment.stage(StageName.DEPLOY).seconds(NOW + 99) == 8.0
    assert record.checks_before == {"door": Status.PASS}
    assert record.verification is not None
    assert record.verification.verdict is Verdict.WATCHING
    assert [one.title for one in events(second, third)] == ["Deployment of bbbbbbb is live."]
    # the same again says nothing new, and an instance more is scaling
    more = heard(NOW + 60, n1=(NEW, NOW + 25), n2=(NEW, NOW + 33), n3=(NEW, NOW + 58))
    fourth = await look(third, more)
    assert states(fourth) == states(third)
    assert fourth.records[0].live_at == NOW + 33


async def test_a_console_that_comes_in_the_middle_of_a_roll_out_knows_which_version_is_new():
    """Also where the old one is the last of many."""
    mixed = heard(NOW, n1=(NEW, NOW - 20), n2=(NEW, NOW - 9), i1=(OLD, NOW - 3600))
    first = await look(Snapshot(0.0), mixed)
    assert states(first) == [("b", RUNNING), ("a", LIVE)]
    second = await look(first, heard(NOW + 5, n1=(NEW, NOW - 20), n2=(NEW, NOW - 9)))
    assert states(second) == [("b", LIVE), ("a", REPLACED)]
    assert second.records[0].verification is not None  # it went live while the console looked


async def test_a_commit_that_goes_away_again_was_rolled_back():
    first = await begun()
    second = await look(first, heard(NOW + 30, i1=(OLD, NOW - 3600), n1=(NEW, NOW + 25)))
    third = await look(second, heard(NOW + 50, i1=(OLD, NOW - 3600)))
    assert states(third) == [("b", DeploymentState.ROLLED_BACK), ("a", LIVE)]
    assert "the version before runs on" in third.records[0].deployment.reason
    assert [one.status for one in events(second, third)] == ["fail"]


async def test_an_earlier_commit_that_begins_anew_is_a_rollback_and_a_straggler_is_none():
    first = await begun()
    second = await look(first, heard(NOW + 30, n1=(NEW, NOW + 25)))
    assert states(second) == [("b", LIVE), ("a", REPLACED)]
    # cut off from Redis for a while, and heard of again
    stray = await look(second, heard(NOW + 60, n1=(NEW, NOW + 25), i1=(OLD, NOW - 3600)))
    assert states(stray) == states(second)
    third = await look(stray, heard(NOW + 90, r1=(OLD, NOW + 85)))
    assert states(third) == [("a", LIVE), ("b", REPLACED), ("a", REPLACED)]
    assert third.records[0].deployment.trigger is Trigger.ROLLBACK


async def test_a_third_commit_takes_the_place_of_one_that_was_not_done():
    first = await begun()
    second = await look(first, heard(NOW + 30, i1=(OLD, NOW - 3600), n1=(NEW, NOW + 25)))
    third = await look(
        second, heard(NOW + 40, i1=(OLD, NOW - 3600), n1=(NEW, NOW + 25), m1=(THIRD, NOW + 38))
    )
    assert states(third) == [
        ("c", RUNNING),
        ("b", DeploymentState.SUPERSEDED),
        ("a", LIVE),
    ]
    fourth = await look(third, heard(NOW + 50, m1=(THIRD, NOW + 38)))
    assert states(fourth)[0] == ("c", LIVE)


async def test_a_console_that_was_away_dates_a_deployment_by_its_instances():
    first = await begun()
    found = await look(first, heard(NOW + 9000, n1=(NEW, NOW + 7000), n2=(NEW, NOW + 7060)))
    record = found.records[0]
    assert (record.deployment.created_at, record.live_at) == (NOW + 7000, NOW + 7060)


async def test_nobody_is_asked_to_believe_a_clock_that_is_off():
    first = await begun()
    ahead = Heard("n1", NOW + 30, Beat("n1", NOW + 90_030, NOW + 90_025, 2.0, NEW))
    found = await look(first, Instances(NOW + 30, NOW + 30, heard=(ahead,)))
    assert found.records[0].deployment.created_at == NOW + 25  # corrected by how far it is off
    untold = Heard("n1", NOW + 30, Beat("n1", None, NOW + 90_025, 2.0, NEW))
    found = await look(first, Instances(NOW + 30, NOW + 30, heard=(untold,)))
    assert found.records[0].deployment.created_at == NOW + 30
    never = Heard("n1", NOW + 30, Beat("n1", None, None, 2.0, NEW))
    found = await look(first, Instances(NOW + 30, NOW + 30, heard=(never,)))
    assert (found.records[0].deployment.created_at, found.records[0].live_at) == (NOW + 30,) * 2


async def test_silence_and_a_redis_that_is_away_change_nothing_and_are_said():
    first = await begun()
    away = await look(first, Instances(NOW + 30, problem="Redis at cache:6379 cannot be reached."))
    assert away.records == first.records
    assert away.problem == "Redis at cache:6379 cannot be reached."
    silent = heard(NOW + 90, i1=(OLD, NOW - 3600))
    silent = replace(silent, server_at=NOW + 900)
    assert (await look(first, silent)).records == first.records
    untold = await look(Snapshot(0.0), heard(NOW, i1=("", NOW - 5)))
    assert untold.records == ()


async def test_a_platform_begins_a_history_of_its_own():
    first = await begun()
    again = await observe(
        heard(NOW + 5, i1=(OLD, NOW - 3600)),
        "tiny",
        replace(first, source="platform"),
        Around({}, None),
        NOW + 5,
    )
    assert again.known_since == NOW + 5
    assert states(again) == [("a", LIVE)]


async def test_a_roll_out_that_never_reaches_every_instance_is_told_and_is_never_live():
    found, at = await begun(), NOW
    for minute in range(0, 40, 5):
        at = NOW + 30 + 60 * minute
        mixed = heard(at, i1=(OLD, NOW - 3600), n1=(NEW, NOW + 25), n2=(NEW, NOW + 26))
        found = await look(found, mixed)
    assert states(found) == [("b", RUNNING), ("a", LIVE)]
    assert found.records[0].verification is None
    standing, sentence = summarise(found, at + 1)
    assert standing is Standing.WARN
    assert sentence.endswith("does not come to an end. 2 of 3 instances on it.")
