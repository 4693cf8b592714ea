"""What may be told of a value: length class, character classes, a keyed fingerprint. Pure.

A plain hash of a short value can be guessed by trying; one with a key that stays here cannot. The
length classes and the fingerprint are those of the kit's contract, so that they compare.
"""

import hashlib
import hmac
import math
import re
from collections import Counter
from urllib.parse import urlsplit

from console.settings.model import Group, Kind, Variable

NOT_COMPARABLE = "not comparable"  # a fingerprint where nobody gave the key
LENGTHS = ((0, "empty"), (7, "1-7"), (15, "8-15"), (31, "16-31"), (63, "32-63"))
LONGEST = "64+"
ENTROPY_SAMPLE = 10_000  # characters that entropy is measured on

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
_EXAMPLE_HOSTS = ("example", "invalid", "example.com", "example.net", "example.org")  # RFC 2606
# Kinds whose value says nothing that has to be hidden, where the variable itself is no secret.
SHOWABLE = frozenset({Kind.INT, Kind.FLOAT, Kind.BOOL, Kind.PORT, Kind.DURATION, Kind.CHOICE})


def length_class(text: str) -> str:
    """A coarse length, in the words of the kit's contract."""
    return next((label for most, label in LENGTHS if len(text) <= most), LONGEST)


def longest_of(label: str) -> int | None:
    """The longest text of a length class; None where it has no end, or where there is none."""
    return next((most for most, one in LENGTHS if one == label), None)


def character_classes(text: str) -> tuple[str, ...]:
    """Which kinds of characters occur."""
    classes = {
        "lower case": any("a" <= c <= "z" for c in text),
        "upper case": any("A" <= c <= "Z" for c in text),
        "digits": any("0" <= c <= "9" for c in text),
        "white space": any(c.isspace() for c in text),
        "other letters": any(c.isalnum() and ord(c) > 127 for c in text),
        "signs": any(not c.isalnum() and not c.isspace() for c in text),
    }
    return tuple(name for name, found in classes.items() if found)


def fingerprint(key: str, name: str, text: str | None) -> str:
    """HMAC-SHA256 of name and value, 16 hex digits, as the kit makes it. Empty where not set."""
    if text is None:
        return ""
    if not key:
        return NOT_COMPARABLE
    return hmac.new(key.encode(), f"{name}\0{text}".encode(), hashlib.sha256).hexdigest()[:16]


def entropy(text: str) -> float:
    """Shannon entropy in bits a character."""
    text = text[:ENTROPY_SAMPLE]
    shares = (count / len(text) for count in Counter(text).values())
    return -sum(share * math.log2(share) for share in shares) if text else 0.0


def placeholder(variable: Variable, text: str) -> str:
    """Why a value is only a placeholder, or nothing. Never quotes it."""
    word = text.strip().lower()
    if not word:
        return ""
    if _UNRESOLVED.search(text[:ENTROPY_SAMPLE]):
        return "holds a ${…} that nobody filled in"
    if word == variable.name.lower():
        return "is its own name"
    if variable.example and text.strip() == variable.example and text.strip() != variable.default:
        return "is the example of the documentation"
    if variable.kind in SHOWABLE or variable.kind in (Kind.JSON, Kind.REGEX):
        return ""
    free = variable.secret or variable.group is Group.REQUIRED or variable.kind is not Kind.STRING
    if free and (word in _WORDS or set(word) <= {"x"} or set(word) <= {"*"}):
        return "is a placeholder word"
    if variable.secret and _INSIDE.search(text[:ENTROPY_SAMPLE]):
        return "holds a placeholder word"
    if variable.kind is Kind.URL and _is_example_host(text.strip()):
        return "names an example host"
    return ""


def _is_example_host(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return any(host == one or host.endswith(f".{one}") for one in _EXAMPLE_HOSTS)
