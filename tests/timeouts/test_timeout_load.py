"""What is read for the time-outs: variables without secrets, values that a kit reports, figures."""

import json
from collections.abc import Sequence

import numpy as np

from console.health.check import Check, Service
from console.store.cells import Cells
from console.store.histogram import code_of
from console.store.series import SeriesId
from console.timeouts.load import (
    ENVIRONMENT,
    MOST_SERIES,
    REPORTED,
    checks_of,
    load,
    platform_for,
    variables,
)

SERVICE = Service(
    name="relay",
    url="https://relay-abc.a.run.app",
    checks=(
        Check(name="web", url="https://relay.example", interval=10, timeout=5),
        Check(name="job", type="push"),
    ),
)


class Remembered:
    """A store that holds the same cells for every series, and counts what is asked."""

    def __init__(self, series: Sequence[SeriesId], instances: bytes | None = None) -> None:
        self._series, self._instances = list(series), instances
        self.asked: list[SeriesId] = []

    def series(self, service: str) -> list[SeriesId]:
        return self._series

    def cells_of(
        self, service: str, series: Sequence[SeriesId], since: float, until: float
    ) -> dict[SeriesId, Cells]:
        self.asked += series
        one = (np.array([0]), np.array([code_of(2.0)], np.uint16), np.array([3000], np.uint32))
        return {name: Cells(60, *one) for name in series}

    def found(self, service: str, name: str) -> bytes | None:
        return self._instances


def test_only_variables_of_time_outs_are_kept_and_no_secret_of_them():
    environ = {
        "API_TIMEOUT_SECONDS": "20",
        "RUN_TOKEN": "hunter2" * 5,
        "REDIS_URL": "redis://:hunter2@cache",
        "PATH": "/bin",
        "API_MAX_RETRIES": " ",
    }
    found = variables(environ)
    assert dict(found.texts) == {"API_TIMEOUT_SECONDS": "20", "REDIS_URL": "set"}
    assert found.origins["API_TIMEOUT_SECONDS"] == ENVIRONMENT


def test_what_the_service_reports_wins_over_the_environment():
    found = variables({"API_TIMEOUT_SECONDS": "20"}, {"API_TIMEOUT_SECONDS": "25"})
    assert found.texts["API_TIMEOUT_SECONDS"] == "25"
    assert found.origins["API_TIMEOUT_SECONDS"] == REPORTED


def test_figures_are_read_of_what_resembles_a_call_and_of_no_phase():
    store = Remembered(
        [
            SeriesId("check", "web"),
            SeriesId("check", "job"),
            SeriesId("check", "web", "connect"),
            SeriesId("route", "GET /x"),
            SeriesId("api", "freee"),
            SeriesId("cache", "hits"),
        ]
    )
    found = load(store, SERVICE, 1000.0)
    assert [str(one.series) for one in found.series] == ["route:GET /x", "api:freee", "check:web"]
    assert found.instances is None
    assert found.series[0].p999 is not None


def test_a_service_with_many_series_is_read_in_part_and_says_so():
    store = Remembered([SeriesId("route", f"GET /{place}") for place in range(MOST_SERIES + 7)])
    found = load(store, SERVICE, 1000.0)
    assert len(store.asked) == MOST_SERIES
    assert found.left_out == 7


def test_instances_are_those_that_send_heartbeats():
    document = {
        "at": 1.0,
        "heard": [
            {"instance": "a", "at": 1.0, "beat": {"instance": "a"}},
            {"instance": "b", "at": 1.0, "beat": None},
        ],
    }
    assert load(Remembered([], json.dumps(document).encode()), SERVICE, 1.0).instances == 1
    assert load(Remembered([], b"garbage"), SERVICE, 1.0).instances is None


def test_the_address_tells_the_platform_and_push_checks_ask_nothing():
    assert platform_for(SERVICE) == "cloud_run"
    assert platform_for(SERVICE, {"RAILWAY_REPLICA_ID": "x"}) == "railway"
    assert [check.name for check in checks_of(SERVICE)] == ["web"]
