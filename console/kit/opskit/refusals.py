"""What the errors of a Redis server mean: no, not now, or no scripts. Pure."""

import re

from redis import exceptions

from .errors import RedisAway, RedisRefused

# Answers that mean "not now" and answers that mean "no", by the first word of the error.
_LATER = ("LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN")
_REMEDY = {
    "NOPERM": "give the user the rights that CONTRACT.md lists",
    "READONLY": "this is a replica: point the URL at the primary",
    "OOM": "memory is full: raise maxmemory or let old keys expire",
    "MISCONF": "the server cannot save to its disk and therefore refuses writes",
    "NOREPLICAS": "too few replicas are connected",
    "NOAUTH": "the URL carries no password",
    "WRONGPASS": "the URL's user or password is wrong",
}
_CODE = re.compile(r"\b(" + "|".join((*_LATER, *_REMEDY, "WRONGTYPE", "NOSCRIPT")) + r")\b")
_NO_SCRIPTS = re.compile(r"(NOPERM|no permissions).*\beval|unknown command.*\beval", re.I | re.S)


class ScriptsRefused(Exception):
    """This user or server may not run scripts."""


def refusal(error: exceptions.RedisError, place: str) -> Exception | None:
    """The error that stands for an answer of the server at `place`; None where none came."""
    text = f"{_first_word(error)} {error}"
    if _NO_SCRIPTS.search(text):
        return ScriptsRefused()
    found = _CODE.search(text)
    code = found[1] if found else ""
    if isinstance(error, exceptions.BusyLoadingError) or code in _LATER:
        return RedisAway(f"Redis at {place} is not ready ({code})", code or "LOADING")
    if isinstance(error, exceptions.AuthenticationError):
        code = code or "WRONGPASS"
    elif isinstance(error, exceptions.ConnectionError | exceptions.TimeoutError):
        return None
    code = code or "ERR"
    remedy = _REMEDY.get(code, "this is not a server or key the contract can be used with")
    return RedisRefused(f"Redis at {place} refuses ({code}): {remedy}", code)


def _first_word(error: exceptions.RedisError) -> str:
    """The code that redis-py strips from the message when it has a class for it."""
    words = {
        exceptions.NoPermissionError: "NOPERM",
        exceptions.ReadOnlyError: "READONLY",
        exceptions.OutOfMemoryError: "OOM",
        exceptions.BusyLoadingError: "LOADING",
    }
    return next((word for kind, word in words.items() if isinstance(error, kind)), "")
