"""What is wrong with how a service names its repository or its hook, told all at once."""

from typing import Any

import pytest

from console.config import Config, Settings
from console.health.check import Check, Service
from console.platforms.choose import observed, platform_of
from console.platforms.cloud_run.platform import CloudRun
from console.platforms.fly.platform import Fly
from console.platforms.github.platform import BesideGitHub, GitHub
from console.platforms.hook.platform import Hook
from console.service_problems import service_problems
from console.services import named_variables

CHECK = Check(name="web", url="https://shop.test")
GIVEN = {"GITHUB_TOKEN": "github_pat_0123456789", "SECRET": "s" * 16, "SHORT": "s" * 15}


def service(**more: Any) -> Service:
    return Service(name="shop", checks=(CHECK,), **more)


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        (
            {"platform": "github", "platform_service": "me/shop", "platform_token_env": "SECRET"},
            [],
        ),
        (
            {
                "platform": "github",
                "platform_service": "me/shop/eu/production",
                "platform_token_env": "SECRET",
            },
            [],
        ),
        (
            {"platform": "github", "platform_service": "shop", "platform_token_env": "SECRET"},
            ["platform_service: must be owner/name"],
        ),
        ({"platform": "hook", "platform_token_env": "SECRET"}, []),
        (
            {"platform": "hook", "platform_token_env": "SECRET", "repository": "me/shop"},
            [],
        ),
        (
            {"platform": "hook", "platform_token_env": "SHORT"},
            ["platform_token_env: SHORT has fewer than 16 characters"],
        ),
        (
            {"platform": "hook"},
            ["platform_token_env: must name the variable that holds the secret of the hook"],
        ),
        (
            {
                "platform": "local",
                "platform_service": "/srv/shop",
                "repository": "https://github.com/me/shop",
                "repository_token_env": "NOT_SET",
            },
            [
                "repository: must be owner/name",
                "repository_token_env: the variable NOT_SET is not set",
            ],
        ),
        (
            {"platform": "local", "platform_service": "/srv/shop", "repository": "me/shop"},
            ["repository_token_env: must name the variable"],
        ),
    ],
)
def test_what_is_wrong_is_told(fields: dict[str, Any], problems: list[str]):
    found = service_problems(service(**fields), GIVEN)
    assert len(found) == len(problems)
    for line, problem in zip(found, problems, strict=True):
        assert line.startswith(f".{problem}")
        assert "s" * 15 not in line


def test_a_token_of_a_repository_that_no_header_can_hold_is_told_without_it():
    fields = {"platform": "hook", "platform_token_env": "SECRET", "repository": "me/shop"}
    found = service_problems(
        service(repository_token_env="T", **fields), {"SECRET": "s" * 16, "T": "ghp_sss\nsss"}
    )
    assert found == [".repository_token_env: T holds characters that no token has"]


def test_the_variable_of_a_repository_is_read_as_a_secret():
    assert named_variables([service(repository_token_env="GITHUB_TOKEN")]) == {"GITHUB_TOKEN"}


@pytest.mark.parametrize("key", ["ya29.abc", '{\n "type": "service_account"\n}'])
def test_cloud_run_is_named_in_three_parts_and_let_in_by_a_token_or_a_key(key: str):
    fields = {"platform": "cloud_run", "platform_token_env": "KEY"}
    for name, right in (("shop-prod/europe-west1/checkout", True), ("checkout", False)):
        found = service_problems(service(platform_service=name, **fields), {"KEY": key})
        assert (found == []) == right


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"platform": "github", "platform_service": "me/shop/eu/production"}, GitHub),
        ({"platform": "hook"}, Hook),
        ({"platform": "cloud_run", "platform_service": "p/r/s"}, CloudRun),
        ({"platform": "fly", "platform_service": "shop"}, Fly),
        ({"platform": "hook", "repository": "me/shop", "repository_token_env": "T"}, BesideGitHub),
        ({"platform": "hook", "repository": "me/shop"}, Hook),
        ({}, type(None)),
    ],
)
async def test_the_platform_that_a_service_names_is_observed(fields: dict[str, Any], kind: type):
    async def nothing(service: str, since: float) -> list[tuple[bytes, float]]:
        return []

    config = Config(Settings(), (), secrets={"SECRET": "s" * 16, "T": "t" * 16})
    named = service(platform_token_env="SECRET", **fields)
    async with observed(config, named, nothing) as platform:
        assert isinstance(platform, kind)
    async with platform_of(config, named) as platform:
        assert (platform is None) == (not named.platform)


def test_a_token_of_fly_may_have_its_kind_before_it():
    fields = {"platform": "fly", "platform_service": "shop", "platform_token_env": "FLY"}
    assert service_problems(service(**fields), {"FLY": "FlyV1 fm2_abc,fm2_def"}) == []
