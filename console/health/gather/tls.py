"""TLS probes: does the certificate verify, and how long is it still valid."""

import asyncio
import contextlib
import ssl

from console.health.check import Check
from console.health.gather import network
from console.health.gather.context import ProbeContext
from console.health.gather.tcp import target_of
from console.health.gather.trail import Failed, Found, Target, Trail


async def gather(check: Check, trail: Trail, context: ProbeContext) -> Found:
    """Shake hands and read the certificate, also one that does not verify. Raises Failed."""
    target = target_of(check, context)
    try:
        await _shake_hands(target, trail, context, check.verify_tls)
    except ssl.SSLCertVerificationError as error:
        failed = network.unverified(error, target)
        trail.certificate_expires_at = await _expiry_anyway(target, trail, context)
        raise failed from None
    return Found(trail.answer(), f"TLS handshake with {target}")


async def _shake_hands(target: Target, trail: Trail, context: ProbeContext, verify: bool) -> None:
    connection = await network.dial(target, trail, context.resolver)
    _, writer = await network.open_streams(connection, trail, context.tls(verify))
    trail.enter("")
    writer.transport.abort()


async def _expiry_anyway(target: Target, trail: Trail, context: ProbeContext) -> float | None:
    """When a certificate that does not verify expires, from a second handshake without verifying.

    It gets half of the time that is left, so that the finding itself is not lost to the time-out.
    """
    second = Trail(trail.check, trail.at)
    with contextlib.suppress(Failed, TimeoutError):
        async with asyncio.timeout(trail.remaining() / 2):
            await _shake_hands(target, second, context, verify=False)
    return second.certificate_expires_at
