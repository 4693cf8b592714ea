"""Cloud Run: every request and answer by Google's discovery document, and what goes wrong."""

import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response

from console.errors import (
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformMissing,
    PlatformRefused,
    PlatformUnreadable,
)
from console.platforms.cloud_run.platform import CloudRun
from console.platforms.cloud_run.token import GRANT, TOKEN_URL, auth_of
from console.platforms.cloud_run.words import (
    deployment_of,
    instances_of,
    live_revisions,
    with_variable,
)
from console.platforms.extras import Rehearses, TellsTimes, lines_of
from console.platforms.model import (
    Capability,
    Deployment,
    DeploymentState,
    InstanceRange,
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
    StageName,
    StageState,
    Trigger,
)
from console.platforms.times import time_of
from tests.platforms.google_discovery import (
    Discovery,
    discovery,
    logging_discovery,
    monitoring_discovery,
)
from tests.platforms.refusing import Serve

TOKEN = "ya29.token-of-the-test-0123456789"
SERVICE = "my-project/europe-west1/checkout"
PATCHED = "run.projects.locations.services.patch"
PATH = "/v2/projects/my-project/locations/europe-west1/services/checkout"
SERIES = "monitoring.projects.timeSeries.list"
LIST, GET = "run.projects.locations.services.revisions.list", "run.projects.locations.services.get"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@asynccontextmanager
async def cloud_run(url: str, token: str = TOKEN, **more: Any) -> AsyncIterator[CloudRun]:
    more.setdefault("metrics_url", url)
    platform = CloudRun(SERVICE, token, url=url, **more)
    try:
        yield platform
    finally:
        await platform.close()


def revision(number: int, state: str, ready: int = 30, **more: Any) -> dict[str, Any]:
    at = f"2026-11-24T0{number}:00:"
    name = f"projects/my-project/locations/europe-west1/services/checkout/revisions/r{number}"
    condition = {"type": "Ready", "state": state, "lastTransitionTime": f"{at}{ready}.5Z"}
    return {
        "name": name,
        "createTime": f"{at}05.123456789Z",
        "creator": "ann@example.com",
        "labels": {"commit-sha": f"{number}{COMMIT[1:]}"},
        "containers": [{"image": "europe-docker.pkg.dev/p/r/checkout:v1", "ports": [{}]}],
        "conditions": [condition | more],
        "logUri": f"https://console.cloud.google.com/logs/viewer?r={number}",
    }


def service(**more: Any) -> dict[str, Any]:
    name = "projects/my-project/locations/europe-west1/services/checkout"
    env = [
        {"name": "DRY_RUN", "value": "false"},
        {"name": "API_KEY", "valueSource": {"secretKeyRef": {"secret": "key", "version": "1"}}},
    ]
    return {
        "name": name,
        "etag": '"abc"',
        "latestReadyRevision": f"{name}/revisions/r2",
        "latestCreatedRevision": f"{name}/revisions/r3",
        "traffic": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}],
        "template": {"revision": "r3", "containers": [{"image": "i", "env": env}]},
        **more,
    }


def answering(judge: Discovery, *revisions: dict[str, Any], **more: Any) -> Discovery:
    judge.answers[GET] = service(**more)
    judge.answers[LIST] = {"revisions": list(revisions)}
    return judge


async def test_revisions_are_deployments_and_the_traffic_says_which_is_live(serving: Serve):
    judge = answering(
        discovery(),
        revision(3, "CONDITION_FAILED", message="The container did not listen on 8080."),
        revision(1, "CONDITION_SUCCEEDED"),
        revision(2, "CONDITION_SUCCEEDED"),
    )
    async with cloud_run(serving(judge.answer)) as platform:
        found = await platform.deployments(10)
    assert judge.wrong == []
    assert [one.id for one in found] == ["r3", "r2", "r1"]
    states = [DeploymentState.FAILED, DeploymentState.LIVE, DeploymentState.REPLACED]
    assert [one.state for one in found] == states
    assert found[0].reason == "The container did not listen on 8080."
    assert found[0].url.startswith("https://console.cloud.google.com/logs/")
    assert (found[1].commit, found[1].author) == (f"2{COMMIT[1:]}", "ann@example.com")
    assert found[1].trigger is Trigger.PUSH
    assert found[1].stage(StageName.DEPLOY).seconds(0) == pytest.approx(25.38, abs=0.01)
    build = found[1].stage(StageName.BUILD)
    assert (build.state, build.detail) == (
        StageState.UNKNOWN,
        "Built elsewhere; Cloud Run tells of no build.",
    )


async def test_every_request_is_valid_by_googles_own_document(serving: Serve):
    judge = answering(discovery())
    judge.answers[LIST] = {"revisions": [], "nextPageToken": ""}
    judge.answers[PATCHED] = {"name": "operations/1", "done": False}
    async with cloud_run(serving(judge.answer)) as platform:
        await platform.deployments(5)
        assert await platform.variables() == ["API_KEY", "DRY_RUN"]
        for action in (Scale(0, 5), Rollback("r1"), Redeploy(), SetVariable("DRY_RUN", "true")):
            await platform.rehearse(action)
            await platform.perform(action)
    assert judge.wrong == []
    changes = [(query, body) for asked, query, body in judge.asked if asked == f"PATCH {PATH}"]
    for rehearsed, performed in zip(changes[::2], changes[1::2], strict=True):
        assert rehearsed == ({**performed[0], "validateOnly": "true"}, performed[1])
    scaled, rolled_back, redeployed, set_ = changes[1::2]
    assert scaled[1] == {
        "scaling": {"scalingMode": "AUTOMATIC", "minInstanceCount": 0, "maxInstanceCount": 5}
    }
    assert rolled_back[0] == {"updateMask": "traffic"}
    assert rolled_back[1]["traffic"][0]["revision"] == "r1"
    assert redeployed[0] == {"updateMask": "template,traffic", "forceNewRevision": "true"}
    assert "revision" not in redeployed[1]["template"]
    env = set_[1]["template"]["containers"][0]["env"]
    assert [one["name"] for one in env] == ["API_KEY", "DRY_RUN"]
    assert env[1] == {"name": "DRY_RUN", "value": "true"}
    assert set_[1]["etag"] == '"abc"'  # refused where somebody else changed it meanwhile


async def test_what_the_document_makes_up_is_read_without_a_stumble(serving: Serve):
    judge = discovery()
    async with cloud_run(serving(judge.answer)) as platform:
        (found,) = await platform.deployments(5)
        assert found.state is DeploymentState.RUNNING  # no condition `Ready`, and reconciling
        assert await platform.variables() == ["x"]
    assert judge.wrong == []


async def test_revisions_are_read_page_by_page_until_the_newest_is_among_them(serving: Serve):
    pages = {"": (range(1, 3), "b"), "b": (range(3, 5), "c"), "c": (range(5, 7), "")}
    asked: list[str] = []

    async def answer(request: Asked) -> Response:
        if not request.url.path.endswith("/revisions"):
            return JSONResponse(service(latestCreatedRevision="x/r4"))
        asked.append(request.query_params.get("pageToken", ""))
        numbers, following = pages[asked[-1]]
        told = [revision(number, "CONDITION_SUCCEEDED") for number in numbers]
        return JSONResponse({"revisions": told, "nextPageToken": following})

    async with cloud_run(serving(answer)) as platform:
        assert [one.id for one in await platform.deployments(2)] == ["r4", "r3"]
    assert asked == ["", "b"]


def found(state: str, **more: Any) -> Deployment:
    told = deployment_of(revision(1, state) | more, ["r1"])
    assert told is not None
    return told


def test_a_word_that_is_not_known_is_unknown_and_never_live():
    assert found("CONDITION_TRANSCENDED").state is DeploymentState.UNKNOWN
    assert found("CONDITION_SUCCEEDED").state is DeploymentState.LIVE
    assert found("CONDITION_RECONCILING").state is DeploymentState.RUNNING
    assert found("", reconciling=True).state is DeploymentState.RUNNING


def test_a_revision_at_rest_keeps_the_time_when_it_was_ready():
    ready = {
        "type": "Ready",
        "state": "CONDITION_SUCCEEDED",
        "revisionReason": "RETIRED",
        "lastTransitionTime": "2026-11-24T09:00:00Z",
    }
    healthy = {"type": "ContainerHealthy", "lastTransitionTime": "2026-11-24T01:00:25Z"}
    told = found("", conditions=[ready, healthy])
    assert told.stage(StageName.DEPLOY).seconds(0) == pytest.approx(19.88, abs=0.01)
    assert told.raw_state == "CONDITION_SUCCEEDED RETIRED"


def test_the_commit_is_read_from_the_image_where_no_label_tells_it():
    image = f"ghcr.io/me/checkout:main-{COMMIT}"
    assert found("", labels={}, containers=[{"image": image}]).commit == COMMIT
    other = found("", labels={"commit-sha": "<script>"}, containers=[{"image": "a/b:v1"}])
    assert (other.commit, other.message, other.trigger) == ("", "a/b:v1", Trigger.PUSH)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"name": 5},
        {"name": "a/r1"},
        {"name": "a/r1", "createTime": "2026-11-24 06:40:00 +0000 UTC", "conditions": {}},
        {"name": "a/r1", "createTime": 1795502400000, "conditions": [3], "containers": "x"},
        {"name": "a/r1", "createTime": "0001-01-01T00:00:00Z"},
    ],
)
def test_what_is_malformed_is_left_out_or_unknown(told: dict[str, Any]):
    read = deployment_of(told, [])
    assert read is None or read.state is DeploymentState.UNKNOWN
    assert (read is not None) == ("conditions" in told)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, InstanceRange(None, None, 0, None)),
        ({"scaling": {"minInstanceCount": 1}}, InstanceRange(None, None, 1, None)),
        (
            {"template": {"scaling": {"minInstanceCount": 2, "maxInstanceCount": 9}}},
            InstanceRange(None, None, 2, 9),
        ),
        (
            {"scaling": {"scalingMode": "MANUAL", "manualInstanceCount": 0}},
            InstanceRange(None, 0, 0, 0),
        ),
    ],
)
def test_the_range_is_that_of_the_service_or_else_of_its_revisions(
    told: dict[str, Any], expected: InstanceRange
):
    assert instances_of(told) == expected


def test_traffic_may_be_split_or_pinned():
    split = [{"revision": "x/r1", "percent": 90}, {"revision": "x/r2", "percent": 10}]
    tagged = [*split, {"revision": "x/r3", "tag": "next"}]
    assert live_revisions({"trafficStatuses": tagged}) == ["r1", "r2"]
    assert live_revisions({"latestReadyRevision": "x/r7"}) == ["r7"]


def test_a_secret_is_not_overwritten_and_other_containers_are_left_alone():
    template = service()["template"]
    with pytest.raises(PlatformError, match="Secret Manager"):
        with_variable(template, "API_KEY", "x")
    sidecar = {"containers": [{"image": "proxy"}, {"image": "app", "ports": [{}]}]}
    changed = with_variable(sidecar, "A", "b")["containers"]
    assert changed == [
        {"image": "proxy"},
        {"image": "app", "ports": [{}], "env": [{"name": "A", "value": "b"}]},
    ]


def test_what_will_be_sent_is_shown_without_any_value():
    platform = CloudRun(SERVICE, TOKEN)
    shown = platform.preview(SetVariable("PASSWORD", "hunter2-hunter2"))
    assert shown.text == f"PATCH https://run.googleapis.com{PATH}?updateMask=template"
    assert "hunter2" not in shown.body
    assert json.loads(shown.body)["template"] == {
        "containers": [{"env": [{"name": "PASSWORD", "value": "•••"}]}]
    }
    again = platform.preview(Redeploy())
    assert again.text.endswith("?updateMask=template,traffic&forceNewRevision=true")


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


def google(status: int, word: str, message: str) -> tuple[int, str]:
    told = {"error": {"code": status, "status": word, "message": message}}
    return status, json.dumps(told)


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (google(401, "UNAUTHENTICATED", "Invalid."), PlatformRefused, "lasts for an hour"),
        (google(403, "PERMISSION_DENIED", "No run.viewer."), PlatformRefused, "No run.viewer."),
        (google(404, "NOT_FOUND", f"None {TOKEN}"), PlatformMissing, "None •••."),
        (google(429, "RESOURCE_EXHAUSTED", "Quota."), PlatformLimited, "fewer requests"),
        (google(409, "ABORTED", "Conflict."), PlatformError, "(409): Conflict."),
        ((500, "<html>Error</html>"), PlatformAway, "out of order (500)."),
        ((200, '{"name": "x'), PlatformUnreadable, "not JSON"),
        ((200, "<html>Sign in</html>"), PlatformUnreadable, "not JSON"),
        ((200, '{"revisions": {"a": 1}}'), PlatformUnreadable, "something else than a list"),
    ],
)
async def test_what_goes_wrong_is_one_typed_error_without_the_token(
    serving: Serve, answer: tuple[int, str], error: type[PlatformError], text: str
):
    async def broken(_: Asked) -> Response:
        return Response(answer[1], answer[0])

    async with cloud_run(serving(broken)) as platform:
        with pytest.raises(error) as raised:
            await platform.deployments(5)
    assert text in str(raised.value)
    assert TOKEN not in str(raised.value)


async def test_an_operation_that_failed_at_once_is_no_success(serving: Serve):
    async def failed(_: Asked) -> Response:
        told = {"done": True, "error": {"code": 9, "message": "Quota of instances exceeded."}}
        return JSONResponse(told)

    async with cloud_run(serving(failed)) as platform:
        with pytest.raises(PlatformError, match="Quota of instances exceeded"):
            await platform.perform(Scale(1, 9000))


async def test_an_answer_without_a_body_is_taken(serving: Serve):
    async def empty(_: Asked) -> Response:
        return Response(status_code=202)

    async with cloud_run(serving(empty)) as platform:
        assert (await platform.perform(Rollback("r1"))).deployment == ""
        assert await platform.deployments(5) == []


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def account_key() -> str:
    pem = private_key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    told = {
        "type": "service_account",
        "client_email": "console@my-project.iam.gserviceaccount.com",
        "private_key_id": "kid-1",
        "private_key": pem.decode(),
        "token_uri": "https://evil.example/token",
    }
    return json.dumps(told, indent=1)


def part(text: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


async def test_a_service_accounts_key_gets_tokens_by_itself_and_renews_them(serving: Serve):
    now, given, used = [time.time()], [], []

    async def answer(request: Asked) -> Response:
        if request.url.path != "/token":
            used.append(request.headers["authorization"])
            return JSONResponse({})
        form = dict(item.split("=", 1) for item in (await request.body()).decode().split("&"))
        header, claims, signature = form["assertion"].split(".")
        signed = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        private_key().public_key().verify(
            signed, f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        assert form["grant_type"].replace("%3A", ":") == GRANT
        assert part(header) == {"alg": "RS256", "typ": "JWT", "kid": "kid-1"}
        told = part(claims)
        assert (told["aud"], told["exp"] - told["iat"]) == (TOKEN_URL, 3600)
        assert told["iss"] == "console@my-project.iam.gserviceaccount.com"
        given.append(f"token-{len(given)}")
        return JSONResponse({"access_token": given[-1], "expires_in": 3599})

    url = serving(answer)
    auth = auth_of(account_key(), url=f"{url}/token", clock=lambda: now[0])
    async with cloud_run(url, account_key(), auth=auth) as platform:
        await platform.variables()
        await platform.variables()
        now[0] += 3500
        await platform.variables()
    assert used == ["Bearer token-0", "Bearer token-0", "Bearer token-1"]


async def test_a_key_that_google_does_not_take_says_why(serving: Serve):
    async def answer(request: Asked) -> Response:
        why = "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe."
        return JSONResponse({"error": "invalid_grant", "error_description": why}, 400)

    url = serving(answer)
    async with cloud_run(url, account_key(), auth=auth_of(account_key(), url=f"{url}/t")) as one:
        with pytest.raises(PlatformRefused, match="reasonable timeframe"):
            await one.variables()


@pytest.mark.parametrize("text", ["{", '{"private_key": "no"}', '{"private_key": 5}', "{}"])
async def test_a_key_that_cannot_be_read_sends_nothing(text: str):
    async with cloud_run("http://127.0.0.1:9", text) as platform:
        with pytest.raises(PlatformRefused, match="cannot be read"):
            await platform.variables()
