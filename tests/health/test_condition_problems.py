"""What configuration says of a condition that can never hold, beside all its other problems."""

import pytest
from pydantic import ValidationError

from console.health.check import Check
from console.services import read_services


def problems(*checks: dict[str, object]) -> list[str]:
    return read_services([{"name": "billing", "checks": list(checks)}], {})[1]


def test_a_malformed_condition_is_a_problem_that_names_check_and_place() -> None:
    (problem,) = problems(
        {
            "name": "api",
            "url": "http://a.example",
            "conditions": ["[IP] != x", "[STATUS] = 2"],
        }
    )
    assert problem.startswith("service billing, check api, conditions[1]: ")
    assert "check api" in problem
    assert "at column 10" in problem
    assert "write ==" in problem


def test_every_bad_condition_is_told_together_with_everything_else() -> None:
    told = problems(
        {"name": "api", "url": "http://a.example", "conditions": ["nonsense", "[STATUS] < x"]},
        {"name": "web", "url": "ftp://b.example", "interval": "often", "warn_conditions": ["[X]"]},
    )
    places = {line.partition(":")[0] for line in told}
    assert places >= {
        "service billing, check api, conditions[0]",
        "service billing, check api, conditions[1]",
        "service billing, check web, interval",
        "service billing, check web, warn_conditions[0]",
    }


@pytest.mark.parametrize(
    ("kind", "url", "condition"),
    [
        ("tcp", "tcp://a.example:1", "[STATUS] == 200"),
        ("tcp", "tcp://a.example:1", "len([BODY]) > 0"),
        ("tls", "tls://a.example:1", "[BODY].a == 1"),
        ("redis", "redis://a.example", "[CERTIFICATE_EXPIRATION] > 48h"),
        ("push", "", "[CONNECTED] == true"),
    ],
)
def test_what_a_type_of_check_never_has_cannot_be_asked_for(
    kind: str, url: str, condition: str
) -> None:
    with pytest.raises(ValidationError, match=f"a {kind} check has no"):
        Check.model_validate({"name": "x", "type": kind, "url": url, "conditions": [condition]})
