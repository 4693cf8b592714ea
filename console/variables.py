"""Every variable that the console itself reads, with its meaning, its default and its check.

No message quotes a value of a secret or of a URL, which may carry a password.
"""

import os
import re
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from console.alerts.channels import Channel
from console.alerts.channels import parse as parse_channels
from console.alerts.tell import REMINDER
from console.cache.upstash.model import API_URL, Account
from console.health.check import Duration
from console.instances.scaling.price import parse_price
from console.month_end.calendar import Shift
from console.month_end.rules import (
    MONTH_END,
    Rules,
    read_country,
    read_days,
    read_due,
    read_free,
    read_pair,
)
from console.problems import closest
from console.sign_in.model import Lists, read_list
from console.urls import url_problem

PREFIX = "CONSOLE_"
SERVICES_FILE = "services.toml"  # read where it exists and no other is named
TOKEN_LENGTH = 16  # characters: in hex 64 bits of entropy, what NIST SP 800-63B asks for
MIN_FLUSH, MAX_FLUSH = 1.0, 600.0  # seconds: below is a command storm, above a visitor sees nothing

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

Value = TypeVar("Value")


class Settings(BaseSettings):
    """What one console is told. Each field is one variable, named by its alias."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    service_url: str = Field(
        default="",
        validation_alias="SERVICE_URL",
        description="The service to watch, `https://…`. This alone is enough.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        validation_alias="REDIS_URL",
        description="The service's own Redis or Upstash, `redis://…` or `rediss://…`: watched as "
        "the check `cache`.",
    )
    run_token: SecretStr | None = Field(
        default=None,
        validation_alias="RUN_TOKEN",
        description="The service's own `RUN_TOKEN`, with which the console runs single items.",
    )
    second_approver: bool = Field(
        default=False,
        validation_alias="CONSOLE_SECOND_APPROVER",
        description="`on`: a switch to live needs a second operator's approval.",
    )
    closing_second_approver: bool = Field(
        default=False,
        validation_alias="CONSOLE_CLOSING_SECOND_APPROVER",
        description="`on`: the same, but only inside the window of a closing.",
    )
    closing_days: str = Field(
        default=MONTH_END,
        validation_alias="CONSOLE_CLOSING_DAYS",
        description="When books are closed: `month-end` and days of the month, such as "
        "`month-end,20`.",
    )
    closing_due: str = Field(
        default="18:00",
        validation_alias="CONSOLE_CLOSING_DUE",
        description="When a closing is due on its day, in `CONSOLE_TIMEZONE`; `+2 12:00` is two "
        "business days later.",
    )
    closing_country: str = Field(
        default="",
        validation_alias="CONSOLE_CLOSING_COUNTRY",
        description="Whose holidays are free: `JP`, or a part of a country as `DE-BY`.",
    )
    closing_bank_holidays: bool = Field(
        default=True,
        validation_alias="CONSOLE_CLOSING_BANK_HOLIDAYS",
        description="`off`: work goes on on days on which only banks are shut.",
    )
    closing_free_days: str = Field(
        default="",
        validation_alias="CONSOLE_CLOSING_FREE_DAYS",
        description="The company's own free days: `12-29,12-30` every year, `2026-12-28` once.",
    )
    closing_shift: Shift = Field(
        default=Shift.PREVIOUS,
        validation_alias="CONSOLE_CLOSING_SHIFT",
        description="Where a closing goes that falls on a free day: `previous` or `next` business "
        "day, or `none`.",
    )
    closing_window: str = Field(
        default="5,5",
        validation_alias="CONSOLE_CLOSING_WINDOW",
        description="Business days before and after a closing that belong to its window.",
    )
    closing_freeze: str = Field(
        default="2,1",
        validation_alias="CONSOLE_CLOSING_FREEZE",
        description="Business days before and after a closing on which nothing is deployed.",
    )
    closing_items: int | None = Field(
        default=None,
        ge=1,
        le=100_000_000,
        validation_alias="CONSOLE_CLOSING_ITEMS",
        description="How many items one closing has, where you know it. Without it the console "
        "goes by past closings.",
    )
    operators: str = Field(
        default="",
        validation_alias="CONSOLE_OPERATORS",
        description="Who may act once signed in: e-mail addresses and `@domains`, between commas.",
    )
    viewers: str = Field(
        default="",
        validation_alias="CONSOLE_VIEWERS",
        description="Who may look once signed in, written the same way. Operators need not be "
        "named here.",
    )
    sign_in_hours: float = Field(
        default=12,
        gt=0,
        le=720,
        validation_alias="CONSOLE_SIGN_IN_HOURS",
        description="How many hours a sign-in lasts, at most 720.",
    )
    services_file: str = Field(
        default="",
        validation_alias="CONSOLE_SERVICES_FILE",
        description="A TOML file with `[[services]]`, for several services or checks of your own. "
        f"Without it `{SERVICES_FILE}` is read where it exists.",
    )
    settings_spec: str = Field(
        default="",
        validation_alias="CONSOLE_SETTINGS_SPEC",
        description="Which settings the service should have: a `settings.spec.toml`, or a profile "
        "(`invoicing`, `kit`). Without it the Settings page goes by what the instances report.",
    )
    checklist_file: str = Field(
        default="",
        validation_alias="CONSOLE_CHECKLIST_FILE",
        description="A TOML file with `[[questions]]` of your own for the Checklist: `question`, "
        "`phase` (`before`, `during`, `trouble`), and the `check` that answers it; without one a "
        "person attests it, for `attest_days`.",
    )
    store_url: SecretStr | None = Field(
        default=None,
        validation_alias="CONSOLE_STORE_URL",
        description="The console's own Redis (6.2 or later, Valkey, Upstash), which keeps the "
        "history. Without it the console runs an embedded Valkey server.",
    )
    store_profile: Literal["auto", "local", "economy"] = Field(
        default="auto",
        validation_alias="CONSOLE_STORE_PROFILE",
        description="`local` writes every 10 s; `economy` writes every 60 s, for a server that "
        "bills commands; `auto` finds out which.",
    )
    flush_interval: Duration | None = Field(
        default=None,
        validation_alias="CONSOLE_FLUSH_INTERVAL",
        description="How often results are written to the store, such as `30s`. Without it the "
        "profile decides.",
    )
    data_dir: Path = Field(
        default=Path(".console"),
        validation_alias="CONSOLE_DATA_DIR",
        description="Where the embedded server, the spool and the logs live.",
    )
    timezone: str = Field(
        default="UTC",
        validation_alias="CONSOLE_TIMEZONE",
        description="The zone that days begin in and times are shown in, such as `Europe/Berlin`.",
    )
    collector: bool = Field(
        default=True,
        validation_alias="CONSOLE_COLLECTOR",
        description="`off` runs the pages without a collector of their own, where one runs "
        "elsewhere on the same store.",
    )
    notify_urls: SecretStr | None = Field(
        default=None,
        validation_alias="CONSOLE_NOTIFY_URLS",
        description="Where alerts go: addresses of apprise, such as `slack://…` or `mailto://…`, "
        "with spaces between. The Alerts page has a test button.",
    )
    alert_reminder: Duration = Field(
        default=REMINDER,
        validation_alias="CONSOLE_ALERT_REMINDER",
        description="How often people are reminded of an alert that nobody took; `0` never.",
    )
    deadman_url: SecretStr | None = Field(
        default=None,
        validation_alias="CONSOLE_DEADMAN_URL",
        description="An address that the collector calls every minute while it can write its "
        "store, such as one of Healthchecks: it tells you when the console itself is down.",
    )
    digest_at: str = Field(
        default="",
        validation_alias="CONSOLE_DIGEST_AT",
        description="When a summary for managers is sent each day, such as `08:30`, in the zone "
        "of `CONSOLE_TIMEZONE`. Without it none is sent.",
    )
    public_url: str = Field(
        default="",
        validation_alias="CONSOLE_PUBLIC_URL",
        description="The address people open this console by; alerts link to it.",
    )
    connectivity_target: str = Field(
        default="",
        validation_alias="CONSOLE_CONNECTIVITY_TARGET",
        description="`host:port` that is reachable whenever the console has a network, such as "
        "`1.1.1.1:53`. While it is not, failures say nothing about the service.",
    )
    upstash_email: str = Field(
        default="",
        validation_alias="CONSOLE_UPSTASH_EMAIL",
        description="With the key: shows the plan's quota and usage of an Upstash database.",
    )
    upstash_api_key: SecretStr | None = Field(
        default=None,
        validation_alias="CONSOLE_UPSTASH_API_KEY",
        description="A key of Upstash's Developer API (Account, Management API); a native account.",
    )
    upstash_database: str = Field(
        default="",
        validation_alias="CONSOLE_UPSTASH_DATABASE",
        description="Name or id of the database there, where the address does not tell which.",
    )
    upstash_url: str = Field(
        default=API_URL,
        validation_alias="CONSOLE_UPSTASH_URL",
        description="The address of Upstash's Developer API.",
    )
    loki_url: str = Field(
        default="",
        validation_alias="CONSOLE_LOKI_URL",
        description="A Loki, or what answers as it does (`/loki/api/v1`), that has the service's "
        "log. The kit's lines are read without it.",
    )
    loki_query: str = Field(
        default="",
        validation_alias="CONSOLE_LOKI_QUERY",
        description="The LogQL selector of the service's lines; `{service}` stands for its name. "
        'Without it `{service_name="{service}"}`.',
    )
    loki_token: SecretStr | None = Field(
        default=None,
        validation_alias="CONSOLE_LOKI_TOKEN",
        description="The bearer token of that Loki.",
    )
    loki_tenant: str = Field(
        default="",
        validation_alias="CONSOLE_LOKI_TENANT",
        description="The tenant there (`X-Scope-OrgID`).",
    )
    sample_instances: int = Field(
        default=2,
        ge=1,
        le=8,
        validation_alias="CONSOLE_SAMPLE_INSTANCES",
        description="How many instances of the sample service are started, 1 to 8.",
    )
    scaling: Literal["recommend", "schedule"] = Field(
        default="recommend",
        validation_alias="CONSOLE_SCALING",
        description="`recommend` only says how many instances should run; `schedule` also applies "
        "it, every 30 s (300 s where the store bills commands), where the console can scale the "
        "service.",
    )
    instances_min: int = Field(
        default=1,
        ge=0,
        le=1000,
        validation_alias="CONSOLE_INSTANCES_MIN",
        description="The fewest instances that are recommended.",
    )
    instances_max: int = Field(
        default=8,
        ge=1,
        le=1000,
        validation_alias="CONSOLE_INSTANCES_MAX",
        description="The most instances that are recommended.",
    )
    instance_concurrency: int = Field(
        default=1,
        ge=1,
        le=1000,
        validation_alias="CONSOLE_INSTANCE_CONCURRENCY",
        description="How many items (or requests, of a service without items) one instance works "
        "on at once.",
    )
    instance_target: float = Field(
        default=0.7,
        ge=0.1,
        le=1,
        validation_alias="CONSOLE_INSTANCE_TARGET",
        description="The share of the time that an instance should be busy; 0.6 to 0.8 leaves "
        "room for peaks.",
    )
    instance_price: str = Field(
        default="",
        validation_alias="CONSOLE_INSTANCE_PRICE",
        description="What one instance costs an hour, such as `0.05 EUR`: the Instances page then "
        "shows what a plan costs.",
    )
    api_token: SecretStr | None = Field(
        default=None,
        validation_alias="CONSOLE_API_TOKEN",
        description=f"The bearer token of `/api` and of push checks, at least {TOKEN_LENGTH} "
        "characters.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over: it has merged the sources, Streamlit's secrets included."""
        return (init_settings,)

    @field_validator("operators", "viewers")
    @classmethod
    def _allow_list(cls, value: str) -> str:
        return ",".join(read_list(value))

    @field_validator("closing_days")
    @classmethod
    def _closing_days(cls, value: str) -> str:
        read_days(value)
        return value

    @field_validator("closing_due")
    @classmethod
    def _closing_due(cls, value: str) -> str:
        read_due(value)
        return value

    @field_validator("closing_country")
    @classmethod
    def _closing_country(cls, value: str) -> str:
        read_country(value)
        return value

    @field_validator("closing_free_days")
    @classmethod
    def _closing_free_days(cls, value: str) -> str:
        read_free(value)
        return value

    @field_validator("closing_window", "closing_freeze")
    @classmethod
    def _closing_pair(cls, value: str) -> str:
        read_pair(value)
        return value

    @field_validator("data_dir")
    @classmethod
    def _data_dir(cls, value: Path) -> Path:
        return Path(os.path.expanduser(value))  # unlike Path.expanduser it never raises

    @field_validator("service_url")
    @classmethod
    def _service_url(cls, value: str) -> str:
        return _no_problem(value, url_problem(value, "http") if value else "")

    @field_validator("loki_url")
    @classmethod
    def _loki_url(cls, value: str) -> str:
        return _no_problem(value, url_problem(value, "http") if value else "")

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str) -> str:
        return _no_problem(value, url_problem(value, "http") if value else "")

    @field_validator("deadman_url")
    @classmethod
    def _deadman_url(cls, value: SecretStr | None) -> SecretStr | None:
        hidden = value.get_secret_value() if value else ""
        return _no_problem(value, url_problem(hidden, "http", hidden=True) if value else "")

    @field_validator("digest_at")
    @classmethod
    def _digest_at(cls, value: str) -> str:
        known = not value or _CLOCK.fullmatch(value) is not None
        return _no_problem(value, "" if known else "is not a time of day such as 08:30")

    @field_validator("upstash_url")
    @classmethod
    def _upstash_url(cls, value: str) -> str:
        return _no_problem(value, url_problem(value, "http"))

    @field_validator("redis_url", "store_url")
    @classmethod
    def _redis_url(cls, value: SecretStr | None) -> SecretStr | None:
        return _no_problem(value, url_problem(value.get_secret_value(), "redis") if value else "")

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        if value == "UTC" or value in available_timezones():
            return value
        raise ValueError(f"is not a time zone{closest(value, available_timezones())}")

    @field_validator("connectivity_target")
    @classmethod
    def _connectivity_target(cls, value: str) -> str:
        return _no_problem(value, url_problem(f"tcp://{value}", "tcp") if value else "")

    @field_validator("api_token")
    @classmethod
    def _api_token(cls, value: SecretStr | None) -> SecretStr | None:
        short = value is not None and len(value.get_secret_value()) < TOKEN_LENGTH
        return _no_problem(value, f"needs at least {TOKEN_LENGTH} characters" if short else "")

    @field_validator("instance_price")
    @classmethod
    def _instance_price(cls, value: str) -> str:
        parse_price(value)
        return value.strip()

    @field_validator("instances_max")
    @classmethod
    def _instances_max(cls, value: int, info: ValidationInfo) -> int:
        below = value < info.data.get("instances_min", 0)
        return _no_problem(value, "must not be below CONSOLE_INSTANCES_MIN" if below else "")

    @field_validator("flush_interval")
    @classmethod
    def _flush_interval(cls, value: float | None) -> float | None:
        outside = value is not None and not MIN_FLUSH <= value <= MAX_FLUSH
        return _no_problem(value, f"must be {MIN_FLUSH:g} to {MAX_FLUSH:g} s" if outside else "")

    @classmethod
    def variables(cls) -> set[str]:
        """The names of all variables."""
        return {str(info.validation_alias) for info in cls.model_fields.values()}

    @property
    def upstash(self) -> Account | None:
        """Who asks Upstash's Developer API; None where e-mail or key is not set."""
        if not self.upstash_email or self.upstash_api_key is None:
            return None
        key = self.upstash_api_key.get_secret_value()
        return Account(self.upstash_email, key, self.upstash_database, self.upstash_url)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Where alerts go."""
        return parse_channels(self.notify_urls.get_secret_value()) if self.notify_urls else ()

    def link(self, path: str = "", service: str = "") -> str:
        """A link to a page of this console; empty while its address is not known."""
        query = f"?service={service}" if service else ""
        return f"{self.public_url.rstrip('/')}{path}{query}" if self.public_url else ""

    @property
    def closing(self) -> Rules:
        """How closings are held."""
        country, part = read_country(self.closing_country)
        yearly, single = read_free(self.closing_free_days)
        deadline_day, deadline = read_due(self.closing_due)
        before, after = read_pair(self.closing_window)
        freeze_before, freeze_after = read_pair(self.closing_freeze)
        return Rules(
            country, deadline, self.closing_shift, yearly, read_days(self.closing_days), part,
            self.closing_bank_holidays, single, deadline_day, before, after, freeze_before,
            freeze_after, self.closing_items,
        )  # fmt: skip

    @property
    def lists(self) -> Lists:
        """Who may look and who may act, once signed in."""
        return Lists(read_list(self.viewers), read_list(self.operators))

    @property
    def zone(self) -> tzinfo:
        """The time zone that days begin in."""
        return UTC if self.timezone == "UTC" else ZoneInfo(self.timezone)


def _no_problem(value: Value, problem: str) -> Value:
    if problem:
        raise ValueError(problem)
    return value
