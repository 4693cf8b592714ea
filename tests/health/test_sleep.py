from dataclasses import replace

from console.alerts.model import Alert, Phase
from console.health import sleep
from console.health.check import Check, Service
from console.health.model import CheckState

CHECK = Check(name="web", url="http://quiet.example", interval=30)
SERVICE = Service(name="quiet", checks=(CHECK,), sleep_after=900, wake_interval=21600)
WELL = CheckState("web")


def test_a_healthy_service_that_may_sleep_is_woken_only_once_in_the_wake_interval():
    assert sleep.next_interval(CHECK, SERVICE, WELL) == 21600


def test_a_service_that_never_sleeps_is_probed_at_the_checks_interval():
    awake = SERVICE.model_copy(update={"sleep_after": 0.0})
    assert sleep.next_interval(CHECK, awake, WELL) == 30


def test_when_something_is_wrong_the_ordinary_interval_holds():
    failing = replace(WELL, alert=Alert(phase=Phase.PENDING, failures=1))
    assert sleep.next_interval(CHECK, SERVICE, failing) == 30


def test_a_check_of_something_else_keeps_its_interval():
    cache = Check(name="cache", type="redis", url="redis://localhost", interval=30)
    assert sleep.next_interval(cache, SERVICE, WELL) == 30


def test_it_is_cold_once_nothing_reached_it_for_the_platforms_time():
    assert sleep.is_cold(SERVICE, None, 1000.0)
    assert not sleep.is_cold(SERVICE, 500.0, 1000.0)
    assert sleep.is_cold(SERVICE, 100.0, 1000.0)


def test_the_probe_that_wakes_it_may_take_as_long_as_a_cold_start():
    waking = sleep.waking(CHECK, SERVICE)
    assert (waking.timeout, waking.slow_after) == (90, 90)


def test_results_stay_fresh_until_the_next_wake():
    assert sleep.stale_after(CHECK, SERVICE, WELL) == 21600 + 30 * 2 + 10
