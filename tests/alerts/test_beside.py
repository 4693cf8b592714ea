"""What fires beside the checks, for pages that tell how those stand."""

import pytest

from console.alerts.beside import beside_checks, over_checks, waits, with_alerts
from console.alerts.model import Acknowledgement, Alert, Phase
from console.alerts.record import Record
from console.health.model import Status
from console.health.summary import Standing
from console.health.verdict import Verdict

NOW = 1_800_000_000.0
FIRING = Alert(Phase.FIRING, NOW)
TAKEN = Alert(Phase.ACKNOWLEDGED, NOW, acknowledgement=Acknowledgement("ann", "on it", NOW))
WELL = Verdict(Standing.PASS, "All 3 checks pass.")


def record(key: str, status: Status = Status.FAIL, alert: Alert = FIRING, **more) -> Record:
    return Record(key, key.title(), status, alert=alert, **({"group": key} | more))


def test_checks_and_what_follows_from_them_are_told_already():
    books = [
        record("check:api"),
        record("log:a", group="check:api", explained_by="Api"),
        record("log:b", group="log"),
        record("log:c", group="log"),
        record("token:x", alert=Alert(Phase.PENDING)),
    ]
    assert [one.key for one in beside_checks(books)] == ["log:b"]


@pytest.mark.parametrize(
    ("before", "alert", "status", "after"),
    [
        (Standing.PASS, FIRING, Status.FAIL, Standing.FAIL),
        (Standing.PASS, FIRING, Status.WARN, Standing.WARN),
        (Standing.PASS, TAKEN, Status.FAIL, Standing.WARN),
        (Standing.MAINTENANCE, FIRING, Status.WARN, Standing.WARN),
        (Standing.UNKNOWN, FIRING, Status.FAIL, Standing.UNKNOWN),
        (Standing.FAIL, TAKEN, Status.WARN, Standing.FAIL),
    ],
)
def test_a_verdict_is_no_better_than_the_alerts(
    before: Standing, alert: Alert, status: Status, after: Standing
):
    told = with_alerts(Verdict(before, "Said."), [record("token:freee", status, alert)])
    assert told == Verdict(after, "Said. Beside the checks 1 alert fires: Token:Freee.")


def test_without_such_alerts_it_is_that_of_the_checks():
    assert with_alerts(WELL, [record("check:api")]) is WELL


def test_a_deployment_that_explains_a_check_comes_first():
    deployment = record("deployment:a", summary="5xx rose to 9 %.")
    books = [
        record("check:api", group="deployment:a", explained_by="Deployment:A"),
        deployment,
        record("token:x"),
    ]
    assert over_checks(books) == [deployment]
    told = with_alerts(Verdict(Standing.FAIL, "Api is failing: HTTP 500."), books)
    assert told.sentence == (
        "Deployment:A: 5xx rose to 9 %. Because of it: Api is failing: HTTP 500. "
        "Beside the checks 1 alert fires: Token:X."
    )


def test_people_who_use_the_service_read_that_something_waits_and_not_what():
    assert waits([]) == ""
    assert waits([record("token:x")]) == "1 thing waits for its operators."
    assert waits([record("token:x"), record("quota:y")]) == "2 things wait for its operators."
