"""Variables of the console itself: its store, its time zone, its collector."""

import os
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, field_validator

from console.health.check import Duration
from console.problems import closest
from console.urls import url_problem
from console.variables.base import Variables, no_problem

MIN_FLUSH, MAX_FLUSH = 1.0, 600.0  # seconds: below is a command storm, above a visitor sees nothing


class HouseVariables(Variables):
    """Variables of the console itself: its store, its time zone, its collector."""

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
    connectivity_target: str = Field(
        default="",
        validation_alias="CONSOLE_CONNECTIVITY_TARGET",
        description="`host:port` that is reachable whenever the console has a network, such as "
        "`1.1.1.1:53`. While it is not, failures say nothing about the service.",
    )

    @field_validator("data_dir")
    @classmethod
    def _data_dir(cls, value: Path) -> Path:
        return Path(os.path.expanduser(value))  # unlike Path.expanduser it never raises

    @field_validator("store_url")
    @classmethod
    def _store_url(cls, value: SecretStr | None) -> SecretStr | None:
        return no_problem(value, url_problem(value.get_secret_value(), "redis") if value else "")

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        if value == "UTC" or value in available_timezones():
            return value
        raise ValueError(f"is not a time zone{closest(value, available_timezones())}")

    @field_validator("connectivity_target")
    @classmethod
    def _connectivity_target(cls, value: str) -> str:
        return no_problem(value, url_problem(f"tcp://{value}", "tcp") if value else "")

    @field_validator("flush_interval")
    @classmethod
    def _flush_interval(cls, value: float | None) -> float | None:
        outside = value is not None and not MIN_FLUSH <= value <= MAX_FLUSH
        return no_problem(value, f"must be {MIN_FLUSH:g} to {MAX_FLUSH:g} s" if outside else "")

    @property
    def zone(self) -> tzinfo:
        """The time zone that days begin in."""
        return UTC if self.timezone == "UTC" else ZoneInfo(self.timezone)
