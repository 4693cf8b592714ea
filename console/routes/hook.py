"""POST /hooks/deploy/{service}: a CI, or GitHub, tells of a deployment.

For a service with `platform = "hook"`. The body is signed with the secret that is in the variable
of `platform_token_env`: `X-Hub-Signature-256: sha256=<HMAC-SHA256 of the body, in hex>`, as GitHub
does. With `X-GitHub-Event` it is GitHub's dialect, else the console's own; both are in
console/platforms/hook/dialects.py. A delivery that comes again changes nothing.
"""

import hmac
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from console.errors import StoreError
from console.platforms.hook.dialects import Unreadable, github_notes, own_notes
from console.platforms.hook.platform import encoded
from console.platforms.hook.stages import Note
from console.routes.endpoint import Call
from console.routes.problem import Problem, json_answer
from console.words import iso

BODY_LIMIT = 512 * 1024  # bytes; GitHub's events have 10 to 60 KB, a push of very many commits more
CALLS = 1200  # in any minute, of one service: a hundred deployments with twelve events each
WINDOW = 60.0  # seconds
SIGNATURE = "x-hub-signature-256"
_PREFIX = b"sha256="


class Rate:
    """How many signed deliveries of a service came in the last minute, to this process."""

    def __init__(self, calls: int = CALLS, clock: Callable[[], float] = time.monotonic) -> None:
        self._calls, self._clock = calls, clock
        self._lock = threading.Lock()
        self._taken: defaultdict[str, deque[float]] = defaultdict(deque)

    def take(self, service: str) -> None:
        """Count one. Raises Problem 429 where there were too many."""
        now = self._clock()
        with self._lock:
            taken = self._taken[service]
            while taken and taken[0] <= now - WINDOW:
                taken.popleft()
            if len(taken) >= self._calls:
                wait = int(taken[0] + WINDOW - now) + 1
                detail = f"At most {self._calls} in a minute are taken of one service."
                raise Problem(429, "Too many deliveries.", detail, {"Retry-After": str(wait)})
            taken.append(now)


_rate = Rate()


def entrance(request: Request, _: SecretStr | None) -> None:
    """Turn away what is not signed before its body is read. Raises Problem 401."""
    if not request.headers.get(SIGNATURE, "").startswith("sha256="):
        raise _unsigned("Send X-Hub-Signature-256: sha256=<HMAC-SHA256 of the body, in hex>.")


def answer(call: Call) -> Response:
    """202 when the store has it, or when it says nothing; the collector makes deployments of it."""
    config = call.runtime.config
    service = config.service(call.request.path_params["service"])
    variable = service.platform_token_env if service and service.platform == "hook" else ""
    secret = config.secrets.get(variable, "").strip()
    if service is None or not secret:  # nobody learns here which services there are
        text = 'Only a service with platform = "hook" and the secret in its variable takes any.'
        raise Problem(404, "No deployments are told to this service.", text)
    if not _is_signed(call, secret.encode()):
        raise _unsigned("Compare the secret of the sender with that of the console.")
    _rate.take(service.name)
    try:
        notes, why = _notes(call, service.platform_service, service.repository)
    except Unreadable as error:
        raise Problem(400, "The report cannot be read.", str(error)) from None
    if notes:
        store = call.runtime.store
        store.keep_notes(service.name, call.now, [encoded(one) for one in notes])
        with suppress(StoreError):  # what is kept is found without being asked for, only later
            store.request_deployments(service.name)
    told = {"accepted": True, "noted": len(notes), "at": iso(call.now)}
    return json_answer({**told, "why": why} if why else told, 202)


def _notes(call: Call, environment: str, repository: str) -> tuple[list[Note], str]:
    headers = call.request.headers
    event = headers.get("x-github-event", "")
    if not event:
        return own_notes(call.body, call.now), ""
    kind = headers.get("content-type", "")
    return github_notes(event, call.body, kind, environment, repository, call.now)


def _is_signed(call: Call, secret: bytes) -> bool:
    """Compared without telling by the time it takes how much of it was right."""
    sent = call.request.headers.getlist(SIGNATURE)
    expected = _PREFIX + hmac.new(secret, call.body, sha256).hexdigest().encode()
    return len(sent) == 1 and hmac.compare_digest(sent[0].encode("latin-1"), expected)


def _unsigned(detail: str) -> Problem:
    return Problem(401, "The delivery is not signed with the secret.", detail)
