"""What a check is: the definition that configuration gives and the collector follows.

The field names are those of the TOML file. Durations are written `30s`, `5m`, `250ms`, `2h`, `7d`
or as a number of seconds.
"""

import re
from typing import Annotated, Any, Literal, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from console.alerts.model import FAILURE_THRESHOLD, SUCCESS_THRESHOLD, Thresholds
from console.errors import ConditionError
from console.health.conditions import parse
from console.health.durations import Duration
from console.health.durations import seconds as seconds  # others read durations as this does
from console.health.maintenance import Maintenance

CheckType = Literal["http", "tcp", "tls", "redis", "push"]

# What the answer of each type has, for conditions to ask for.
_REACHED = frozenset({"CONNECTED", "RESPONSE_TIME"})
OFFERED: dict[CheckType, frozenset[str]] = {
    "http": _REACHED | {"STATUS", "BODY", "IP", "CERTIFICATE_EXPIRATION"},
    "tls": _REACHED | {"IP", "CERTIFICATE_EXPIRATION"},
    "tcp": _REACHED | {"IP"},
    "redis": _REACHED,
    "push": frozenset(),
}

INTERVAL = 30.0  # seconds between two probes
TIMEOUT = 10.0  # seconds in all for one probe
CONNECT_TIMEOUT = 5.0  # seconds for resolving and connecting (httpx' own default for each phase)
SLOW_AFTER = 1.0  # seconds; slower but answering is `warn`
STALE_AFTER_INTERVALS = 3  # without a result for so many intervals a check is `unknown`
BODY_LIMIT = 1024 * 1024  # bytes of an answer that are read for conditions
SLO_OBJECTIVE = 0.999  # share of probes that should be good
MIN_INTERVAL = 1.0  # seconds
VERIFY_WINDOW = 600.0  # seconds (the length of a short burn-rate window, SRE workbook)

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def slug(value: str) -> str:
    """A name that is part of keys and URLs: lower case letters, digits, `-` and `_`."""
    if not _NAME.fullmatch(value):
        raise ValueError(
            f"{value!r} is not a usable name: lower case letters, digits, - and _, at most 63, "
            "beginning with a letter or digit"
        )
    return value


def readable(text: str, info: ValidationInfo) -> str:
    """A condition that can be read, and that an answer of the check's type can meet.

    Raises ValueError naming the check, the place and what is wrong.
    """
    check = info.data.get("name", "")
    of = f" in a condition of check {check}" if check else ""
    try:
        condition = parse(text)
    except ConditionError as error:
        raise ValueError(f"{error.why}, at column {error.column}{of}: {text}") from None
    kind: CheckType = info.data.get("type", "http")
    for name in condition.placeholders:
        if name not in OFFERED[kind]:
            column = text.upper().find(f"[{name}]") + 1
            why = f"a {kind} check has no [{name}]"
            raise ValueError(f"{why}, at column {column}{of}: {text}")
    return text


ConditionText = Annotated[str, AfterValidator(readable)]


class Check(BaseModel):
    """One thing verified again and again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str = ""
    type: CheckType = "http"
    url: str = ""  # http(s)://…, tcp://host:port, tls://host:port, redis(s)://…; none for push
    url_env: str = ""  # a variable that holds the URL, for one with a password in it
    method: str = "GET"
    headers: dict[str, str] = Field(default_factory=dict)
    body: str = ""
    bearer_env: str = ""  # a variable that holds the bearer token
    follow_redirects: bool = True
    verify_tls: bool = True
    conditions: tuple[ConditionText, ...] = ()  # all must hold, or the check fails
    warn_conditions: tuple[ConditionText, ...] = ()  # all should hold, or the check warns
    interval: Duration = INTERVAL
    timeout: Duration = TIMEOUT
    connect_timeout: Duration = CONNECT_TIMEOUT
    slow_after: Duration = SLOW_AFTER
    failure_threshold: int = Field(default=FAILURE_THRESHOLD, ge=1, le=100)
    success_threshold: int = Field(default=SUCCESS_THRESHOLD, ge=1, le=100)
    depends_on: tuple[str, ...] = ()
    objective: float = Field(default=SLO_OBJECTIVE, gt=0, lt=1)

    _check_name = field_validator("name")(slug)

    @model_validator(mode="before")
    @classmethod
    def _push_flips_at_once(cls, fields: Any) -> Any:
        """A job reports rarely, and is missed only after a grace: one result is enough."""
        given = cast("dict[str, Any]", fields) if isinstance(fields, dict) else {}
        if given.get("type") == "push":
            return {"failure_threshold": 1, "success_threshold": 1, **given}
        return cast("Any", fields)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.type == "push":
            if self.url or self.url_env:
                raise ValueError("a push check has no url: the job calls the console")
        elif bool(self.url) == bool(self.url_env):
            raise ValueError("give either url or url_env")
        if self.interval < MIN_INTERVAL:
            raise ValueError(f"interval must be at least {MIN_INTERVAL:g} s")
        if self.timeout <= 0 or self.connect_timeout <= 0:
            raise ValueError("timeout and connect_timeout must be more than 0")
        return self

    @property
    def label(self) -> str:
        """What a page calls it."""
        return self.title or self.name

    @property
    def thresholds(self) -> Thresholds:
        """Failures and successes in a row before the status flips."""
        return Thresholds(self.failure_threshold, self.success_threshold)

    @property
    def stale_after(self) -> float:
        """Seconds without a result after which nothing is known."""
        return STALE_AFTER_INTERVALS * self.interval + self.timeout


class Service(BaseModel):
    """One service and its checks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str = ""
    url: str = ""
    checks: tuple[Check, ...]
    maintenance: tuple[Maintenance, ...] = ()
    sleep_after: Duration = 0.0  # its platform scales it to zero after so long without a request
    wake_interval: Duration = 6 * 3600.0  # how often a probe may wake it
    cold_start_timeout: Duration = 90.0  # what the probe that wakes it may take
    settings_spec: str = ""  # path or profile of its settings; else CONSOLE_SETTINGS_SPEC
    run_url: str = ""  # where it takes single-item runs; its own url where this is empty
    run_token_env: str = ""  # a variable that holds the token of those
    run_method: Literal["POST", "PUT", "GET"] = "POST"
    run_body: str = ""  # template for a service without the contract: {item} and {mode}
    loki_url: str = ""  # where its log is; else CONSOLE_LOKI_URL
    loki_query: str = ""  # LogQL selector of its lines; `{service}` stands for its name
    loki_token_env: str = ""  # a variable that holds the bearer token for loki_url
    loki_tenant: str = ""  # X-Scope-OrgID there
    sample: bool = False  # the console's own sample service
    # where it runs, so that deployments are told
    platform: Literal[
        "", "render", "local", "railway", "kubernetes", "cloud_run", "fly", "github", "hook"
    ] = ""
    platform_service: str = ""  # its id there; on this machine, the directory of its platform
    platform_token_env: str = ""  # a variable that holds the token of the platform's API
    platform_url: str = ""  # base URL of that API, where it is not the vendor's public one
    platform_ca_file: str = ""  # of the authority that signed the certificate of platform_url
    repository: str = ""  # owner/name at GitHub, which tells pushes and builds of its deployments
    repository_token_env: str = ""  # a variable that holds a token for GitHub's API
    verify_window: Duration = Field(default=VERIFY_WINDOW, gt=0)  # of the watch after live
    auto_rollback: bool | None = None  # after a failed watch; else CONSOLE_AUTO_ROLLBACK

    _check_name = field_validator("name")(slug)

    @property
    def label(self) -> str:
        """What a page calls it."""
        return self.title or self.name

    def windows(self, since: float, until: float) -> tuple[Maintenance, ...]:
        """Planned maintenance within that time, each stretch with its own begin and end."""
        found = (one for rule in self.maintenance for one in rule.within(since, until))
        return tuple(sorted(found, key=lambda one: one.start))

    def maintenance_of(self, check: str, at: float) -> Maintenance | None:
        """The planned maintenance that covers a check now; an empty name asks for the service."""
        return next((one for one in self.windows(at, at) if one.covers(check, at)), None)

    def in_zone(self, zone: str) -> Self:
        """The same with maintenance that recurs at the clock of that zone."""
        rules = tuple(rule.in_zone(zone) for rule in self.maintenance)
        return self.model_copy(update={"maintenance": rules})

    def check(self, name: str) -> Check | None:
        """The check of that name, if there is one."""
        return next((check for check in self.checks if check.name == name), None)
