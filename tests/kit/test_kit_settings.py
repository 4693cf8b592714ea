import json
from typing import Literal

import pytest
from opskit import (
    KitSettings,
    OpsSettings,
    SettingsError,
    load,
    optional,
    required,
    timeout,
)
from opskit import (
    testing as for_tests,
)
from opskit.settings_report import report
from pydantic import SecretStr

from tests.kit.support import MakeKit, until

SECRET = "s3cr3t-value-of-forty-characters-or-more!"


class Relay(OpsSettings):
    run_token: SecretStr = required("Caller's secret", min_length=32)
    accounting_url: str = required("Where the API is")
    page_wait_seconds: float = optional(2.0, "Wait between pages", ge=1, le=5)
    max_items: int | None = for_tests(None, "At most this many")
    api_timeout_seconds: float = timeout(30.0, "One call")


GOOD = {"RUN_TOKEN": SECRET, "ACCOUNTING_URL": "https://api.test"}


def problems(**environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(Relay, environ)
    return caught.value.problems


def test_good_variables_give_typed_settings():
    settings = load(Relay, {**GOOD, "PAGE_WAIT_SECONDS": "3.5", "MAX_ITEMS": " "})
    assert settings.run_token.get_secret_value() == SECRET
    assert (settings.page_wait_seconds, settings.max_items) == (3.5, None)
    assert settings.api_timeout_seconds == 30.0


def test_every_problem_is_told_at_once_with_the_real_names_and_no_value():
    environ = {
        "RUN_TOKEN": "too-short-secret",
        "PAGE_WAIT_SECONDS": "99x",
        "API_TIMEOUT_SECONDS": "0",
    }
    with pytest.raises(SettingsError) as caught:
        load(Relay, environ)
    table = str(caught.value)
    names = ("RUN_TOKEN", "ACCOUNTING_URL", "PAGE_WAIT_SECONDS", "API_TIMEOUT_SECONDS")
    assert all(name in table for name in names)
    assert table.startswith("Relay: 4 problems with environment variables:")
    assert "too-short-secret" not in table
    assert "99x" not in table


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        ("RUN_TOKEN", "   ", "RUN_TOKEN (required) is set but blank"),
        ("RUN_TOKEN", "changeme", "RUN_TOKEN (required) is a placeholder"),
        ("ACCOUNTING_URL", "", "ACCOUNTING_URL (required) is set but blank"),
    ],
)
def test_blank_and_placeholder_are_as_bad_as_missing(variable: str, text: str, expected: str):
    assert expected in problems(**{**GOOD, variable: text})


def test_a_file_is_read_below_the_environment_and_told_as_the_source(tmp_path):
    file = tmp_path / ".env"
    file.write_text("PAGE_WAIT_SECONDS=4\nMAX_ITEMS=7\n")
    environ = {**GOOD, "MAX_ITEMS": "3"}
    settings = load(Relay, environ, file)
    assert (settings.page_wait_seconds, settings.max_items) == (4.0, 3)
    rows = {row["name"]: row for row in report(Relay, "key", environ, file)["variables"]}
    sources = {name: row["source"] for name, row in rows.items()}
    assert sources == {
        "RUN_TOKEN": "env",
        "ACCOUNTING_URL": "env",
        "PAGE_WAIT_SECONDS": "dotenv",
        "MAX_ITEMS": "env",
        "API_TIMEOUT_SECONDS": "default",
    }
    groups = [row["group"] for row in rows.values()]
    assert groups == ["required", "required", "optional", "testing", "timeout"]


def test_a_report_compares_values_without_holding_one():
    one, same = report(Relay, "key", GOOD), report(Relay, "key", dict(GOOD))
    other = report(Relay, "key", {**GOOD, "RUN_TOKEN": SECRET[::-1]})
    assert one["fingerprint"] == same["fingerprint"] != other["fingerprint"]
    assert SECRET not in json.dumps(one)
    assert "api.test" not in json.dumps(one)
    token = one["variables"][0]
    assert (token["set"], token["secret"], token["length"]) == (True, True, "32-63")


def test_without_the_key_fingerprints_are_not_comparable():
    found = report(Relay, None, GOOD)
    assert found["fingerprint"] == "not comparable"
    assert found["variables"][0]["fingerprint"] == "not comparable"


def test_a_dry_run_and_the_live_run_after_it_compare_equal():
    base = {"OPS_SERVICE": "relay"}
    dry, live = ({**base, "DRY_RUN": text} for text in ("true", "false"))
    assert (
        report(KitSettings, "k", dry)["fingerprint"]
        == report(KitSettings, "k", live)["fingerprint"]
    )


def test_a_misspelt_variable_is_told():
    found = report(Relay, "key", {**GOOD, "PAGE_WAIT_SECOND": "3"})
    assert found["misspelt"] == ["PAGE_WAIT_SECOND: did you mean PAGE_WAIT_SECONDS?"]


async def test_each_instance_reports_its_settings_without_the_key_or_a_value(make_kit: MakeKit):
    kit = await make_kit()

    async def stored() -> str | None:
        return await kit.server.command(
            "HGET", kit.keys.of("settings", kit.identity.instance), "report"
        )

    text = await until(stored)
    found = json.loads(text)
    assert len(found["fingerprint"]) == 16
    for secret in ("fingerprint-key", "r" * 40, kit.settings.ops_token_key.get_secret_value()):
        assert secret not in text
    assert json.loads(
        await until(lambda: kit.server.command("GET", kit.keys.of("inst", kit.identity.instance)))
    )


def test_the_value_of_a_time_limit_is_told_and_no_other():
    class Limits(OpsSettings):
        api_timeout_seconds: float = timeout(2.0, "One call")
        item_timeout_seconds: float = timeout(60.0, "One item")
        wrong_timeout_seconds: str = timeout(1.0, "Holds something else")
        pages: int = optional(7, "No time limit")

    environ = {"ITEM_TIMEOUT_SECONDS": "90", "WRONG_TIMEOUT_SECONDS": SECRET, "PAGES": "8"}
    rows = {row["name"]: row.get("value") for row in report(Limits, "key", environ)["variables"]}
    assert rows == {
        "API_TIMEOUT_SECONDS": "2.0",
        "ITEM_TIMEOUT_SECONDS": "90",
        "WRONG_TIMEOUT_SECONDS": None,
        "PAGES": None,
    }


def test_what_the_class_says_is_told_but_no_default_of_a_secret():
    class Wide(OpsSettings):
        token: SecretStr = optional(SecretStr(SECRET), "A secret", min_length=3)
        level: Literal["low", "high"] = optional("low", "A choice")
        share: float = optional(0.5, "A share", gt=0, le=1)
        many: int | None = optional(None, "A number", lt=10)
        flag: bool = for_tests(False, "A switch")
        code: str = required("A code", pattern="^[a-z]+$")

    rows = {row["name"]: row["spec"] for row in report(Wide, "key", {})["variables"]}
    assert rows == {
        "TOKEN": {"type": "string", "min_length": 3},
        "LEVEL": {"type": "choice", "choices": ["low", "high"], "default": "low"},
        "SHARE": {"type": "float", "default": 0.5, "min": 1e-06, "max": 1},
        "MANY": {"type": "int", "max": 9},
        "FLAG": {"type": "bool", "default": False},
        "CODE": {"type": "string", "pattern": "^[a-z]+$"},
    }


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        (SECRET, []),
        ("", []),
        ("changeme", ["placeholder"]),
        ("your-token-goes-here", ["placeholder"]),
        ("${RUN_TOKEN}", ["placeholder"]),
        ("RUN_TOKEN", ["placeholder"]),
        (" xxxxxxxx", ["white-space", "placeholder"]),
        ("aaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb", ["weak"]),
    ],
)
def test_an_instance_judges_its_secrets_itself(text: str, flags: list[str]):
    found = report(Relay, "key", {**GOOD, "RUN_TOKEN": text})
    assert found["variables"][0]["flags"] == flags
    assert not text.strip() or text not in json.dumps(found).replace('"RUN_TOKEN"', "")


def test_settings_for_tests_say_whether_they_are_on():
    for text, on in (("7", True), ("0", False), (" ", False)):
        rows = report(Relay, "key", {**GOOD, "MAX_ITEMS": text})["variables"]
        told = {row["name"]: row["on"] for row in rows if "on" in row}
        assert told == {"MAX_ITEMS": on}


def test_waits_and_attempts_belong_to_the_time_limits_and_may_be_none():
    class Limits(OpsSettings):
        api_max_retries: int = timeout(1, "Further attempts", ge=0)
        wait_ms: float = timeout(0.0, "A wait", ge=0)
        api_timeout_seconds: float = timeout(2.0, "One call")

    assert load(Limits, {"API_MAX_RETRIES": "0"}).api_max_retries == 0
    with pytest.raises(SettingsError):
        load(Limits, {"API_TIMEOUT_SECONDS": "0"})
