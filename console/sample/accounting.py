"""The sample accounting API, which the relay calls: OAuth, pages of 100, 60 requests a minute.

Its refresh tokens work once, as those of real accounting APIs do. Now and then it answers 429 or
500, and it has slow phases.
"""

import random
import time
import zlib
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console.parent import told
from console.sample.books import Books, as_json
from console.sample.faults import broken
from console.sample.serving import serve, work

PAGE_SIZE = 100
RATE_LIMIT, RATE_WINDOW = 60, 60.0  # requests in seconds
ACCESS_LIFETIME = 300.0  # seconds
REFRESH_LIFETIME = 90 * 86_400.0  # seconds
ERROR_SHARE = 0.005  # of the requests answer 500
CROWDED_SHARE = 0.002  # of the requests answer 429 although the caller kept to the limit
CROWDED_FOR = 2  # seconds of Retry-After
MEDIAN_WORK = 0.015  # seconds
CLOSED_ONE_OF = 50  # customers have closed their account: a person must look at their invoices


@dataclass
class Api:
    """The state of the API."""

    client_id: str
    client_secret: str
    faults: Path
    books: Books
    calls: deque[float] = field(default_factory=deque[float])
    limit: int = RATE_LIMIT

    async def status(self, request: Request) -> Response:
        """Open to everybody, and not limited."""
        if self._down():
            return JSONResponse({"status": "down"}, 503)
        await work(MEDIAN_WORK / 3, time.time())
        return JSONResponse({"status": "ok"})

    async def token(self, request: Request) -> Response:
        """A new pair of tokens for a refresh token (RFC 6749, section 6), which is then used up."""
        if self._down():
            return JSONResponse({"error": "temporarily_unavailable"}, 503)
        form = await request.form()
        if (form.get("client_id"), form.get("client_secret")) != (
            self.client_id,
            self.client_secret,
        ):
            return JSONResponse({"error": "invalid_client"}, 401)
        now = time.time()
        if not self.books.spend(str(form.get("refresh_token")), "refresh", now):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {
                "access_token": self.books.issue("access", ACCESS_LIFETIME, now),
                "token_type": "Bearer",
                "expires_in": ACCESS_LIFETIME,
                "refresh_token": self.books.issue("refresh", REFRESH_LIFETIME, now),
                "refresh_expires_in": REFRESH_LIFETIME,
            }
        )

    async def invoices(self, request: Request) -> Response:
        """One page of invoices."""
        page = max(1, int(request.query_params.get("page", "1")))
        found, total = self.books.page(page, PAGE_SIZE)
        more = page * PAGE_SIZE < total
        items = [as_json(invoice) for invoice in found]
        return JSONResponse(
            {"items": items, "page": page, "total": total, "next": page + 1 if more else None}
        )

    async def one_invoice(self, request: Request) -> Response:
        """One invoice by its number."""
        found = self.books.find(request.path_params["number"])
        return JSONResponse(as_json(found)) if found else JSONResponse({"error": "unknown"}, 404)

    async def book(self, request: Request) -> Response:
        """Enter an invoice. The same Idempotency-Key again changes nothing."""
        body = await request.json()
        number, customer = str(body["number"]), str(body["customer"])
        if closed(customer):
            return JSONResponse({"error": f"customer {customer} has closed the account"}, 422)
        key = request.headers.get("Idempotency-Key", "")
        booked, new = self.books.book(number, key, float(body["amount"]), time.time())
        return JSONResponse(as_json(booked), 201 if new else 200)

    async def customer(self, request: Request) -> Response:
        """Who an invoice is for."""
        name = request.path_params["name"]
        return JSONResponse({"customer": name, "currency": "EUR", "terms_days": 30})

    def _down(self) -> bool:
        return broken(self.faults, "accounting", time.time())

    def admit(self, authorization: str) -> tuple[dict[str, str], Response | None]:
        """The rate limit headers, and the answer where the request is not let in."""
        now = time.time()
        if self._down():
            return {}, JSONResponse({"error": "down for a demonstration"}, 503)
        if not self.books.valid(authorization.removeprefix("Bearer "), "access", now):
            return {}, JSONResponse({"error": "token unknown or expired"}, 401)
        while self.calls and self.calls[0] <= now - RATE_WINDOW:
            self.calls.popleft()
        reset = self.calls[0] + RATE_WINDOW - now if self.calls else RATE_WINDOW
        limited = len(self.calls) >= self.limit
        if not limited:
            self.calls.append(now)
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - len(self.calls)),
            "X-RateLimit-Reset": f"{reset:.0f}",
        }
        mood = random.random()  # noqa: S311 - no secret
        if limited or mood < CROWDED_SHARE:
            headers["Retry-After"] = f"{reset:.0f}" if limited else str(CROWDED_FOR)
            return headers, JSONResponse({"error": "too many requests"}, 429)
        if mood < CROWDED_SHARE + ERROR_SHARE:
            return headers, JSONResponse({"error": "internal"}, 500)
        return headers, None


class Gate:
    """Lets in only who has a token and keeps to the limit; what is let in takes its time."""

    def __init__(self, app: Any, api: Api) -> None:
        self.app, self.api = app, api

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        headers, answer = self.api.admit(Request(scope).headers.get("authorization", ""))

        async def tell(message: Any) -> None:
            if message["type"] == "http.response.start":
                more = [(name.lower().encode(), text.encode()) for name, text in headers.items()]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        if answer is None:
            await work(MEDIAN_WORK, time.time())
        await (answer or self.app)(scope, receive, tell)


def closed(customer: str) -> bool:
    """Whether this customer has closed the account; the same one always has, or never."""
    return zlib.crc32(customer.encode()) % CLOSED_ONE_OF == 0


def create(api: Api) -> Starlette:
    """The application."""
    api.books.open(time.time())
    app = Starlette(
        routes=[
            Route("/status", api.status),
            Route("/oauth/token", api.token, methods=["POST"]),
            Route("/v1/invoices", api.invoices),
            Route("/v1/invoices", api.book, methods=["POST"]),
            Route("/v1/invoices/{number}", api.one_invoice),
            Route("/v1/customers/{name}", api.customer),
        ]
    )
    app.add_middleware(Gate, api=api)
    return app


if __name__ == "__main__":
    given = told()
    books = Books(Path(given["books"]))
    # somebody has signed in on behalf of the service: its first refresh token
    books.admit(given["refresh_token"], "refresh", time.time() + REFRESH_LIFETIME)
    api = Api(given["client_id"], given["client_secret"], Path(given["faults"]), books)
    api.limit = int(given.get("rate_limit", RATE_LIMIT))
    serve(create(api), given["port"])
