"""What the time-outs are judged by: texts of variables, and what the store has seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from console.health.check import Service
from console.instances.load import NAME as INSTANCES
from console.instances.load import decode
from console.store.cells import DAY, Cells
from console.store.documents import DocumentError
from console.store.series import SeriesId
from console.timeouts.catalogue import BY_NAME, HINTS, REDIS_VARIABLE
from console.timeouts.lint import HealthCheck
from console.timeouts.observed import Observed, observed
from console.timeouts.platform_limits import platform_of

WINDOW = 7 * DAY  # seconds; p99.9 needs 2,995 samples
KINDS = ("route", "api", "item", "check")
MOST_SERIES = 40  # two commands each, which a billed store counts
TEXT_LIMIT = 60  # characters of one reported value; more is no time-out
REPORTED, ENVIRONMENT = "reported by the service", "set in the console's environment"


class History(Protocol):
    """What is asked of the store."""

    def series(self, service: str) -> list[SeriesId]:
        """Every series that has cells."""
        ...

    def cells_of(
        self, service: str, series: Sequence[SeriesId], since: float, until: float
    ) -> dict[SeriesId, Cells]:
        """Cells of several series."""
        ...

    def found(self, service: str, name: str) -> bytes | None:
        """A document of a gather."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What the store knows."""

    series: tuple[Observed, ...]
    instances: int | None  # that send heartbeats; None: none is known
    left_out: int = 0  # series beyond MOST_SERIES


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of variables by name, and where each comes from."""

    texts: Mapping[str, str]
    origins: Mapping[str, str]


def load(store: History, watched: Service, until: float) -> Seen:
    """Raises StoreError."""
    service = watched.name
    # Only checks that ask the service over HTTP resemble a caller.
    callers = {check.name for check in watched.checks if check.type == "http"}
    known = [
        one
        for one in store.series(service)
        if one.kind in KINDS and not one.phase and (one.kind != "check" or one.name in callers)
    ]
    known.sort(key=lambda one: KINDS.index(one.kind))
    asked = known[:MOST_SERIES]
    cells = store.cells_of(service, asked, until - WINDOW, until) if asked else {}
    found = [observed(one, cells[one]) for one in asked]
    return Seen(
        tuple(one for one in found if one is not None),
        _instances(store, service),
        len(known) - len(asked),
    )


def variables(
    environ: Mapping[str, str],
    reported: Mapping[str, str] | None = None,
    *,
    has_redis: bool = False,
    name: str = "",
) -> Texts:
    """The variables that concern time-outs; what the service reports wins.

    Of a variable that may hold a password only the presence is kept. `has_redis`: the console
    watches a Redis of this service, under whatever name its address was given. `name` says where
    what is reported is from, where it is not the service itself.
    """
    texts: dict[str, str] = {REDIS_VARIABLE: "set"} if has_redis else {}
    origins: dict[str, str] = {}
    for source, origin in ((environ, ENVIRONMENT), (reported or {}, name or REPORTED)):
        for variable, text in source.items():
            if (variable in BY_NAME or variable in HINTS) and text.strip():
                secret = variable.endswith("_URL")
                texts[variable] = "set" if secret else text[:TEXT_LIMIT]
                origins[variable] = origin
    return Texts(texts, origins)


def platform_for(service: Service, reported: Mapping[str, str] | None = None) -> str:
    """The platform as the service's address or its reported variables tell."""
    return platform_of(frozenset(reported or {}), urlsplit(service.url).hostname or "")


def checks_of(service: Service) -> tuple[HealthCheck, ...]:
    """The checks that ask something."""
    return tuple(
        HealthCheck(check.name, check.interval, check.timeout)
        for check in service.checks
        if check.type != "push"
    )


def _instances(store: History, service: str) -> int | None:
    document = store.found(service, INSTANCES)
    if document is None:
        return None
    try:
        snapshot = decode(document)
    except DocumentError:
        return None  # of another version
    alive = sum(one.beat is not None for one in snapshot.heard)
    return alive if alive and not snapshot.problem else None
