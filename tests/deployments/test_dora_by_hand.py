"""The DORA figures of one month, computed by hand beside them."""

import pytest

from console.deployments.dora import DAY, dora
from console.deployments.model import Record, Verdict
from console.platforms.model import DeploymentState, StageState, Trigger
from tests.deployments.test_deployments_model import record

HOUR = 3600.0
ROLLED_BACK, FAILED = DeploymentState.ROLLED_BACK, DeploymentState.FAILED

# Day, what happened, and the commit made so long before it was live.
MONTH = [
    record(1 * DAY, lead=1 * HOUR, verdict=Verdict.VERIFIED),
    record(2 * DAY, lead=2 * HOUR, verdict=Verdict.VERIFIED),
    record(3 * DAY, state=FAILED),  # did not build: never came to production
    record(4 * DAY, lead=4 * HOUR, verdict=Verdict.FAILED),  # mended two hours later, by a fix
    record(4 * DAY + 2 * HOUR, lead=1 * HOUR, verdict=Verdict.VERIFIED),
    record(9 * DAY, lead=9 * HOUR, verdict=Verdict.DEGRADED),  # worse, and it stayed
    record(12 * DAY, lead=3 * HOUR),  # taken back half an hour later, by somebody
    record(12 * DAY + HOUR / 2, trigger=Trigger.ROLLBACK),
    record(15 * DAY, state=ROLLED_BACK),  # taken back by its platform, 10 s after it began
    record(20 * DAY, lead=5 * HOUR, verdict=Verdict.NOT_KNOWN),
    record(25 * DAY, lead=6 * HOUR, verdict=Verdict.VERIFIED),
]


def test_a_month_by_hand():
    found = dora(MONTH, 0.0, 30 * DAY, 0.0)
    # nine changes reached production: all but the one that did not build, and the rollback
    assert (found.frequency.value, found.frequency.of) == (pytest.approx(9 / 30), 9)
    # 1 1 2 3 4 5 6 9 hours; what its platform took back never was there to stay
    assert (found.lead_time.value, found.lead_time.of) == (3.5 * HOUR, 8)
    # failed on day 4, taken back on days 12 and 15
    assert (found.fail_rate.value, found.fail_rate.of) == (pytest.approx(3 / 9), 9)
    assert found.fail_rate.low == pytest.approx(0.1206, abs=5e-4)  # Wilson of 3 in 9
    assert found.fail_rate.high == pytest.approx(0.6458, abs=5e-4)
    # 10 s, 30 min and 2 h
    assert (found.recovery.value, found.recovery.of) == (HOUR / 2, 3)
    assert (found.unmended, found.unverified, found.untimed, found.unseen) == (0, 1, 1, 0.0)


def test_half_a_month_says_what_of_the_window_is_not_known():
    found = dora(MONTH, 0.0, 30 * DAY, 10 * DAY)
    assert found.unseen == 10 * DAY
    assert (found.frequency.value, found.frequency.of) == (pytest.approx(4 / 20), 4)
    assert (found.fail_rate.value, found.fail_rate.of) == (pytest.approx(2 / 4), 4)


def test_two_failures_in_a_row_are_both_mended_by_the_next_good_one():
    records = [
        record(1 * DAY, verdict=Verdict.VERIFIED),
        record(2 * DAY, verdict=Verdict.FAILED),
        record(2 * DAY + HOUR, verdict=Verdict.FAILED),  # a fix that was none
        record(2 * DAY + 3 * HOUR, verdict=Verdict.VERIFIED),
    ]
    found = dora(records, 0.0, 3 * DAY, 0.0)
    assert (found.fail_rate.value, found.fail_rate.of) == (0.5, 4)
    assert (found.recovery.value, found.recovery.of) == (2.5 * HOUR, 2)  # of 3 h and 2 h


def test_deployments_told_by_instances_have_no_lead_time_and_no_lead_is_made_up():
    def told(at: float) -> Record:
        one = record(at, verdict=Verdict.VERIFIED)
        first = one.deployment.stages[0].__class__(
            one.deployment.stages[0].name, StageState.UNKNOWN
        )
        return Record(one.deployment.with_stage(first), one.verification)

    found = dora([told(day * DAY) for day in range(1, 6)], 0.0, 10 * DAY, 0.0)
    assert (found.frequency.value, found.lead_time.value) == (0.5, None)
    assert found.untimed == 5


def test_a_clock_that_runs_backwards_makes_no_negative_time():
    backwards = record(2 * DAY, lead=-500.0, verdict=Verdict.FAILED)  # committed after it was live
    mend = record(2 * DAY + 60, verdict=Verdict.VERIFIED)
    found = dora([record(DAY), backwards, mend], 0.0, 10 * DAY, 0.0)
    assert found.untimed == 1
    assert found.recovery.value == 60.0


def test_a_mend_that_was_taken_back_itself_mended_nothing():
    records = [
        record(1 * DAY, verdict=Verdict.VERIFIED),
        record(2 * DAY, verdict=Verdict.FAILED),
        record(2 * DAY + HOUR, verdict=Verdict.NOT_KNOWN),  # a fix; an hour later it is taken back
        record(2 * DAY + 2 * HOUR, trigger=Trigger.ROLLBACK),
    ]
    found = dora(records, 0.0, 3 * DAY, 0.0)
    assert (found.fail_rate.value, found.fail_rate.of) == (pytest.approx(2 / 3), 3)
    assert (found.recovery.value, found.recovery.of) == (1.5 * HOUR, 2)  # of 2 h and 1 h
    again = record(2 * DAY + 3 * HOUR, trigger=Trigger.ROLLBACK)  # the first was none either
    found = dora([*records, again], 0.0, 3 * DAY, 0.0)
    assert (found.frequency.of, found.recovery.value) == (3, 2.5 * HOUR)  # of 3 h and 2 h


def test_without_a_failure_there_is_no_recovery_and_a_failure_that_stays_is_no_short_one():
    good = [record(day * DAY, verdict=Verdict.VERIFIED) for day in range(1, 5)]
    found = dora(good, 0.0, 10 * DAY, 0.0)
    assert (found.fail_rate.value, found.recovery.value, found.unmended) == (0.0, None, 0)
    assert found.fail_rate.high == pytest.approx(0.49, abs=0.01)  # of four, that says little
    found = dora([*good, record(6 * DAY, verdict=Verdict.FAILED)], 0.0, 10 * DAY, 0.0)
    assert (found.fail_rate.value, found.recovery.value, found.unmended) == (0.2, None, 1)
    assert dora([], 0.0, 10 * DAY, 0.0).fail_rate.value is None
