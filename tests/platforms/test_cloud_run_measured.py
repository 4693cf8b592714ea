"""Cloud Run: its log and what is measured, by Google's discovery documents of both."""

from typing import Any

from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response

from console.platforms.extras import Rehearses, TellsTimes, lines_of
from console.platforms.model import (
    Capability,
    InstanceRange,
    StageName,
)
from console.platforms.times import time_of
from tests.platforms.cloud_run_use import GET, SERIES, cloud_run, service
from tests.platforms.google_discovery import (
    discovery,
    logging_discovery,
    monitoring_discovery,
)
from tests.platforms.refusing import Serve


def series(*points: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    told = [{"interval": {"endTime": at}, "value": value} for at, value in points]
    return {"timeSeries": [{"points": told}]}


async def test_how_many_run_and_how_fast_they_answer_is_measured_by_google(serving: Serve):
    judge, measured = discovery(), monitoring_discovery()
    judge.answers[GET] = service(scaling={"minInstanceCount": 1, "maxInstanceCount": 4})
    url, metrics_url = serving(judge.answer), serving(measured.answer)
    now = time_of("2026-11-24T06:45:00Z") or 0.0
    async with cloud_run(url, metrics_url=metrics_url, clock=lambda: now) as platform:
        assert isinstance(platform, Rehearses)
        measured.answers[SERIES] = series(
            ("2026-11-24T06:42:00Z", {"int64Value": "3"}),
            ("2026-11-24T06:43:00Z", {"doubleValue": 2.0}),
        )
        assert await platform.instances() == InstanceRange(2, None, 1, 4)
        measured.answers[SERIES] = series(("2026-11-24T06:36:00Z", {"int64Value": "3"}))
        assert (await platform.instances()).running is None  # too old to be true
        measured.answers[SERIES] = series(("2026-11-24T06:43:00Z", {"doubleValue": 250.0}))
        assert isinstance(platform, TellsTimes)
        (told,) = await platform.response_times(now - 3600, now)
    assert (told.at, told.p50, told.p90, told.p99) == (now - 120, 0.25, None, 0.25)
    assert judge.wrong == measured.wrong == []
    asked = [query["filter"] for _, query, _ in measured.asked]
    assert 'metric.type="run.googleapis.com/container/instance_count"' in asked[0]
    assert 'resource.labels.service_name="checkout"' in asked[-1]
    assert measured.asked[-1][1]["aggregation.crossSeriesReducer"] == "REDUCE_PERCENTILE_99"


async def test_where_nothing_may_be_measured_the_range_is_told_and_the_reason(serving: Serve):
    async def answer(request: Asked) -> Response:
        if request.url.path.endswith("/timeSeries"):
            return JSONResponse({"error": {"message": "Permission denied."}}, 403)
        return JSONResponse(service(scaling={"minInstanceCount": 1, "maxInstanceCount": 4}))

    async with cloud_run(serving(answer)) as platform:
        assert platform.capabilities.offers(Capability.INSTANCES)
        assert await platform.instances() == InstanceRange(None, None, 1, 4)
        why = platform.capabilities.reason(Capability.INSTANCES)
        assert platform.capabilities.offers(Capability.RUNTIME_LOGS)
    assert "how many run could not be read. Cloud Monitoring: the token may not do this" in why
    assert "Monitoring Viewer" in why


async def test_the_log_is_asked_for_as_googles_document_wants_it(serving: Serve):
    judge = logging_discovery()
    entries = [
        {
            "timestamp": "2026-11-24T06:40:02.5Z",
            "insertId": "b",
            "severity": "ERROR",
            "jsonPayload": {"message": "No <b>disk</b>", "attempt": 2},
            "labels": {"instanceId": "00f46b92854d1c2a3b4c5d6e7f"},
        },
        {"timestamp": "2026-11-24T06:40:01Z", "insertId": "a", "textPayload": "Begun"},
        {"timestamp": "2026-11-24T06:40:00Z", "httpRequest": {"status": 200}},
    ]
    judge.answers["logging.entries.list"] = {"entries": entries, "nextPageToken": "more"}
    url = serving(judge.answer)
    async with cloud_run("http://127.0.0.1:9", logs_url=url) as platform:
        lines = await lines_of(platform, 1_795_502_400.0, 2)
        log = await platform.log("r1", StageName.DEPLOY)
        assert await platform.log("r1", StageName.BUILD) == ""
    assert judge.wrong == []
    told = '{"message": "No <b>disk</b>", "attempt": 2, "severity": "ERROR"}'
    assert [(one.text, one.instance, one.id) for one in lines] == [
        ("Begun", "", "a"),
        (told, "2a3b4c5d6e7f", "b"),
    ]
    assert log.splitlines()[0] == "2026-11-24T06:40:01Z Begun"
    asked = [sent["filter"] for _, _, sent in judge.asked]
    assert 'resource.labels.service_name="checkout"' in asked[0]
    assert 'timestamp>="2026-11-24T06:40:00.000Z"' in asked[0]
    assert 'revision_name="r1"' in asked[-1]
    assert [sent.get("pageToken") for _, _, sent in judge.asked] == [None, None, "more"]
