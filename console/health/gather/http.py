"""HTTP probes: one request, its redirects, and as much of the body as conditions may look at."""

import os
import ssl
import zlib

import httpcore
import httpx

from console.health.check import BODY_LIMIT, Check
from console.health.gather import network
from console.health.gather.context import ProbeContext
from console.health.gather.trail import Failed, Found, Trail
from console.health.model import Outcome
from console.masking import is_secret_name

MAX_REDIRECTS = 10  # curl and browsers allow more, but a health check has no business there
# What httpx raises for a Location; UnicodeError is for a label that no name can have.
_BAD_LOCATION = (httpx.RemoteProtocolError, httpx.InvalidURL, UnicodeError)
_COMPRESSED = ("gzip", "x-gzip", "deflate")


async def gather(check: Check, trail: Trail, context: ProbeContext) -> Found:
    """Send the check's request and read the answer. Raises Failed."""
    request = _request(check, trail, context)
    try:
        response = await _send(request, check, trail, context.client)
    except ssl.SSLCertVerificationError as error:
        raise network.unverified(error, trail.target) from None
    except (httpcore.RemoteProtocolError, *_BAD_LOCATION, OSError) as error:
        raise _broken(error, trail) from None
    except httpcore.LocalProtocolError:
        # the error text is left out: it quotes the header, which may be a secret
        message = "The request cannot be sent: its method, path or a header is not valid HTTP."
        raise Failed(Outcome.CONDITION, message) from None
    note = _decompress(response, trail)
    return Found(trail.answer(), f"HTTP {response.status_code}", note)


async def _send(
    request: httpx.Request, check: Check, trail: Trail, client: httpx.AsyncClient
) -> httpx.Response:
    """The last answer of the chain of redirects; its body is in the trail.

    httpx would read the bodies of redirects as well, of any size; here they are left unread.
    """
    for _ in range(MAX_REDIRECTS + 1):
        response = await client.send(request, stream=True, follow_redirects=False)
        try:
            trail.http_status = response.status_code
            if response.next_request is None or not check.follow_redirects:
                await _read_body(response, trail)
                return response
            request = _keep_secrets_at_home(request, response.next_request)
        finally:
            await response.aclose()
    message = (
        f"{trail.target} redirects more than {MAX_REDIRECTS} times, probably in a circle; "
        "check its redirects, or set follow_redirects = false."
    )
    raise Failed(Outcome.REDIRECT, message)


def _keep_secrets_at_home(asked: httpx.Request, following: httpx.Request) -> httpx.Request:
    """The request of a redirect, to another host without the headers that are secrets.

    httpx leaves out only `Authorization` and cookies, and not `X-Api-Key`.
    """
    there, here = following.url, asked.url
    same_host = there.host == here.host
    secured = here.scheme == "http" and there.scheme == "https"
    if same_host and ((there.scheme, there.port) == (here.scheme, here.port) or secured):
        return following
    for name in {name for name in following.headers if is_secret_name(name)}:
        del following.headers[name]
    return following


async def _read_body(response: httpx.Response, trail: Trail) -> None:
    trail.content_type = response.headers.get("content-type", "")
    trail.announced = "content-length" in response.headers
    async for chunk in response.aiter_raw():  # what is left unread ends with the connection
        trail.body += chunk
        if len(trail.body) > BODY_LIMIT:
            del trail.body[BODY_LIMIT:]
            trail.cut = True
            break
    trail.enter("")


def _request(check: Check, trail: Trail, context: ProbeContext) -> httpx.Request:
    url = context.url(check)
    if url is None:
        message = f"The variable {check.url_env} is not set, so no request was sent; set it."
        raise Failed(Outcome.CONDITION, message)
    trace = os.urandom(24).hex()
    headers = {"traceparent": f"00-{trace[:32]}-{trace[32:]}-01", **check.headers}
    if check.bearer_env:
        token = context.environment.get(check.bearer_env, "").strip()
        if not token:
            message = f"The variable {check.bearer_env} is not set, so no request was sent; set it."
            raise Failed(Outcome.CONDITION, message)
        headers["Authorization"] = f"Bearer {token}"
        trail.secrets.append(token)
    trail.secrets += [value for name, value in check.headers.items() if is_secret_name(name)]
    try:
        request = context.client.build_request(
            check.method,
            url,
            headers=headers,
            content=check.body.encode() or None,
            extensions={"trail": trail},
        )
    except (httpx.InvalidURL, UnicodeError, ValueError):
        message = "The request cannot be made: the URL or a header is not valid."
        raise Failed(Outcome.CONDITION, message) from None
    if request.url.password:
        trail.secrets.append(request.url.password)
    return request


def _decompress(response: httpx.Response, trail: Trail) -> str:
    """Undo a compression that was not asked for, as far as the limit. A note where it cannot be."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity" or not trail.body:
        return ""
    if encoding in _COMPRESSED:
        try:
            # 32: find out by itself whether it is gzip or zlib
            unzip = zlib.decompressobj(zlib.MAX_WBITS | 32)
            unpacked = unzip.decompress(trail.body, BODY_LIMIT)
        except zlib.error:
            return f"the body is not {encoding} as it claims"
        trail.body[:] = unpacked
        trail.cut = trail.cut or bool(unzip.unconsumed_tail)
        return ""
    return "the body is compressed in a way that is not read"


def _broken(error: Exception, trail: Trail) -> Failed:
    """A connection that ended early, or an answer that is not HTTP; never with the peer's text."""
    target = trail.target
    if isinstance(error, _BAD_LOCATION):
        message = f"{target} redirects to something that is not a URL; check its Location header."
        return Failed(Outcome.REDIRECT, message)
    closed = isinstance(error, OSError) or str(error).startswith(("Server disc", "peer closed"))
    if not closed:
        message = f"{target} answered with something that is not HTTP; check scheme and port."
        return Failed(Outcome.PROTOCOL, message)
    if trail.phase == "transfer":
        message = f"{target} closed the connection in the middle of its answer; check its log."
        return Failed(Outcome.PROTOCOL, message)
    message = f"{target} closed the connection without an answer; check its log."
    return Failed(Outcome.PROTOCOL, message)
