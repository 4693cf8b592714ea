"""The plan of minimum instances and its exports."""

import itertools
import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import yaml

from console.month_end.exports import cloud_run, keda, kubernetes, render, safe
from console.month_end.plan import DAYS, Period, at, minimum, plan
from console.month_end.workload import Platform

TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
PLATFORM = Platform(least=1, most=10, start=90.0)
FIRST = date(2026, 11, 24)
SECONDS = 12.0


def busy(days: int = DAYS) -> tuple[list[date], np.ndarray]:
    """Quiet but for the office hours of the last of November."""
    every = [FIRST + timedelta(n) for n in range(days)]
    hours = np.full((days, 24), 10.0)
    hours[6:7, 9:18] = 1200.0
    return every, hours


def made(platform: Platform = PLATFORM) -> tuple[Period, ...]:
    days, hours = busy()
    return plan(days, hours, SECONDS, platform, TOKYO)


def test_a_plan_rises_early_by_the_start_time_and_ends_in_time():
    quiet, peak, after = made()
    assert (quiet.instances, peak.instances, after.instances) == (1, 6, 1)
    assert datetime.fromtimestamp(peak.start, TOKYO) == datetime(2026, 11, 30, 8, 58, tzinfo=TOKYO)
    assert datetime.fromtimestamp(peak.end, TOKYO) == datetime(2026, 11, 30, 18, tzinfo=TOKYO)
    assert quiet.end == peak.start
    assert at(made(), peak.start) == 6
    assert at(made(), quiet.start - 1) is None


def test_a_plan_covers_thirty_five_days_without_a_hole():
    periods = made()
    assert all(a.end == b.start for a, b in itertools.pairwise(periods))
    assert periods[-1].end - periods[0].start == DAYS * 86_400


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_on_which_the_clock_changes_is_planned_in_full(day: date, hours: int):
    (period,) = plan([day], np.full((1, 24), 10.0), SECONDS, PLATFORM, BERLIN)
    assert period.end - period.start == hours * 3600


def test_a_plan_keeps_the_maximum_the_minimum_and_the_quota():
    assert minimum(1e6, SECONDS, PLATFORM) == 10
    assert minimum(0, SECONDS, PLATFORM) == 1
    assert minimum(1e6, SECONDS, Platform(calls_a_minute=60, calls_an_item=3)) == 4
    assert minimum(float("nan"), SECONDS, PLATFORM) == 1


def test_a_start_longer_than_the_hour_before_does_not_turn_time_around():
    days, hours = busy(1)
    hours[0] = [10, 600, 1200] + [10] * 21
    periods = plan(days, hours, SECONDS, Platform(least=1, most=10, start=7200), TOKYO)
    assert all(one.end > one.start for one in periods)
    assert all(a.end == b.start for a, b in itertools.pairwise(periods))
    assert periods[0].instances == 6


def test_keda_gets_a_cron_trigger_for_the_peak_and_keeps_its_own_scaler():
    told = yaml.safe_load(keda(made(), "invoices", PLATFORM, TOKYO))
    cpu, cron = told["spec"]["triggers"]
    assert cpu["type"] == "cpu"
    assert cron["metadata"] == {
        "timezone": "Asia/Tokyo",
        "start": "58 8 30 11 *",
        "end": "0 18 30 11 *",
        "desiredReplicas": "6",
    }
    assert (told["spec"]["minReplicaCount"], told["spec"]["maxReplicaCount"]) == (1, 10)


def test_cloud_run_gets_a_job_for_each_change():
    told = cloud_run(made(), "invoices", PLATFORM, TOKYO)
    assert told.count("gcloud scheduler jobs create http") == 3
    assert '{"scaling": {"minInstanceCount": 6}}' in told
    assert "jobs create http invoices-min-" in told
    assert told.count('--location="$REGION"') == told.count("/locations/$REGION/") == 3
    assert "updateMask=scaling.minInstanceCount" in told
    assert '--schedule="58 8 30 11 *" --time-zone="Asia/Tokyo"' in told


def test_render_gets_a_range_for_each_period():
    rows = json.loads(render(made(), PLATFORM, TOKYO))
    assert [(row["body"]["min"], row["body"]["max"]) for row in rows] == [(1, 10), (6, 10), (1, 10)]
    assert rows[1]["from"] == "2026-11-30T08:58:00+09:00"


def test_kubernetes_gets_a_horizontal_pod_autoscaler_of_the_present_period():
    told = yaml.safe_load(kubernetes(0, "invoices", PLATFORM))
    assert (told["apiVersion"], told["kind"]) == ("autoscaling/v2", "HorizontalPodAutoscaler")
    assert (told["spec"]["minReplicas"], told["spec"]["maxReplicas"]) == (1, 10)
    assert told["spec"]["behavior"]["scaleUp"]["policies"][0]["value"] == PLATFORM.step_up


def test_a_name_from_outside_stays_a_name():
    assert safe("in voices; rm -rf /") == "in-voices--rm--rf"
    assert safe("$(reboot)") == "reboot"
    assert safe("'\n") == "service"
    assert "reboot;" not in cloud_run(made(), "x'; reboot; '", PLATFORM, TOKYO)


def test_a_plan_of_nothing_says_so():
    assert plan([], np.empty((0, 24)), SECONDS, PLATFORM, TOKYO) == ()
    assert "no plan" in keda((), "invoices", PLATFORM, TOKYO)
