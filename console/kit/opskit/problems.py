"""Errors of the kit as HTTP answers: problem+json (RFC 9457)."""

from typing import Any

from .deadlines import DeadlineExceeded
from .errors import (
    AlreadyRunning,
    Contended,
    Draining,
    KeyReused,
    KitError,
    NeedsReauthorisation,
    NotSpent,
    RateLimited,
    RedisError,
    WriteRefused,
)

_KINDS: tuple[tuple[type[KitError], int, str, str], ...] = (
    (RateLimited, 429, "rate-limited", "The quota is used up"),
    (WriteRefused, 409, "write-refused", "The present mode does not allow this write"),
    (AlreadyRunning, 409, "already-running", "This is being worked on"),
    (KeyReused, 422, "key-reused", "The idempotency key was used for something else"),
    (Draining, 503, "draining", "This instance is being stopped"),
    (NeedsReauthorisation, 503, "needs-reauthorisation", "An external API needs a new sign-in"),
    (NotSpent, 503, "no-token", "An external API gives no token now"),
    (Contended, 503, "contended", "Too many changed the same thing at once"),
    (RedisError, 503, "redis-away", "The shared Redis gives no usable answer"),
)


def problem(status: int, kind: str, title: str, detail: str, **more: Any) -> dict[str, Any]:
    """A problem document."""
    return {
        "type": f"urn:ops:1:{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        **more,
    }


def problem_of(error: KitError) -> dict[str, Any] | None:
    """The problem document of an error, or None for one that is the service's own affair."""
    if isinstance(error, DeadlineExceeded):
        return error.problem()
    for kind, status, name, title in _KINDS:
        if isinstance(error, kind):
            after = getattr(error, "retry_after", None)
            more = {} if after is None else {"retry_after": round(float(after), 3)}
            return problem(status, name, title, str(error), **more)
    return None
