"""What a server's errors mean to an analysis: not offered here, not now, or the end of it. Pure."""

import re

from redis import exceptions

from console.service_redis import REFUSALS, UNSUPPORTED

# Not now, whatever else the text says: BUSY tells of a script, too.
_LATER = re.compile(r"^(BUSY|LOADING|OOM|MISCONF|MASTERDOWN|TRYAGAIN|CLUSTERDOWN)\b")
_CODE = re.compile(r"^(" + "|".join(REFUSALS) + r")\b")
# Servers without scripts, and those that want every key declared. The word "script" alone tells
# nothing: servers add it to every error inside one.
_REFUSED = re.compile(
    r"NOPERM|no permission|undeclared key|find scripting engine|script(s|ing)? (is|are) disabled",
    re.I,
)
# redis-py takes the code out of these.
_CODES: dict[type[exceptions.RedisError], str] = {
    exceptions.OutOfMemoryError: "OOM",
    exceptions.ReadOnlyError: "READONLY",
    exceptions.MasterDownError: "MASTERDOWN",  # before its parent
    exceptions.ClusterDownError: "CLUSTERDOWN",
    exceptions.TryAgainError: "TRYAGAIN",
}


def is_refusal(error: exceptions.ResponseError) -> bool:
    """Whether the server, or its rights, do not offer this; not that it cannot do it just now."""
    text = _text(error)
    if _LATER.search(text):
        return False
    return bool(
        isinstance(error, exceptions.NoPermissionError)
        or UNSUPPORTED.search(text)
        or _REFUSED.search(text)
    )


def sentence(place: str, error: exceptions.RedisError) -> str:
    """Why an analysis cannot go on, without a secret. `place`: host and port of the server."""
    server = f"Redis at {place}"
    if isinstance(error, exceptions.NoPermissionError) or "NOPERM" in str(error):
        return f"{server} does not allow this user to look at all keys (SCAN, TYPE, PTTL)."
    if isinstance(error, exceptions.AuthenticationError):
        return f"{server} does not accept the user or password."
    if isinstance(error, exceptions.BusyLoadingError):
        return f"{server} {REFUSALS['LOADING']}."
    if isinstance(error, exceptions.TimeoutError):
        return f"{server} did not answer in time."
    if isinstance(error, exceptions.ConnectionError):
        return f"{server} cannot be reached, or broke the connection off."
    found = _CODE.search(_text(error))
    if found:
        return f"{server} {REFUSALS[found[1]]}."
    return f"{server} answers with an error: {type(error).__name__}."


def _text(error: exceptions.RedisError) -> str:
    """What the server said, its code first."""
    code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), "")
    return f"{code} {error}" if code else str(error)
