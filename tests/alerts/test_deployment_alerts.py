"""Deployments that call somebody, and when that is over."""

from dataclasses import replace

import pytest

from console.alerts.book import evaluate
from console.alerts.causes import by_deployment
from console.alerts.deployments import of_deployments
from console.alerts.signal import Signal
from console.deployments.history import READING_OLD, Snapshot
from console.deployments.model import Record, Verdict, Verification
from console.health.check import Check, Service
from console.health.model import Status
from console.platforms.model import Deployment, DeploymentState

NOW = 1_800_000_000.0


def record(
    id: str, state: DeploymentState, verdict: Verdict | None = None, ago: float = 60.0, **more
) -> Record:
    at = NOW - ago
    one = Deployment(id, f"{id}0000000000", state, at - 90, ended_at=at, **more)
    found = None if verdict is None else Verification(verdict, "5xx rose to 9 %.", at, at + 600)
    return Record(one, found)


def signals(*records: Record, at: float = NOW, **more) -> list[Signal]:
    return of_deployments(Snapshot(at, "Render", records=records, **more), NOW)


@pytest.mark.parametrize(
    ("state", "verdict", "status"),
    [
        (DeploymentState.FAILED, None, Status.FAIL),
        (DeploymentState.ROLLED_BACK, None, Status.FAIL),
        (DeploymentState.LIVE, Verdict.FAILED, Status.FAIL),
        (DeploymentState.LIVE, Verdict.DEGRADED, Status.WARN),
        (DeploymentState.LIVE, Verdict.VERIFIED, Status.PASS),
        (DeploymentState.LIVE, Verdict.WATCHING, Status.UNKNOWN),
        (DeploymentState.LIVE, Verdict.NOT_KNOWN, Status.UNKNOWN),
        (DeploymentState.LIVE, None, Status.UNKNOWN),
        (DeploymentState.SUPERSEDED, None, Status.UNKNOWN),
    ],
)
def test_how_the_newest_one_stands(state: DeploymentState, verdict: Verdict | None, status: Status):
    (one,) = signals(record("abc1", state, verdict))
    assert (one.key, one.status, one.page) == ("deployment:abc1", status, "deployments")
    assert one.title == "Deployment of abc1000"


def test_what_is_said_of_it():
    (failed,) = signals(record("a", DeploymentState.FAILED, reason="The build failed."))
    assert failed.summary == "The build failed."
    (worse,) = signals(record("a", DeploymentState.LIVE, Verdict.DEGRADED))
    assert worse.summary == "5xx rose to 9 %."


def test_a_failure_is_over_once_a_later_one_is_live_and_not_while_that_is_under_way():
    failed = record("a", DeploymentState.FAILED, ago=600)
    book = evaluate({}, signals(failed), NOW).records
    assert book["deployment:a"].alert.active
    under_way = replace(record("b", DeploymentState.RUNNING).deployment, ended_at=None)
    book = evaluate(book, signals(Record(under_way), failed), NOW + 5).records
    assert book["deployment:a"].alert.active
    found = evaluate(book, signals(record("b", DeploymentState.LIVE), failed), NOW + 9)
    assert [one.key for one in found.resolved] == ["deployment:a"]
    assert found.resolved[0].ending == "A later one is live."


def test_what_the_console_did_not_see_calls_nobody():
    failed = record("a", DeploymentState.FAILED)
    assert signals(failed, known_since=NOW) == []
    assert signals(failed, at=NOW - READING_OLD - 1) == []
    assert signals(failed, problem="The token is not accepted.") == []
    assert of_deployments(None, NOW) == []


SHOP = Service(
    name="shop",
    url="https://shop.example",
    checks=[
        Check(name="api", url="https://shop.example/health"),
        Check(name="page", url="https://shop.example/", depends_on=["api"]),
        Check(name="bank", url="https://bank.example/status"),
    ],
)


def broken(key: str, since: float | None, **more) -> Signal:
    return Signal(key, key.title(), Status.FAIL, "HTTP 500.", since=since, **more)


def explained(*more: Signal, verdict: Verdict = Verdict.FAILED) -> dict[str, tuple[str, str]]:
    """What each follows from, and its group, beside a deployment that is live for a minute."""
    snapshot = Snapshot(NOW, "Render", records=(record("a", DeploymentState.LIVE, verdict),))
    found = by_deployment([*of_deployments(snapshot, NOW), *more], snapshot, SHOP)
    return {one.key: (one.explained_by, one.group) for one in found[1:]}


BY_IT = ("Deployment of a000000", "deployment:a")


def test_a_deployment_that_did_badly_explains_what_broke_with_it():
    page = broken("check:page", NOW - 40, group="check:api", explained_by="Api")
    found = explained(
        broken("check:api", NOW - 50, group="check:api"),
        page,
        broken("log:1", NOW - 55, group="log"),
        broken("checklist:times", None),
    )
    assert found["check:api"] == found["log:1"] == found["checklist:times"] == BY_IT
    assert found["check:page"] == ("Api", "deployment:a")  # in one card, under the check


@pytest.mark.parametrize(
    "other",
    [
        broken("check:api", NOW - 300, group="check:api"),  # it was bad before
        broken("check:bank", NOW - 50, group="check:bank"),  # a dependency breaks by itself
        broken("token:x", NOW - 50),
        replace(broken("check:api", NOW - 50), status=Status.PASS),
    ],
)
def test_what_it_did_not_break_stays_a_cause_of_its_own(other: Signal):
    assert explained(other) == {other.key: (other.explained_by, other.group)}


def test_one_that_is_well_explains_nothing():
    api = broken("check:api", NOW - 50, group="check:api")
    assert explained(api, verdict=Verdict.VERIFIED)["check:api"] == ("", "check:api")
