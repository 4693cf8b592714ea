"""The plan of an Upstash database: projections, and the Developer API over real HTTP."""

import asyncio
import base64
import json
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from console.cache.upstash import gather
from console.cache.upstash.gather import moment_of, read_usage
from console.cache.upstash.model import (
    FREE_COMMANDS,
    Account,
    Point,
    Usage,
    findings,
    month,
    project,
    runs_out,
)
from console.health.summary import Standing
from tests.kit.support import Serving

DAY = 86_400.0
NOW = datetime(2026, 11, 21, 0, 0, tzinfo=UTC).timestamp()  # ten days of November are left
SPECIFICATION = Path(__file__).resolve().parents[2].parent / "shared/specs/upstash-developer.yml"
KEY = "upstash-api-key-of-the-test"
GO_TIME = "2026-11-{day:02} 15:12:52.799480932 +0000 UTC"

DATABASE: dict[str, Any] = {
    "database_id": "96ad0856-03b1-4ee7-9666-e81abd0349e1",
    "database_name": "relay-cache",
    "state": "active",
    "type": "free",
    "primary_region": "eu-west-1",
    "endpoint": "beloved-stallion-58500",
    "eviction": False,
    "db_request_limit": 500_000,
    "db_disk_threshold": 268_435_456,
    "db_max_commands_per_second": 10_000,
    "budget": 20,
}
STATS: dict[str, Any] = {
    "dailyrequests": [
        {"x": GO_TIME.format(day=day), "y": 10_000 + 100 * day} for day in range(16, 21)
    ],
    "latencymean": [{"x": GO_TIME.format(day=20), "y": 0.4}],
    "latency_99": [{"x": GO_TIME.format(day=20), "y": 1.9}],
    "total_monthly_requests": 300_000,
    "total_monthly_read_requests": 200_000,
    "total_monthly_write_requests": 90_000,
    "total_monthly_script_requests": 10_000,
    "total_monthly_bandwidth": 1_000_000,
    "current_storage": 200_000_000,
    "total_monthly_billing": 0.0,
}  # fmt: skip


class Api:
    """The Developer API: its answers are the test's."""

    def __init__(self) -> None:
        self.databases: list[dict[str, Any]] = [DATABASE]
        self.stats: Response | None = None
        self.status = 200
        self.asked: list[str] = []
        self.url = ""

    async def answer(self, request: Request) -> Response:
        """One request."""
        self.asked.append(request.url.path)
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        if base64.b64decode(given).decode() != f"ops@example.com:{KEY}":
            return JSONResponse("Unauthorized", 401)
        if self.status != 200:
            return JSONResponse("no", self.status)
        if request.url.path.endswith("/redis/databases"):
            return JSONResponse(self.databases)
        return self.stats or JSONResponse(STATS)


@pytest.fixture
def api() -> Iterator[Api]:
    made = Api()
    routes = [Route("/v2/{rest:path}", made.answer)]
    serving = Serving(Starlette(routes=routes))
    made.url = f"{serving.begin()}/v2"
    yield made
    serving.end()


def account(api: Api, **more: str) -> Account:
    return Account(**({"email": "ops@example.com", "api_key": KEY, "url": api.url} | more))


def days(*values: float, until: float = NOW) -> tuple[Point, ...]:
    """Full days that end before `until`, the oldest first."""
    return tuple(
        Point(until - DAY * (len(values) - place) + 3600, value)
        for place, value in enumerate(values)
    )


def test_a_month_is_the_calendars_in_utc():
    begin, end = month(NOW)
    assert (end - begin) / DAY == 30
    february = datetime(2028, 2, 29, 23, 59, tzinfo=UTC).timestamp()
    assert (month(february)[1] - month(february)[0]) / DAY == 29
    december = datetime(2026, 12, 31, tzinfo=UTC).timestamp()
    assert datetime.fromtimestamp(month(december)[1], UTC).month == 1


def test_the_end_of_the_month_goes_by_the_last_full_days_and_their_extremes():
    found = project(300_000, days(10_000, 12_000, 14_000), NOW)
    assert (found.expected, found.least, found.most, found.days) == (420_000, 400_000, 440_000, 3)


def test_today_is_not_a_full_day_and_old_days_do_not_count():
    every = (*days(*[99_999, *[10_000] * 7]), Point(NOW + 60, 3.0))
    found = project(300_000, every, NOW + 120)
    assert found.days == 7
    assert found.expected == pytest.approx(400_000, abs=20)


def test_without_a_full_day_the_month_so_far_says_where_it_goes():
    found = project(200_000, (), NOW)
    assert (found.expected, found.least) == (300_000, 200_000)
    assert math.isinf(found.most)


def test_it_is_said_when_the_commands_are_used_up():
    found = project(300_000, days(25_000), NOW)
    assert found.expected == 550_000
    assert runs_out(found, 500_000, NOW) == pytest.approx(NOW + 8 * DAY)
    assert runs_out(found, 600_000, NOW) is None
    assert runs_out(found, 300_000, NOW) == NOW


def usage(**more: Any) -> Usage:
    return Usage(
        **({"at": NOW, "commands": 300_000, "commands_limit": 500_000, "state": "active"} | more)
    )


@pytest.mark.parametrize(
    ("told", "standing", "words"),
    [
        (usage(daily=days(5_000)), None, ""),
        (usage(daily=days(15_000)), Standing.WARN, "90 % of the plan's 500,000 commands"),
        (usage(daily=days(25_000)), Standing.FAIL, "used up in 8 d"),
        (usage(commands=500_000), Standing.FAIL, "are used up"),
        (usage(commands_limit=None, daily=days(10**6)), None, ""),
        (usage(state="suspended", daily=days(1)), Standing.FAIL, "suspended"),
        (
            usage(storage=85, storage_limit=100, eviction=False, daily=days(1)),
            Standing.WARN,
            "writes are refused",
        ),
        (
            usage(storage=96, storage_limit=100, eviction=True, daily=days(1)),
            Standing.FAIL,
            "old keys are evicted",
        ),
        (usage(at=NOW - 3601), Standing.UNKNOWN, "not known for"),
        (usage(problem="It is away."), Standing.UNKNOWN, "It is away."),
    ],
)
def test_what_an_operator_should_know_of_the_plan(told: Usage, standing: Standing, words: str):
    found = findings(told, NOW)
    assert [one for one, _ in found] == ([standing] if standing else [])
    assert not found or words in found[0][1]
    assert findings(None, NOW) == []


async def test_the_plan_and_its_usage_are_read(api: Api):
    found = await read_usage(account(api), "beloved-stallion-58500.upstash.io", NOW)
    assert found.problem == ""
    assert (found.database, found.plan, found.region) == ("relay-cache", "free", "eu-west-1")
    assert (found.commands, found.commands_limit) == (300_000, 500_000)
    assert (found.storage, found.storage_limit) == (200_000_000, 268_435_456)
    assert (found.mean_latency, found.latency_99) == (0.0004, 0.0019)
    assert [point.value for point in found.daily] == [11_600, 11_700, 11_800, 11_900, 12_000]
    assert project(found.commands or 0, found.daily, NOW).days == 5
    assert api.asked == ["/v2/redis/databases", f"/v2/redis/stats/{DATABASE['database_id']}"]
    assert KEY not in repr(found)


async def test_the_database_is_found_by_name_id_or_address(api: Api):
    other = {**DATABASE, "database_id": "b", "database_name": "other", "endpoint": "calm-fox-1"}
    api.databases = [DATABASE, other]

    async def name(host: str = "", **more: str) -> str:
        found = await read_usage(account(api, **more), host, NOW)
        return found.database or found.problem

    assert await name("calm-fox-1.upstash.io") == "other"
    assert await name(database="other") == "other"
    assert await name(database="b") == "other"
    assert "CONSOLE_UPSTASH_DATABASE" in await name("cache.example.com")
    assert "no database of the name" in await name(database="none")
    api.databases = [other]
    assert await name("cache.example.com") == "other"


async def test_a_plan_without_a_limit_of_commands_has_none(api: Api):
    api.databases = [{**DATABASE, "type": "payg", "db_request_limit": 8024278031528736858}]
    assert (await read_usage(account(api), "", NOW)).commands_limit is None
    api.databases = [{**DATABASE, "db_request_limit": 8024278031528736858}]
    assert (await read_usage(account(api), "", NOW)).commands_limit == FREE_COMMANDS


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "may not read databases"),
        (404, "CONSOLE_UPSTASH_DATABASE"),
        (429, "the next reading tries again"),
        (500, "answers 500"),
    ],
)
async def test_an_answer_that_says_no_is_a_sentence(api: Api, status: int, words: str):
    api.status = status
    assert words in (await read_usage(account(api), "", NOW)).problem


async def test_a_wrong_key_names_the_variables_and_not_the_key(api: Api):
    found = await read_usage(account(api, api_key="wrong-key"), "", NOW)
    assert "CONSOLE_UPSTASH_API_KEY" in found.problem
    assert "wrong-key" not in found.problem


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (PlainTextResponse("<html>"), "not JSON"),
        (JSONResponse([1]), "unknown shape"),
        (PlainTextResponse("[" * 5_000_000), "MiB"),
    ],
)
async def test_an_answer_in_another_shape_is_a_sentence(api: Api, answer: Response, words: str):
    api.stats = answer
    assert words in (await read_usage(account(api), "", NOW)).problem


async def test_statistics_full_of_garbage_are_not_told(api: Api):
    wrong = {name: {"x": 1} for name in STATS}
    api.stats = JSONResponse({**wrong, "dailyrequests": [1, {"x": "yesterday", "y": 1}, {}]})
    found = await read_usage(account(api), "", NOW)
    assert (found.problem, found.commands, found.daily, found.storage) == ("", None, (), None)


async def test_an_api_that_is_away_or_hangs_is_a_sentence(
    api: Api, monkeypatch: pytest.MonkeyPatch
):
    nowhere = await read_usage(account(api, url="http://127.0.0.1:9"), "", NOW)
    assert "cannot be reached" in nowhere.problem

    async def hang(_request: Request) -> Response:
        await asyncio.sleep(60)
        return JSONResponse({})

    monkeypatch.setattr(gather, "TOTAL_SECONDS", 0.3)
    serving = Serving(Starlette(routes=[Route("/redis/databases", hang)]))
    try:
        found = await read_usage(account(api, url=serving.begin()), "", NOW)
    finally:
        serving.end()
    assert "did not answer within 0.3 s" in found.problem


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2025-08-31 15:12:52.799480932 +0000 UTC", 1756653172.0),
        ("2025-08-31T15:12:52Z", 1756653172.0),
        ("2025-13-31 15:12:52 +0000 UTC", None),
        ("yesterday", None),
        (7, None),
    ],
)
def test_times_come_as_go_prints_them(text: object, seconds: float | None):
    assert moment_of(text) == seconds


@pytest.mark.skipif(not SPECIFICATION.exists(), reason="the vendor's description is not here")
@pytest.mark.parametrize(("schema", "made"), [("Database", DATABASE), ("DatabaseStats", STATS)])
def test_what_the_test_server_answers_has_the_vendors_names(
    schema: str, made: dict[str, Any], described: Callable[[str], set[str]]
):
    assert set(made) <= described(schema)


@pytest.fixture
def described() -> Callable[[str], set[str]]:
    """The property names of a schema in the vendor's description, read without a YAML parser."""

    def names(schema: str) -> set[str]:
        _, _, rest = SPECIFICATION.read_text().partition(f"\n    {schema}:\n")
        found: set[str] = set()
        for line in rest.splitlines():
            if line.startswith("    ") and not line.startswith("     ") and line.strip():
                break
            if line.startswith("        ") and not line.startswith("         ") and ":" in line:
                found.add(line.strip().partition(":")[0])
        return found

    assert json.dumps(sorted(names("TimeSeriesData"))) == '["x", "y"]'
    return names
