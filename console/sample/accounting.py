"""The sample accounting API, which the relay calls: tokens, pages, a rate limit."""

import random
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console.parent import told
from console.sample.faults import broken
from console.sample.serving import serve, work

INVOICES = 200
PAGE_SIZE = 20
# requests in seconds, counted for each token: enough for the busiest minute with an empty cache
RATE_LIMIT, RATE_WINDOW = 120, 60.0
TOKEN_LIFETIME = 300.0  # seconds
ERROR_SHARE = 0.005  # of the requests answer 500
MEDIAN_WORK = 0.015  # seconds


@dataclass
class Api:
    """The state of the API: who may call it, and how often each did."""

    client_id: str
    client_secret: str
    faults: Path
    tokens: dict[str, float] = field(default_factory=dict[str, float])  # token -> expiry
    calls: dict[str, deque[float]] = field(default_factory=dict[str, deque[float]])

    async def status(self, request: Request) -> Response:
        """Open to everybody, and not limited."""
        if broken(self.faults, "accounting", time.time()):
            return JSONResponse({"status": "down"}, 503)
        await work(MEDIAN_WORK / 3, time.time())
        return JSONResponse({"status": "ok"})

    async def token(self, request: Request) -> Response:
        """OAuth 2 client credentials (RFC 6749, section 4.4)."""
        if broken(self.faults, "accounting", time.time()):
            return JSONResponse({"error": "temporarily_unavailable"}, 503)
        form = await request.form()
        given = (form.get("client_id"), form.get("client_secret"))
        if given != (self.client_id, self.client_secret):
            return JSONResponse({"error": "invalid_client"}, 401)
        now = time.time()
        self.tokens = {token: end for token, end in self.tokens.items() if end > now}
        self.calls = {token: calls for token, calls in self.calls.items() if token in self.tokens}
        token = secrets.token_urlsafe(16)
        self.tokens[token] = now + TOKEN_LIFETIME
        return JSONResponse(
            {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME}
        )

    async def invoices(self, request: Request) -> Response:
        """One page of invoices."""
        headers, refused = self._admit(request)
        if refused:
            return refused
        await work(MEDIAN_WORK, time.time())
        page = max(1, int(request.query_params.get("page", "1")))
        first = (page - 1) * PAGE_SIZE
        items = [invoice(number) for number in range(first, min(first + PAGE_SIZE, INVOICES))]
        more = first + PAGE_SIZE < INVOICES
        body = {"items": items, "page": page, "total": INVOICES, "next": page + 1 if more else None}
        return JSONResponse(body, headers=headers)

    async def one_invoice(self, request: Request) -> Response:
        """One invoice."""
        headers, refused = self._admit(request)
        if refused:
            return refused
        await work(MEDIAN_WORK, time.time())
        number = int(request.path_params["number"])
        if number >= INVOICES:
            return JSONResponse({"error": "no such invoice"}, 404, headers)
        return JSONResponse(invoice(number), headers=headers)

    def _admit(self, request: Request) -> tuple[dict[str, str], Response | None]:
        """The rate limit headers, and the answer where the request is not let in."""
        now = time.time()
        if broken(self.faults, "accounting", now):
            return {}, JSONResponse({"error": "down for a demonstration"}, 503)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= now:
            return {}, JSONResponse({"error": "token unknown or expired"}, 401)
        calls = self.calls.setdefault(token, deque())
        while calls and calls[0] <= now - RATE_WINDOW:
            calls.popleft()
        reset = calls[0] + RATE_WINDOW - now if calls else RATE_WINDOW
        limited = len(calls) >= RATE_LIMIT
        if not limited:
            calls.append(now)
        headers = {
            "X-RateLimit-Limit": str(RATE_LIMIT),
            "X-RateLimit-Remaining": str(RATE_LIMIT - len(calls)),
            "X-RateLimit-Reset": f"{reset:.0f}",
        }
        if limited:
            headers["Retry-After"] = f"{reset:.0f}"
            return headers, JSONResponse({"error": "too many requests"}, 429, headers)
        if random.random() < ERROR_SHARE:  # noqa: S311 - no secret
            return headers, JSONResponse({"error": "internal"}, 500, headers)
        return headers, None


def invoice(number: int) -> dict[str, object]:
    """An invoice; the same number is always the same one."""
    cents = (number * 7919) % 90_000 + 10_000
    return {"id": number, "number": f"INV-{number:05}", "amount": cents / 100, "currency": "EUR"}


def create(api: Api) -> Starlette:
    """The application."""
    return Starlette(
        routes=[
            Route("/status", api.status),
            Route("/oauth/token", api.token, methods=["POST"]),
            Route("/v1/invoices", api.invoices),
            Route("/v1/invoices/{number:int}", api.one_invoice),
        ]
    )


if __name__ == "__main__":
    given = told()
    serve(
        create(Api(given["client_id"], given["client_secret"], Path(given["faults"]))),
        given["port"],
    )
