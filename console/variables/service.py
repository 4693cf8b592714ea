"""Variables of the watched service: where it is, and what the console may ask of it."""

from pydantic import Field, SecretStr, field_validator

from console.cache.upstash.model import API_URL, Account
from console.urls import url_problem
from console.variables.base import Variables, no_problem

SERVICES_FILE = "services.toml"  # read where it exists and no other is named


class ServiceVariables(Variables):
    """Variables of the watched service: where it is, and what the console may ask of it."""

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
    services_file: str = Field(
        default="",
        validation_alias="CONSOLE_SERVICES_FILE",
        description="A TOML file with `[[services]]`, for several services or checks of your own. "
        f"Without it `{SERVICES_FILE}` is read where it exists.",
    )
    auto_rollback: bool = Field(
        default=False,
        validation_alias="CONSOLE_AUTO_ROLLBACK",
        description="`on`: a deployment that fails its watch is rolled back by the console itself, "
        "once, and never twice in a row. `auto_rollback` in the services file says it for one "
        "service.",
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

    @field_validator("service_url")
    @classmethod
    def _service_url(cls, value: str) -> str:
        return no_problem(value, url_problem(value, "http") if value else "")

    @field_validator("loki_url")
    @classmethod
    def _loki_url(cls, value: str) -> str:
        return no_problem(value, url_problem(value, "http") if value else "")

    @field_validator("upstash_url")
    @classmethod
    def _upstash_url(cls, value: str) -> str:
        return no_problem(value, url_problem(value, "http"))

    @field_validator("redis_url")
    @classmethod
    def _redis_url(cls, value: SecretStr | None) -> SecretStr | None:
        return no_problem(value, url_problem(value.get_secret_value(), "redis") if value else "")

    @property
    def upstash(self) -> Account | None:
        """Who asks Upstash's Developer API; None where e-mail or key is not set."""
        if not self.upstash_email or self.upstash_api_key is None:
            return None
        key = self.upstash_api_key.get_secret_value()
        return Account(self.upstash_email, key, self.upstash_database, self.upstash_url)
