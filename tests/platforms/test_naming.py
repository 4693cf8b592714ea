"""What a service has to say of its platform, told before anything is asked of it."""

from typing import Any

import pytest

from console.config import Config, Settings
from console.health.check import Check, Service
from console.platforms.choose import platform_of
from console.service_problems import service_problems

TOKEN = "token-of-the-test-0123456789"


def service(**more: Any) -> Service:
    check = Check(name="web", type="http", url="https://example.com")
    given = {"platform_token_env": "TOKEN", **more}
    return Service(name="relay", checks=(check,), **given)


def problems(token: str = TOKEN, **more: Any) -> list[str]:
    return service_problems(service(**more), {"TOKEN": token})


def test_a_service_on_railway_is_named_by_its_three_ids():
    assert problems(platform="railway", platform_service="a-1/b/c") == []
    [wrong] = problems(platform="railway", platform_service="a-1/b")
    assert wrong.startswith(".platform_service: must be project/environment/service")


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("https://railway.example.com", ""),
        ("http://127.0.0.1:4099", ""),
        ("http://railway.example.com", "must begin with https://"),
        ("railway.example.com", "must begin with"),
        ("https://me:secret@railway.example.com", "has a login in it"),
    ],
)
def test_a_token_goes_to_a_safe_address_only(url: str, wrong: str):
    found = problems(platform="railway", platform_service="a/b/c", platform_url=url)
    assert len(found) == bool(wrong)
    assert all(one.startswith(f".platform_url: {wrong}") for one in found)
    assert "secret" not in str(found)


def test_a_token_that_cannot_be_one_is_told_without_being_shown():
    [found] = problems("tökén", platform="railway", platform_service="a/b/c")
    assert found == ".platform_token_env: TOKEN holds characters that no token has"
    assert problems(f"  {TOKEN}\n", platform="railway", platform_service="a/b/c") == []


def test_a_service_on_kubernetes_is_named_by_namespace_and_deployment():
    outside = {"platform": "kubernetes", "platform_url": "https://k.example"}
    assert problems(**outside, platform_service="shop/web") == []
    [wrong] = problems(**outside, platform_service="web")
    assert wrong.startswith(".platform_service: must be namespace/deployment")
    [wrong] = problems(**outside, platform_service="shop/web", platform_ca_file="/no/such/file")
    assert wrong == ".platform_ca_file: there is no such file here"


def test_a_console_in_the_cluster_needs_neither_address_nor_token():
    one = service(platform="kubernetes", platform_service="shop/web", platform_token_env="")
    assert service_problems(one, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}) == []
    [wrong] = service_problems(one, {})
    assert wrong.startswith(".platform_url: must be the address of the API server")
    [wrong] = service_problems(one.model_copy(update={"platform_url": "https://k.example"}), {})
    assert wrong.startswith(".platform_token_env: must name the variable")


@pytest.mark.parametrize(("platform", "named"), [("railway", "a/b/c"), ("kubernetes", "shop/web")])
async def test_the_platform_is_the_one_that_the_service_names(platform: str, named: str):
    one = service(platform=platform, platform_service=named)
    config = Config(Settings(), (one,), sample=False, secrets={"TOKEN": TOKEN})
    async with platform_of(config, one) as found:
        assert found is not None
        assert found.capabilities.platform.lower() == platform
