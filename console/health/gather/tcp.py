"""TCP probes: a connection is enough."""

from urllib.parse import urlsplit

from console.health.check import Check
from console.health.gather import network
from console.health.gather.context import ProbeContext
from console.health.gather.trail import Failed, Found, Target, Trail
from console.health.model import Outcome


async def gather(check: Check, trail: Trail, context: ProbeContext) -> Found:
    """Connect and close again. Raises Failed."""
    target = target_of(check, context)
    connection = await network.dial(target, trail, context.resolver)
    trail.enter("")
    answer = trail.answer()
    connection.close()
    return Found(answer, f"Connected to {target}")


def target_of(check: Check, context: ProbeContext) -> Target:
    """Host and port of the check's URL. Raises Failed."""
    url = context.url(check)
    if url is None:
        message = f"The variable {check.url_env} is not set, so nothing was probed; set it."
        raise Failed(Outcome.CONDITION, message)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise Failed(Outcome.CONDITION, f"The URL of a {check.type} check needs a host and a port.")
    return Target(host, port)
