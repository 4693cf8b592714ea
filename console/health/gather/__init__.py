"""Probes: what one check finds outside, as a typed result.

async with ProbeContext(environment) as context:
    result = await probe(check, context)
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from traceback import format_exc

from console.health.check import Check, CheckType
from console.health.gather import http, redis, tcp, tls
from console.health.gather.context import ProbeContext
from console.health.gather.trail import Failed, Found, Trail
from console.health.judge import is_wanted, judge
from console.health.model import Outcome, Part, Result, Status
from console.masking import mask, one_line, printable

__all__ = ["ProbeContext", "probe"]

log = logging.getLogger(__name__)

MESSAGE_LENGTH = 500  # characters; a redirect may name a host of any length
BODY_KEPT = 2000  # characters of the answer kept where a probe did not pass

# Failures before there was a connection, and those that a missing network explains.
NOT_CONNECTED = (Outcome.RESOLVE, Outcome.CONNECT, Outcome.TIMEOUT)
NETWORK = (*NOT_CONNECTED, Outcome.TLS, Outcome.PROTOCOL)

Gather = Callable[[Check, Trail, ProbeContext], Awaitable[Found]]
GATHERS: Mapping[CheckType, Gather] = {
    "http": http.gather,
    "tcp": tcp.gather,
    "tls": tls.gather,
    "redis": redis.gather,
}


async def probe(check: Check, context: ProbeContext) -> Result:
    """Probe once. Never raises but for cancellation, and ends within the time-out and a second.

    Push checks are not probed: see `console.health.gather.push.decide`.
    """
    trail = Trail(check, context.clock())
    try:
        return await _probe(check, trail, context)
    except Exception:  # noqa: BLE001  the border of a probe: a defect must not stop other checks
        # masked: the text of an exception, or a line of code, may quote what it choked on
        log.error("The probe of %s broke.\n%s", check.name, mask(format_exc(), trail.secrets))
        message = "The probe broke: a defect of the console, told in its log."
        return _result(trail, Status.UNKNOWN, Outcome.INTERNAL, message)


async def _probe(check: Check, trail: Trail, context: ProbeContext) -> Result:
    try:
        async with asyncio.timeout(check.timeout):
            found = await GATHERS[check.type](check, trail, context)
    except TimeoutError:
        failed = trail.timed_out(check.timeout)
    except Failed as error:
        failed = error
    else:
        return _judged(trail, found)
    trail.enter("")
    if failed.outcome in NOT_CONNECTED and is_wanted(check, trail.answer()):
        return _judged(trail, Found(trail.answer(), failed.message.rstrip(".")))
    if failed.outcome in NETWORK and await context.connectivity.is_offline():
        message = f"The console itself has no network: {failed.message}"
        return _result(trail, Status.UNKNOWN, Outcome.OFFLINE, message)
    return _result(trail, Status.FAIL, failed.outcome, failed.message, duration=failed.limit)


def _judged(trail: Trail, found: Found) -> Result:
    judged = judge(trail.check, found.answer, found.said, found.note)
    return _result(
        trail,
        judged.status,
        judged.outcome,
        judged.message,
        duration=found.answer.response_time,
        parts=judged.parts,
    )


def _result(
    trail: Trail,
    status: Status,
    outcome: Outcome,
    message: str,
    *,
    duration: float | None = None,
    parts: tuple[Part, ...] = (),
) -> Result:
    return Result(
        trail.check.name,
        trail.at,
        status,
        outcome,
        one_line(message, MESSAGE_LENGTH, trail.secrets),
        duration=duration,
        phases=trail.phases(),
        parts=tuple(
            Part(mask(p.name, trail.secrets), p.status, mask(p.detail, trail.secrets))
            for p in parts
        ),
        http_status=trail.http_status,
        ip=trail.ip,
        certificate_expires_at=trail.certificate_expires_at,
        body=None if status is Status.PASS else _body(trail),
    )


def _body(trail: Trail) -> str | None:
    if not trail.body:
        return None
    # cut well beyond what is kept, so that a secret at the cut is still told as one
    text = trail.body[: 8 * BODY_KEPT].decode("utf-8", "replace")
    return mask(printable(text), trail.secrets)[:BODY_KEPT]
