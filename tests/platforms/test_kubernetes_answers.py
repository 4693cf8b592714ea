"""Kubernetes: what goes wrong, with the API server or on the way to it."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from console.errors import (
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformMissing,
    PlatformRefused,
    PlatformUnreadable,
)
from console.platforms.kubernetes.access import INSIDE_URL, Access
from console.platforms.kubernetes.platform import Kubernetes
from console.platforms.model import (
    Scale,
)
from tests.health.gather.servers import answers, certificate, make_authority, serving
from tests.platforms.cluster import TOKEN, Cluster, status
from tests.platforms.cluster_use import DEPLOYMENT, SERVICE, kubernetes
from tests.processes import free_port


def answering(code: int, body: str, headers: dict[str, str] | None = None) -> Any:
    return lambda _: PlainTextResponse(body, code, headers)


@pytest.mark.parametrize(
    ("code", "body", "error", "text"),
    [
        (401, '{"message": "Unauthorized"}', PlatformRefused, "not accept the token: Unauthorized"),
        (403, '{"message": "is forbidden"}', PlatformRefused, "the token may not do this: is for"),
        (404, '{"message": "not found"}', PlatformMissing, "no such thing: not found."),
        (500, "<html>", PlatformAway, "out of order (500)."),
        (504, '{"message": "etcd timed out"}', PlatformAway, "out of order (504): etcd timed out."),
        (302, "", PlatformMissing, "says that it is elsewhere now."),
        (200, "<html>Sign in</html>", PlatformUnreadable, "not JSON"),
        (200, '{"items": [', PlatformUnreadable, "not JSON"),
        (200, '{"items": 3}', PlatformUnreadable, "else than a list"),
    ],
)
async def test_what_goes_wrong_is_one_typed_error_without_the_token(
    cluster: Cluster, cluster_url: str, code: int, body: str, error: type[PlatformError], text: str
):
    cluster.answer = answering(code, body)
    async with kubernetes(cluster_url) as platform:
        with pytest.raises(error) as raised:
            await platform.deployments(5)
    assert text in str(raised.value)
    assert TOKEN not in str(raised.value)


async def test_an_api_server_under_load_is_left_alone_for_as_long_as_it_says(
    cluster: Cluster, cluster_url: str
):
    cluster.answer = answering(429, '{"message": "Too many requests"}', {"Retry-After": "51"})
    async with kubernetes(cluster_url) as platform:
        for _ in range(3):
            with pytest.raises(PlatformLimited) as raised:
                await platform.deployments(5)
            assert raised.value.retry_at == pytest.approx(time.time() + 51, abs=20)
    assert len(cluster.asked) == 1


async def test_an_action_is_sent_once_however_it_ends(cluster: Cluster, cluster_url: str):
    cluster.answer = lambda one: status(503, "leader election") if one.method == "PATCH" else None
    async with kubernetes(cluster_url) as platform:
        with pytest.raises(PlatformAway):
            await platform.perform(Scale(3, 3))
    assert cluster.asked.count(f"PATCH {DEPLOYMENT}/scale") == 1


async def test_an_api_server_that_is_not_there_is_away():
    async with kubernetes(f"http://127.0.0.1:{free_port()}") as platform:
        with pytest.raises(PlatformAway, match="cannot be reached"):
            await platform.instances()


async def test_without_a_token_nothing_is_asked(cluster: Cluster, cluster_url: str):
    async with kubernetes(cluster_url, token="") as platform:
        with pytest.raises(PlatformRefused, match="There is no token"):
            await platform.instances()
    assert cluster.asked == []


def test_in_the_cluster_the_pods_own_token_is_read_anew_and_sent_nowhere_else(tmp_path: Path):
    (tmp_path / "token").write_text("first\n")
    own = Access(INSIDE_URL, mounted=tmp_path)
    assert own.read_token() == "first"
    (tmp_path / "token").write_text("second\n")
    assert own.read_token() == "second"
    with pytest.raises(PlatformRefused):
        Access("https://elsewhere.example", mounted=tmp_path).read_token()


async def test_a_certificate_file_that_cannot_be_read_is_told(tmp_path: Path):
    bad = tmp_path / "ca.crt"
    bad.write_text("no certificate")
    for name in (bad, tmp_path / "absent.crt"):
        access = Access("https://127.0.0.1:1", TOKEN, str(name))
        platform = Kubernetes(SERVICE, access)
        with pytest.raises(PlatformRefused, match="cannot be read"):
            await platform.instances()


async def test_the_authority_that_signed_the_certificate_is_trusted_and_no_other(tmp_path: Path):
    file, authority = make_authority(tmp_path)
    tls = certificate(tmp_path, "127.0.0.1", authority=authority)
    told = json.dumps({"status": {"readyReplicas": 2}, "items": []}).encode()
    async with serving(answers(told, "Connection: close"), tls) as port:
        for trusted in (str(file), ""):
            access = Access(f"https://127.0.0.1:{port}", TOKEN, trusted)
            platform = Kubernetes(SERVICE, access)
            if trusted:
                assert (await platform.instances()).running == 2
            else:
                with pytest.raises(PlatformAway, match="cannot be reached"):
                    await platform.instances()
            await platform.close()
