"""Whether a value works: a URL that answers, a Redis that pings, a token that is accepted.

Only ever on demand, by an operator: it sends the value where the specification says. Bounded in
time, never retried, no redirect followed (it could carry a token elsewhere), and no sentence holds
a value, an address or what the other side said.
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import httpx

from console.connection import is_loopback_host
from console.service_redis import ServiceRedis, ServiceRedisError
from console.settings.interpolation import references
from console.settings.model import Kind, Spec, Variable
from console.settings.reports import TEXT
from console.settings.trial import Outcome, Trial
from console.words import response_time

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
TOTAL_SECONDS = 8.0  # of one trial
AT_ONCE = 4  # trials under way
SERVER_ERROR = 500
REFUSED = (401, 403)
WAYS = ("http", "redis", "bearer", "run")
SERVICE_URL = "SERVICE_URL"  # beside the values: where the service answers, for a token of its own
NO_KEY, NO_RUNS = 400, 501  # answers of the kit's contract to a run without an idempotency key


async def try_all(variables: Sequence[Variable], values: Mapping[str, str]) -> list[Trial]:
    """Try each variable that is set. Never raises."""
    for noisy in ("httpx", "httpcore"):  # their lines hold addresses, which may hold a secret
        logging.getLogger(noisy).setLevel(logging.WARNING)
    gate = asyncio.Semaphore(AT_ONCE)
    limits = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)

    async def one(client: httpx.AsyncClient, variable: Variable) -> Trial:
        async with gate:
            return await _try(client, variable, values)

    async with httpx.AsyncClient(timeout=limits, follow_redirects=False, trust_env=False) as client:
        return list(await asyncio.gather(*(one(client, variable) for variable in variables)))


async def _try(client: httpx.AsyncClient, variable: Variable, values: Mapping[str, str]) -> Trial:
    text = values.get(variable.name, "").strip()
    began = time.perf_counter()
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            match way_of(variable):
                case "redis":
                    outcome, told = await _redis(text)
                case "bearer":
                    outcome, told = await _bearer(client, variable, text, values)
                case "run":
                    outcome, told = await _run(client, text, values.get(SERVICE_URL, ""))
                case _:
                    outcome, told = await _http(client, text)
    except TimeoutError:
        outcome, told = Outcome.FAILS, f"does not answer within {TOTAL_SECONDS:g} s"
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        outcome, told = Outcome.FAILS, _reason(error)
    except Exception as error:  # noqa: BLE001  the border: no value may end the other trials
        outcome, told = Outcome.UNKNOWN, f"could not be tried ({type(error).__name__})"
    seconds = time.perf_counter() - began
    return Trial(variable.name, outcome, f"{told} ({response_time(seconds)}).", time.time())


def way_of(variable: Variable) -> str:
    """How a variable is tried: as the specification says, else by what a URL begins with."""
    if variable.live or variable.kind is not Kind.URL:
        return variable.live
    if variable.schemes and set(variable.schemes) <= {"redis", "rediss", "unix"}:
        return "redis"
    return "http" if set(variable.schemes) <= {"http", "https"} else ""


def to_try(spec: Spec, values: Mapping[str, str]) -> list[Variable]:
    """The variables that are set and can be tried."""
    return [
        one
        for one in spec.variables.values()
        if way_of(one) in WAYS and values.get(one.name, "").strip()
    ]


async def _redis(url: str) -> tuple[Outcome, str]:
    redis: ServiceRedis | None = None
    try:
        redis = ServiceRedis(url)
        await redis.command("PING")
    except ServiceRedisError as error:
        where = f"Redis at {redis.place} " if redis else ""
        told = str(error).removeprefix(where).rstrip(".")
        return Outcome.FAILS, told[:TEXT] if where and where not in told else "is no Redis URL"
    finally:
        if redis is not None:
            await redis.close()
    return Outcome.WORKS, "answers PING"


async def _http(client: httpx.AsyncClient, url: str) -> tuple[Outcome, str]:
    async with client.stream("GET", url) as answer:  # the body is nobody's business
        status = answer.status_code
    if status >= SERVER_ERROR:
        return Outcome.FAILS, f"answers {status}, a server error"
    return Outcome.WORKS, f"answers {status}"


async def _bearer(
    client: httpx.AsyncClient, variable: Variable, token: str, values: Mapping[str, str]
) -> tuple[Outcome, str]:
    url = filled(variable.live_url, values)
    if not url:
        return Outcome.UNKNOWN, "was not tried: where it is accepted is not set"
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback_host(parts.hostname or ""):
        return Outcome.UNKNOWN, "was not tried: it would travel unencrypted"
    headers = {"Authorization": f"Bearer {token}"}
    async with client.stream("GET", url, headers=headers) as answer:
        status = answer.status_code
    if status in REFUSED:
        return Outcome.FAILS, f"is not accepted ({status})"
    if answer.is_success:
        return Outcome.WORKS, f"is accepted ({status})"
    return Outcome.UNKNOWN, f"got {status}, which does not say whether it is accepted"


async def _run(client: httpx.AsyncClient, token: str, url: str) -> tuple[Outcome, str]:
    """Show a run token to the service itself, by an order that it must refuse: it has no
    idempotency key (`console/kit/CONTRACT.md`). So nothing runs, and 400 says that it was let in.
    """
    if not url:
        return Outcome.UNKNOWN, "was not tried: the console does not know where the service answers"
    if urlsplit(url).scheme != "https" and not is_loopback_host(urlsplit(url).hostname or ""):
        return Outcome.UNKNOWN, "was not tried: it would travel unencrypted"
    headers = {"Authorization": f"Bearer {token}"}
    async with client.stream("POST", f"{url.rstrip('/')}/ops/run", headers=headers) as answer:
        status = answer.status_code
    if status in REFUSED:
        return Outcome.FAILS, f"is not accepted ({status})"
    if status == NO_KEY:
        return Outcome.WORKS, "is accepted by the service; nothing was run"
    if status == NO_RUNS:
        return Outcome.UNKNOWN, "got 501: the service offers no runs"
    return Outcome.UNKNOWN, f"got {status}, which does not say whether it is accepted"


def filled(template: str, values: Mapping[str, str]) -> str:
    """An address with its ${NAME} filled in; empty where one is not set."""
    parts: list[str] = []
    at = 0
    for match in references(template):
        text = values.get(match[1], "").strip()
        if not text:
            return ""
        parts += [template[at : match.start()], text.rstrip("/")]
        at = match.end()
    return "".join([*parts, template[at:]])


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.ConnectTimeout | httpx.ReadTimeout):
        return "does not answer in time"
    if isinstance(error, httpx.ConnectError):
        return "cannot be reached"
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | ValueError):
        return "cannot be sent: it is no usable address or header"
    return f"fails ({type(error).__name__})"
