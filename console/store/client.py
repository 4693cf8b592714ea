"""Connections to the store: explicit time-outs, no hidden retries, and errors in plain words.

redis-py by itself retries for up to a minute and raises a dozen types of error. Here a command is
tried once; what fails becomes StoreAway (it may come back by itself) or StoreRefused (somebody
must change something), and the sentence names the variable to look at. Passwords never get into a
sentence: addresses are shown without them and answers of the server are cut before arguments.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import redis
import redis.asyncio
from redis import exceptions as errors
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from console.errors import StoreAway, StoreError, StoreRefused

CONNECT_TIMEOUT = 2.0  # seconds
CLIENT_NAME = "ops-console"
CONNECTIONS = 16  # at most, for one web process; a page that waits longer than that is told
BILLED_HOST = ".upstash.io"
SCHEMES = ("redis", "rediss", "unix")
TEXT_LIMIT = 160  # characters of a server's own words

# What a server says first in an error, and what it means for somebody who wants to fix it.
_REFUSALS = {
    "NOAUTH": "asks for a password; add it to the URL",
    "WRONGPASS": "does not accept the user name or password in the URL",
    "NOPERM": "does not allow this user what the console needs (hashes, sorted sets, EVALSHA, "
    "PUBLISH and SUBSCRIBE on console:1:*); extend the user's ACL",
    "READONLY": "is a read-only replica; give the URL of the primary",
    "OOM": "is full (maxmemory); give it more memory",
    "MISCONF": "cannot save to its disk and refuses writes; look at its disk and its log",
    "MOVED": "runs in cluster mode, which the console does not use; give it a single server",
    "CROSSSLOT": "runs in cluster mode, which the console does not use; give it a single server",
}
_ABSENCES = {
    "LOADING": "is still loading its data",
    "BUSY": "is busy with a script",
    "MASTERDOWN": "has lost its primary",
    "CLUSTERDOWN": "is down",
    "TRYAGAIN": "asks to try again later",
    "NOREPLICAS": "has too few replicas to accept writes",
}
_CODE = re.compile(rf"\b({'|'.join([*_REFUSALS, *_ABSENCES])})\b")
# Limits of Upstash, which come as plain ERR.
_LIMITS = ("max daily request limit", "max requests limit", "capacity quota", "max request size")


def address_of(url: str) -> str:
    """The URL without user name, password and query, for messages."""
    try:
        parts = urlsplit(url)
        if parts.scheme == "unix":
            return f"unix://{parts.path}"
        if parts.scheme not in SCHEMES or not parts.hostname:
            return "an address that is not redis://, rediss:// or unix://"
        return f"{parts.scheme}://{parts.hostname}:{parts.port or 6379}"
    except ValueError:  # a port that is no number, brackets that do not match
        return "an address that cannot be read"


def is_billed_host(url: str) -> bool:
    """Whether the host is known to bill each command."""
    try:
        return (urlsplit(url).hostname or "").endswith(BILLED_HOST)
    except ValueError:
        return False


def connect(url: str, read_timeout: float) -> redis.Redis:
    """A thread-safe client. Nothing is sent yet. Raises StoreRefused for an unusable URL."""
    pool_type: Any = redis.BlockingConnectionPool  # its keyword arguments have no types
    with _url_errors(url):
        pool: redis.ConnectionPool = pool_type.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=read_timeout,
            retry=Retry(NoBackoff(), 0),
            **_options(read_timeout),
        )
    return redis.Redis.from_pool(pool)


def connect_async(url: str, read_timeout: float) -> redis.asyncio.Redis:
    """A client for one event loop. Nothing is sent yet. Raises StoreRefused for an unusable URL."""
    client_type: Any = redis.asyncio.Redis  # its keyword arguments have no types
    with _url_errors(url):
        return client_type.from_url(url, retry=AsyncRetry(NoBackoff(), 0), **_options(read_timeout))


def _options(read_timeout: float) -> dict[str, Any]:
    return {
        "socket_connect_timeout": CONNECT_TIMEOUT,
        "socket_timeout": read_timeout,
        "client_name": CLIENT_NAME,
        "driver_info": None,  # saves two commands for each connection
        "protocol": 2,  # understood by every server and proxy
        "decode_responses": False,  # packed history is binary
    }


@contextmanager
def _url_errors(url: str) -> Generator[None]:
    try:
        yield
    except (ValueError, TypeError) as error:  # redis-py's ways to say that a URL is wrong
        raise StoreRefused(
            f"CONSOLE_STORE_URL is {address_of(url)}; it must be redis://host:port, "
            "rediss://host:port or unix:///path"
        ) from error


@contextmanager
def told(url: str) -> Generator[None]:
    """Turn what redis-py raises inside into StoreAway or StoreRefused.

    NoScriptError passes: whoever runs a script sends it again.
    """
    try:
        yield
    except errors.NoScriptError:
        raise
    except (errors.RedisError, OSError) as error:  # the time-outs of asyncio are an OSError
        raise explain(url, error) from None


def explain(url: str, error: Exception) -> StoreError:
    """The error of the console that says what `error` means."""
    server = f"The store at {address_of(url)} (CONSOLE_STORE_URL)"
    code, text = _code_and_text(error)
    if code in _ABSENCES:
        return StoreAway(f"{server} {_ABSENCES[code]}.")
    if code in _REFUSALS:
        return StoreRefused(f"{server} {_REFUSALS[code]}.")
    if any(limit in text for limit in _LIMITS):
        return StoreRefused(f"{server} has reached a limit of its plan: {text}.")
    if isinstance(error, errors.AuthenticationError | errors.AuthorizationError):
        return StoreRefused(f"{server} {_REFUSALS['WRONGPASS']}.")
    if isinstance(error, errors.MaxConnectionsError):
        return StoreAway(f"{server} has no connection free for this process.")
    if isinstance(error, errors.TimeoutError | TimeoutError):
        return StoreAway(f"{server} does not answer in time.")
    if isinstance(error, errors.ConnectionError | OSError):
        return StoreAway(f"{server} cannot be reached: {text}.")
    return StoreRefused(f"{server} answers with an error: {text}.")


def _code_and_text(error: Exception) -> tuple[str, str]:
    """The server's code for an error, and its first line without arguments it may repeat.

    An error inside a script comes with the code somewhere in its text.
    """
    lines = str(error).splitlines() or [type(error).__name__]
    said = re.split(r",? with args", lines[0])[0]
    text = said.split("@user_script:")[0].strip().rstrip(".,:")[:TEXT_LIMIT]
    code = getattr(error, "status_code", None)
    if code in (None, "ERR") and isinstance(error, errors.ResponseError):
        found = _CODE.search(said)
        code = found.group() if found else ""
    return code or "", text
