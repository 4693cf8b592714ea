"""The configuration of one console: its sources together, and every problem told at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from console.config import Config, Settings, as_markdown, as_table, load
from console.errors import ConfigError

ROOT = Path(__file__).resolve().parents[1]
HIDDEN = "hunter2-hunter2"

SERVICES = """
[[services]]
name = "shop"
[[services.checks]]
name = "api"
url = "https://shop.example"
bearer_env = "SHOP_TOKEN"
[[services.checks]]
name = "cache"
type = "redis"
url_env = "REDIS_URL"
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the console: without a services file unless a test writes one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems(**environment: str) -> list[str]:
    with pytest.raises(ConfigError) as wrong:
        load(environment)
    return wrong.value.problems


def names(config: Config) -> dict[str, list[str]]:
    return {service.name: [c.name for c in service.checks] for service in config.services}


def test_without_anything_the_sample_is_watched_with_the_defaults():
    config = load({})
    assert config.sample
    assert config.services == ()
    assert config.store_url == ""
    settings = config.settings
    assert (settings.store_profile, settings.collector) == ("auto", True)
    assert (settings.data_dir, settings.timezone) == (Path(".console"), "UTC")


def test_a_url_and_a_redis_are_one_service_and_the_collector_is_told_the_redis_only():
    config = load(
        {"SERVICE_URL": "https://shop.example", "REDIS_URL": "redis://:p@cache", "HOME": "/root"}
    )
    assert not config.sample
    assert names(config) == {"shop-example": ["web", "tls", "cache"]}
    assert config.secrets == {"REDIS_URL": "redis://:p@cache"}


def test_every_source_is_read_in_its_order(directory: Path):
    dotenv = directory / ".env"
    dotenv.write_text("CONSOLE_TIMEZONE=Europe/Berlin\nCONSOLE_DATA_DIR=from-dotenv\n")
    config = load(
        {"CONSOLE_TIMEZONE": "Asia/Tokyo"},
        secrets={
            "CONSOLE_TIMEZONE": "UTC",
            "CONSOLE_DATA_DIR": "from-secrets",
            "CONSOLE_STORE_URL": "redis://secret.example",
        },
        dotenv=dotenv,
    )
    assert config.settings.timezone == "Asia/Tokyo"
    assert config.settings.data_dir == Path("from-dotenv")
    assert config.store_url == "redis://secret.example"


@pytest.mark.parametrize("no", [False, "off", "false", "0", 0])
def test_a_switch_can_be_turned_off_in_secrets_as_in_the_environment(no: object):
    assert not load({}, secrets={"CONSOLE_COLLECTOR": no}).settings.collector
    assert not load({"CONSOLE_COLLECTOR": str(no)}).settings.collector


def test_services_are_read_from_the_file_beside_the_console(directory: Path):
    (directory / "services.toml").write_text(SERVICES)
    config = load({"SHOP_TOKEN": "t", "REDIS_URL": "redis://cache"})
    assert names(config) == {"shop": ["api", "cache"]}
    assert config.secrets == {"SHOP_TOKEN": "t", "REDIS_URL": "redis://cache"}


def test_services_are_read_from_the_secrets_beside_a_url_and_a_file(directory: Path):
    (directory / "mine.toml").write_text(SERVICES)
    bank = {"name": "bank", "checks": [{"name": "api", "url": "https://bank.example"}]}
    config = load(
        {
            "SERVICE_URL": "http://a.example",
            "CONSOLE_SERVICES_FILE": "mine.toml",
            "SHOP_TOKEN": "t",
            "REDIS_URL": "redis://cache",
        },
        secrets={"services": [bank]},
    )
    # the file has a check of this Redis, so it is not checked a second time
    assert names(config) == {"a-example": ["web"], "shop": ["api", "cache"], "bank": ["api"]}
    assert config.service("bank") is config.services[2]
    assert config.service("none") is None


def test_a_redis_that_no_check_names_gets_a_check_of_its_own(directory: Path):
    bank = {"name": "bank", "checks": [{"name": "api", "url": "https://bank.example"}]}
    config = load({"REDIS_URL": "redis://cache"}, secrets={"services": [bank]})
    assert names(config) == {"cache": ["cache"], "bank": ["api"]}


def test_every_problem_is_told_at_once_with_the_names_that_the_user_wrote(directory: Path):
    (directory / "services.toml").write_text(
        SERVICES.replace('name = "api"', 'name = "api"\ntimeuot = "3s"')
    )
    told = problems(
        SERVICE_URL="shop.example",
        REDIS_URL=f"http://:{HIDDEN}@cache",
        CONSOLE_STORE_URL=f"https://:{HIDDEN}@store",
        CONSOLE_STORE_PROFILE="cheap",
        CONSOLE_FLUSH_INTERVAL="1h",
        CONSOLE_TIMEZONE="Europe/Berlni",
        CONSOLE_COLLECTOR="perhaps",
        CONSOLE_CONNECTIVITY_TARGET="one.one",
        CONSOLE_API_TOKEN="short",
        CONSOLE_STOREURL="x",
    )
    expected = [
        "SERVICE_URL: must begin with https:// or http://",
        "REDIS_URL: must begin with redis:// or rediss:// or unix://",
        "CONSOLE_STORE_URL: must begin with redis:// or rediss:// or unix://",
        "CONSOLE_STORE_PROFILE: must be 'auto', 'local' or 'economy'",
        "CONSOLE_FLUSH_INTERVAL: must be 1 to 600 s",
        "CONSOLE_TIMEZONE: is not a time zone; did you mean Europe/Berlin?",
        "CONSOLE_COLLECTOR: must be on or off",
        "CONSOLE_CONNECTIVITY_TARGET: needs a port (host:port)",
        "CONSOLE_API_TOKEN: needs at least 16 characters",
        "service shop, check api, timeuot: is not known; did you mean timeout?",
        "service shop, check api, bearer_env: the variable SHOP_TOKEN is not set",
        "service shop, check cache, url_env: REDIS_URL must begin with redis:// or rediss:// or unix://",
        "CONSOLE_STOREURL: is not a setting of the console; did you mean CONSOLE_STORE_URL?",
    ]
    assert sorted(told) == sorted(expected)
    assert HIDDEN not in str(told)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("shop.example", "must begin with https:// or http://"),
        ("https:///health", "is not a URL with a host"),
        ("https://shop example", "is not a URL with a host"),
        ("https://shop.example:99999", "is not a URL (host or port cannot be read)"),
        (f"https://me:{HIDDEN}@shop.example", "has a login in it; use bearer_env or url_env"),
        (f"https://{HIDDEN}@shop.example", "has a login in it; use bearer_env or url_env"),
    ],
)
def test_an_unusable_service_url_is_told_without_repeating_it(url: str, why: str):
    (problem,) = problems(SERVICE_URL=url)
    assert problem.startswith(f"SERVICE_URL: {why}")
    assert HIDDEN not in problem


def test_a_services_file_that_is_not_there_not_toml_or_empty_is_told(directory: Path):
    assert problems(CONSOLE_SERVICES_FILE="none.toml") == [
        "CONSOLE_SERVICES_FILE: there is no file none.toml"
    ]
    file = directory / "mine.toml"
    file.write_text("")
    assert problems(CONSOLE_SERVICES_FILE="mine.toml") == [
        "CONSOLE_SERVICES_FILE: there is no [[services]] in mine.toml"
    ]
    file.write_text('[[service]]\nname = "shop"\n')
    assert problems(CONSOLE_SERVICES_FILE="mine.toml") == [
        "service: is not known in mine.toml; did you mean services?"
    ]
    file.write_text("name = \n")
    told = problems(CONSOLE_SERVICES_FILE="mine.toml", CONSOLE_TIMEZONE="Mars")
    assert [line.partition(":")[0] for line in told] == ["CONSOLE_TIMEZONE", "mine.toml"]


def test_a_variable_that_a_check_names_may_be_called_like_a_setting(directory: Path):
    (directory / "services.toml").write_text(SERVICES.replace("SHOP_TOKEN", "CONSOLE_SHOP_TOKEN"))
    config = load({"CONSOLE_SHOP_TOKEN": "t", "REDIS_URL": "redis://cache"})
    assert config.secrets["CONSOLE_SHOP_TOKEN"] == "t"


def test_what_kubernetes_adds_to_the_environment_is_no_mistake_of_the_user():
    added = {
        "CONSOLE_SERVICE_HOST": "10.0.0.1",
        "CONSOLE_SERVICE_PORT_HTTP": "80",
        "CONSOLE_PORT": "tcp://10.0.0.1:80",
        "CONSOLE_PORT_80_TCP_ADDR": "10.0.0.1",
    }
    assert load({**added, "KUBERNETES_SERVICE_HOST": "10.0.0.0"}).sample
    assert len(problems(**added)) == len(added)


def test_a_data_directory_may_be_below_the_home(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert load({"CONSOLE_DATA_DIR": "~/ops"}).settings.data_dir == Path("/home/me/ops")


def test_the_collector_is_told_the_same_configuration(directory: Path):
    (directory / "services.toml").write_text(SERVICES)
    config = load(
        {
            "SHOP_TOKEN": HIDDEN,
            "REDIS_URL": "redis://cache",
            "CONSOLE_FLUSH_INTERVAL": "5s",
            "CONSOLE_TIMEZONE": "Asia/Tokyo",
            "CONSOLE_API_TOKEN": HIDDEN + HIDDEN,
        }
    ).with_store(f"redis://:{HIDDEN}@store")
    again = Config.from_dict(json.loads(json.dumps(config.to_dict())))
    assert again == config
    assert again.store_url == f"redis://:{HIDDEN}@store"
    assert HIDDEN not in repr(config)


def test_the_problems_are_a_table_that_fits_the_terminal():
    told = [
        "CONSOLE_TIMEZONE: is not a time zone",
        "services[0].checks[12].conditions[3]: must be something that takes a lot of words: really",
        "without a place",
    ]
    assert as_table(told, 60).splitlines() == [
        "The console cannot start: 3 problems.",
        "",
        "CONSOLE_TIMEZONE                is not a time zone",
        "services[0].checks[12].conditions[3]",
        "                                must be something that takes",
        "                                a lot of words: really",
        "                                without a place",
    ]
    assert as_table(["A: b"]).splitlines() == ["The console cannot start: 1 problem.", "", "A  b"]


def test_every_setting_says_what_it_means():
    for name, info in Settings.model_fields.items():
        assert info.description, name
        assert "|" not in info.description, "it would break the README's table"


def test_the_readme_shows_the_settings_that_there_are():
    printed = subprocess.run(
        [sys.executable, "-m", "console.config"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.strip()
    assert printed == as_markdown()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _, _, rest = readme.partition("<!-- settings -->\n")
    table, end, _ = rest.partition("\n<!-- /settings -->")
    assert end
    assert table == printed, "write it anew: python -m console.config"
