"""Variables of whom alerts and summaries reach."""

import re

from pydantic import Field, SecretStr, field_validator

from console.alerts.channels import Channel
from console.alerts.channels import parse as parse_channels
from console.alerts.tell import REMINDER
from console.health.check import Duration
from console.urls import url_problem
from console.variables.base import Variables, no_problem

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class TellingVariables(Variables):
    """Variables of whom alerts and summaries reach."""

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
        "of `CONSOLE_TIMEZONE`; one of each closing as well, at its deadline and when it is "
        "closed. Without it none is sent.",
    )
    digest_urls: SecretStr | None = Field(
        default=None,
        validation_alias="CONSOLE_DIGEST_URLS",
        description="Where those summaries go, like `CONSOLE_NOTIFY_URLS`; to the same channels "
        "where it is not set.",
    )
    public_url: str = Field(
        default="",
        validation_alias="CONSOLE_PUBLIC_URL",
        description="The address people open this console by; alerts link to it.",
    )

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str) -> str:
        return no_problem(value, url_problem(value, "http") if value else "")

    @field_validator("deadman_url")
    @classmethod
    def _deadman_url(cls, value: SecretStr | None) -> SecretStr | None:
        hidden = value.get_secret_value() if value else ""
        return no_problem(value, url_problem(hidden, "http", hidden=True) if value else "")

    @field_validator("digest_at")
    @classmethod
    def _digest_at(cls, value: str) -> str:
        known = not value or _CLOCK.fullmatch(value) is not None
        return no_problem(value, "" if known else "is not a time of day such as 08:30")

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Where alerts go."""
        return parse_channels(self.notify_urls.get_secret_value()) if self.notify_urls else ()

    @property
    def digest_channels(self) -> tuple[Channel, ...]:
        """Where summaries go."""
        if self.digest_urls is None:
            return self.channels
        return parse_channels(self.digest_urls.get_secret_value(), "digest-")

    @property
    def all_channels(self) -> tuple[Channel, ...]:
        """Every channel, once."""
        return self.channels + (self.digest_channels if self.digest_urls else ())

    def link(self, path: str = "", service: str = "") -> str:
        """A link to a page of this console; empty while its address is not known."""
        query = f"?service={service}" if service else ""
        return f"{self.public_url.rstrip('/')}{path}{query}" if self.public_url else ""
