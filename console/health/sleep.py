"""A service that its platform scales to zero: how to watch it without keeping it awake.

Every probe is a request, and a request keeps such a service awake (and paid for). So while all is
well a probe wakes it only once in `wake_interval`; the first answer after a sleep may take up to
`cold_start_timeout` and is counted apart, as a cold start. When something is wrong the ordinary
interval holds: a service that does not answer is not kept awake by asking.
"""

from console.alerts.model import Phase
from console.health.check import Check, Service
from console.health.model import CheckState

WAKING_TYPES = ("http", "tcp", "tls")  # probes that reach the service itself


def may_sleep(check: Check, service: Service) -> bool:
    """Whether the sleep policy applies to this check."""
    return service.sleep_after > 0 and check.type in WAKING_TYPES


def next_interval(check: Check, service: Service, state: CheckState) -> float:
    """Seconds until the next probe."""
    recovering = 0 < state.alert.successes < check.success_threshold
    if not may_sleep(check, service) or state.alert.phase is not Phase.QUIET or recovering:
        return check.interval
    return max(check.interval, service.wake_interval)


def is_cold(service: Service, last_activity: float | None, now: float) -> bool:
    """Whether the service must be expected to sleep: nothing reached it for `sleep_after`."""
    return last_activity is None or now - last_activity >= service.sleep_after


def waking(check: Check, service: Service) -> Check:
    """The check as it is probed when it may have to wake the service."""
    limit = max(check.timeout, service.cold_start_timeout)
    return check.model_copy(
        update={"timeout": limit, "connect_timeout": limit, "slow_after": limit}
    )


def stale_after(check: Check, service: Service, state: CheckState) -> float:
    """Seconds without a result after which nothing is known about the check."""
    return check.stale_after + next_interval(check, service, state) - check.interval
