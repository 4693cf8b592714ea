"""What a settings class says of its variables, and what is told of a value without telling it.

The words are those of the console's `settings.spec.toml`, so that a page needs no second list of
what the class already says.
"""

import math
import re
import types
from collections import Counter
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

PLACEHOLDER, WEAK, WHITE_SPACE = "placeholder", "weak", "white-space"
"""What is told of a value: that nobody filled it in, that it is easy to guess, its edges."""

ENTROPY = 3.0
"""Bits a character that a secret has at least; detect-secrets' default for hexadecimal text."""

LEAST = 1e-6
"""What `more than` a number is written as, where only `at least` can be written."""

ENTROPY_SAMPLE = 10_000  # characters that are looked at
MOST_CHOICES = 100

_WORDS = frozenset(
    [
        "change-me", "change_me", "changeme", "dummy", "example", "fixme", "foo", "bar",
        "insert-here", "none", "null", "passwd", "password", "placeholder", "replace-me",
        "replace_me", "replaceme", "sample", "secret", "tbd", "test", "todo", "undefined",
        "your-token-here",
    ]
)  # fmt: skip
_INSIDE = re.compile(r"(?i)(?:^|[^a-z])(?:your[_-]|change[_-]?me|replace[_-]?me|<[^<>]*+>)")
_UNRESOLVED = re.compile(r"\$\{[^{}]*+\}")
_OFF = frozenset({"false", "0", "no", "off", "f", "n"})  # what pydantic reads as false
_KINDS: tuple[tuple[type, str], ...] = (  # bool is an int as well: it comes first
    (bool, "bool"),
    (int, "int"),
    (float, "float"),
    (dict, "json"),
    (list, "json"),
)


def specification(info: FieldInfo, *, secret: bool) -> dict[str, Any]:
    """Type, default and limits of one field. The default of a secret is never told."""
    kind, choices = _kind(info.annotation)
    told: dict[str, Any] = {"type": kind}
    if choices:
        told["choices"] = choices[:MOST_CHOICES]
    default = _scalar(info.default)
    if not info.is_required() and not secret and default is not None:
        told["default"] = default
    for limit in info.metadata:
        told |= _limits(limit, kind)
    return told


def flags(name: str, text: str, *, secret: bool, needed: bool) -> list[str]:
    """What is wrong with a value, judged here, where it is known. `needed`: it is required."""
    stripped = text.strip()
    if not stripped:
        return []
    found = [WHITE_SPACE] if text != stripped else []
    if is_placeholder(name, stripped, free=secret or needed, secret=secret):
        found.append(PLACEHOLDER)
    elif secret and _entropy(stripped) < ENTROPY:
        found.append(WEAK)
    return found


def is_placeholder(name: str, text: str, *, free: bool, secret: bool) -> bool:
    """Whether a value only stands where the real one should. `free`: any text could be right."""
    word, sample = text.lower(), text[:ENTROPY_SAMPLE]
    if word == name.lower() or _UNRESOLVED.search(sample):
        return True
    if free and (word in _WORDS or set(word) <= {"x"} or set(word) <= {"*"}):
        return True
    return secret and _INSIDE.search(sample) is not None


def is_on(info: FieldInfo, text: str | None) -> bool:
    """Whether a setting for tests stands on the side on which something special happens."""
    word = (text or "").strip().lower()
    if not word or word in _OFF:
        return False
    default = _scalar(info.default)
    return default is None or word != str(default).lower()


def _kind(annotation: Any) -> tuple[str, list[str]]:
    inside = [one for one in get_args(annotation) if one is not type(None)]
    if get_origin(annotation) in (Union, types.UnionType) and len(inside) == 1:
        return _kind(inside[0])
    if get_origin(annotation) is Literal:
        return "choice", [str(one) for one in inside]
    kind = get_origin(annotation) or annotation
    if not isinstance(kind, type):
        return "string", []
    if issubclass(kind, Enum):
        return "choice", [str(one.value) for one in kind]
    if "Url" in kind.__name__:
        return "url", []
    return next((word for of, word in _KINDS if issubclass(kind, of)), "string"), []


def _limits(limit: Any, kind: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if kind in ("int", "float"):
        step = 1 if kind == "int" else LEAST
        for name, to, by in (("ge", "min", 0), ("gt", "min", step), ("le", "max", 0),
                             ("lt", "max", -step)):  # fmt: skip
            bound: object = getattr(limit, name, None)
            if isinstance(bound, int | float) and math.isfinite(bound):
                told[to] = bound + by
        return told
    for name in ("min_length", "max_length"):
        length: object = getattr(limit, name, None)
        if isinstance(length, int):
            told[name] = length
    pattern: Any = getattr(limit, "pattern", None)
    text: object = getattr(pattern, "pattern", pattern)
    return told | ({"pattern": text} if isinstance(text, str) else {})


def _scalar(value: Any) -> str | int | float | bool | None:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Path):
        return str(value)
    return value if isinstance(value, str | int | float | bool) else None


def _entropy(text: str) -> float:
    text = text[:ENTROPY_SAMPLE]
    shares = (count / len(text) for count in Counter(text).values())
    return -sum(share * math.log2(share) for share in shares)
