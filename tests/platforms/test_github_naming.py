"""What is wrong with how a service names its repository or its hook, told all at once."""

from typing import Any

import pytest

from console.health.check import Check, Service
from console.services import named_variables, service_problems

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


def test_the_variable_of_a_repository_is_read_as_a_secret():
    assert named_variables([service(repository_token_env="GITHUB_TOKEN")]) == {"GITHUB_TOKEN"}
