"""What instances report of their settings (the kit's contract), as it is kept and checked. Pure.

Text of somebody else's program: what is not of the contract is left out, and everything is bounded.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from console.settings.model import Group, Variable
from console.settings.names import USABLE
from console.settings.secrecy import LENGTHS, NOT_COMPARABLE
from console.settings.spec import read_variable

MOST_VARIABLES = 1000  # of one report
LARGEST = 512 * 1024  # bytes of one report
TEXT = 300  # characters
MOST_DEPLOYMENTS = 12  # that are remembered
KEY = "OPS_FINGERPRINT_KEY"  # whose own fingerprint says whether two reports compare
SOURCES = ("env", "dotenv", "default", "missing")
FLAGS = ("placeholder", "weak", "white-space")  # what an instance says of a value
_DURATION = re.compile(r"\d{1,9}(\.\d{1,6})?(ms|s|m|h)?")
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Seen:
    """One variable as one place has it. Never a value, but that of a time limit."""

    name: str
    is_set: bool
    source: str = ""  # env, dotenv, default, missing; or what a person calls the place
    length: str = ""  # class
    fingerprint: str = ""
    secret: bool = False
    group: str = ""
    meaning: str = ""
    limit: str = ""  # the value of a time limit, as it was written
    flags: tuple[str, ...] = ()  # what the instance itself finds wrong with the value
    on: bool | None = None  # of a setting for tests; None: not told


@dataclass(frozen=True, slots=True)
class Report:
    """What one instance told."""

    fingerprint: str  # of all settings but those for tests
    variables: tuple[Seen, ...]
    misspelt: tuple[str, ...] = ()
    spec: tuple[Variable, ...] = ()  # what the instance's settings class says of them

    @property
    def seen(self) -> dict[str, Seen]:
        """Its variables by name."""
        return {one.name: one for one in self.variables}


@dataclass(frozen=True, slots=True)
class Variant:
    """Instances that report the very same."""

    report: Report
    instances: tuple[str, ...]
    commits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deployment:
    """Settings as one commit ran with them; a change of settings alone is one as well."""

    commit: str
    report: Report
    first_at: float  # Unix seconds
    last_at: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the collector found of a service's settings."""

    at: float  # Unix seconds
    problem: str = ""  # why nothing could be read, one sentence
    alive: int = 0  # instances
    started_at: float | None = None  # of the instance that runs longest
    variants: tuple[Variant, ...] = ()  # the largest first
    deployments: tuple[Deployment, ...] = field(default=())  # the newest first
    starts: Mapping[str, float] = field(default_factory=dict[str, float])  # of those alive
    draining: int = 0  # of those alive: they are being stopped

    @property
    def reporting(self) -> int:
        """How many instances tell their settings."""
        return sum(len(one.instances) for one in self.variants)


def parse_report(text: bytes) -> Report | None:
    """A report; None where it is none."""
    if len(text) > LARGEST:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    told = cast("dict[str, Any]", found)
    rows = told.get("variables")
    listed = _list(rows)[:MOST_VARIABLES]
    seen = {one.name: one for row in listed if (one := _seen(row)) is not None}
    spec = {one.name: one for row in listed if (one := _variable(row)) is not None}
    misspelt = told.get("misspelt")
    words = _list(misspelt)[:50]
    return Report(
        _fingerprint(told.get("fingerprint")),
        tuple(seen.values()),
        tuple(_text(one) for one in words if isinstance(one, str)),
        tuple(spec.values()),
    )


def variants(reports: Mapping[str, Report], commits: Mapping[str, str]) -> tuple[Variant, ...]:
    """Instances by what they report, the largest group first."""
    groups: dict[Report, list[str]] = {}
    for instance, report in reports.items():
        groups.setdefault(report, []).append(instance)
    made = [
        Variant(
            report, tuple(sorted(names)), tuple(sorted({commits.get(name, "") for name in names}))
        )
        for report, names in groups.items()
    ]
    return tuple(sorted(made, key=lambda one: (-len(one.instances), one.instances)))


def remember(
    known: Iterable[Deployment], found: Iterable[Variant], now: float
) -> tuple[Deployment, ...]:
    """The deployments that were seen, with what is seen now."""
    every = {(one.commit, one.report): one for one in known}
    for variant in found:
        report = replace(variant.report, spec=())  # a page compares what is set with it
        for commit in variant.commits or ("",):
            before = every.get((commit, report))
            if before is None:
                every[commit, report] = Deployment(commit, report, now, now)
            else:
                every[commit, report] = replace(before, last_at=now)
    newest = sorted(every.values(), key=lambda one: (-one.last_at, -one.first_at))
    kept = newest[:MOST_DEPLOYMENTS]
    return tuple(sorted(kept, key=lambda one: -one.first_at))


def _seen(row: object) -> Seen | None:
    if not isinstance(row, dict):
        return None
    told = cast("dict[str, Any]", row)
    name, source = told.get("name"), told.get("source")
    if not isinstance(name, str) or not USABLE.fullmatch(name) or len(name) > 200:
        return None
    length = told.get("length")
    known = {label for _, label in LENGTHS} | {"64+"}
    return Seen(
        name,
        told.get("set") is True,
        source if source in SOURCES else "",
        length if isinstance(length, str) and length in known else "",
        _fingerprint(told.get("fingerprint")),
        told.get("secret") is True,
        _text(told.get("group")),
        _text(told.get("description")),
        _limit(told),
        tuple(flag for flag in FLAGS if flag in _list(told.get("flags"))),
        told["on"] if isinstance(told.get("on"), bool) else None,
    )


def _variable(row: object) -> Variable | None:
    """What the class says of it; what is not of a specification is left out."""
    if not isinstance(row, dict):
        return None
    told = cast("dict[str, Any]", row)
    name, spec = told.get("name"), told.get("spec")
    if _seen(told) is None or not isinstance(name, str) or not isinstance(spec, dict):
        return None
    fields = {
        **cast("dict[str, Any]", spec),
        "group": told.get("group"),
        "meaning": _text(told.get("description")),
        "secret": told.get("secret") is True,
    }
    _, made = read_variable(name, fields)
    return made


def _limit(told: dict[str, Any]) -> str:
    """The value of a time limit; anything that is none might be a secret."""
    value = told.get("value")
    usable = told.get("group") == Group.TIMEOUT.value and told.get("secret") is not True
    return value if usable and isinstance(value, str) and _DURATION.fullmatch(value) else ""


def _fingerprint(value: object) -> str:
    """Sixteen hex digits, `not comparable`, or nothing: anything else might be a value."""
    if isinstance(value, str) and len(value) == 16 and set(value) <= _HEX:
        return value
    return NOT_COMPARABLE if value == NOT_COMPARABLE else ""


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _text(value: object) -> str:
    return value[:TEXT] if isinstance(value, str) else ""
