"""The fields of one variable in a specification, and how each is read. Pure."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from console.health.check import seconds
from console.settings.model import ENTROPY, Group, Kind

LIVE = ("http", "redis", "bearer", "run", "never")


class WrongError(ValueError):
    """A field that cannot be used; the text follows the field's name."""


def written(value: object) -> str:
    """A TOML value as an environment variable would have it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _text(value: object, kind: Kind) -> str:
    if not isinstance(value, str) or len(value) > 2000:
        raise WrongError("must be a text")
    return value


def _scalar(value: object, kind: Kind) -> str:
    if not isinstance(value, str | int | float):
        raise WrongError("must be a text, a number or a boolean")
    return written(value)


def _flag(value: object, kind: Kind) -> bool:
    if not isinstance(value, bool):
        raise WrongError("must be true or false")
    return value


def _bound(value: object, kind: Kind) -> float:
    if kind not in (Kind.INT, Kind.FLOAT, Kind.DURATION, Kind.PORT):
        raise WrongError(f"is for numbers and durations, not for {kind}")
    if isinstance(value, str) and kind is Kind.DURATION:
        try:
            return seconds(value)
        except ValueError:
            raise WrongError("is not a duration; write 30s, 500ms, 5m or 2h") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongError("must be a number")
    try:
        return float(value)
    except OverflowError:
        raise WrongError("is too large") from None


def _length(value: object, kind: Kind) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**6:
        raise WrongError("must be a whole number, 0 to 1,000,000")
    return value


def _texts(value: object, kind: Kind) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise WrongError("must be a list of texts")
    return tuple(_scalar(one, kind) for one in cast("list[object]", value)[:200])


def _group(value: object, kind: Kind) -> Group:
    return Group(_one_of(value, tuple(Group)))


def _kind(value: object, kind: Kind) -> Kind:
    return Kind(_one_of(value, tuple(Kind)))


def _live(value: object, kind: Kind) -> str:
    return _one_of(value, LIVE)


def _one_of(value: object, words: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in words:
        raise WrongError(f"must be one of {', '.join(words)}")
    return value


def _when(value: object, kind: Kind) -> tuple[tuple[str, str], ...]:
    table = as_table(value)
    if not table:
        raise WrongError('must be a table: { NAME = "value" }, or "*" for "is set"')
    return tuple((name, _scalar(wanted, kind)) for name, wanted in table.items())


def _bits(value: object, kind: Kind) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 8:
        raise WrongError(f"must be 0 to 8 bits a character; usual is {ENTROPY:g}")
    return float(value)


FIELDS: dict[str, tuple[str, Callable[[object, Kind], Any]]] = {
    "group": ("group", _group),
    "type": ("kind", _kind),
    "meaning": ("meaning", _text),
    "next": ("next", _text),
    "secret": ("secret", _flag),
    "default": ("default", _scalar),
    "example": ("example", _scalar),
    "min": ("least", _bound),
    "max": ("most", _bound),
    "min_length": ("least_length", _length),
    "max_length": ("most_length", _length),
    "choices": ("choices", _texts),
    "pattern": ("pattern", _text),
    "schemes": ("schemes", _texts),
    "entropy": ("entropy", _bits),
    "required_when": ("required_when", _when),
    "live": ("live", _live),
    "live_url": ("live_url", _text),
    "live_reason": ("live_reason", _text),
}


def as_table(value: object) -> dict[str, Any] | None:
    """A TOML table; None where the value is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[object]:
    """A TOML array; empty where the value is none."""
    return cast("list[object]", value) if isinstance(value, list) else []
