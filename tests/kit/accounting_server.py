"""An accounting API with refresh tokens that can be used once; it remembers every write."""

import asyncio
import json
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SEED = "seed-refresh-token-of-the-tests"


@dataclass
class Accounting:
    """The API's state. The test changes the delays and faults; a thread serves."""

    url: str = ""
    refresh: str = SEED  # the only refresh token that is valid now
    access: set[str] = field(default_factory=set[str])
    rotations: int = 0
    reused: int = 0  # refresh tokens that were sent after they had been spent
    life: float = 3600.0  # seconds of an access token
    token_status: int = 200  # anything else turns a refresh away before the token is spent
    token_delay: float = 0.0  # seconds after the old token is spent, before the answer
    write_delay: float = 0.0  # seconds after a write is recorded, before the answer
    writes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    calls: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    entered: threading.Event = field(default_factory=threading.Event)  # a token or write call

    async def token(self, request: Request) -> Response:
        """Rotate: the given token is spent from here on, whether its answer arrives or not."""
        if self.token_status != 200:
            return JSONResponse({"error": "later"}, self.token_status)
        form = await request.form()
        if form.get("refresh_token") != self.refresh:
            self.reused += 1
            return JSONResponse({"error": "invalid_grant"}, 400)
        self.rotations += 1
        self.refresh, access = secrets.token_hex(8), secrets.token_hex(8)
        self.access = {access}  # as freee does: a new token ends the old one
        answer = {"access_token": access, "refresh_token": self.refresh, "expires_in": self.life}
        self.entered.set()
        await asyncio.sleep(self.token_delay)
        return JSONResponse(answer)

    async def invoices(self, request: Request) -> Response:
        """Write an invoice, or read what was written."""
        self.calls += 1
        if self.status != 200:
            return JSONResponse({"error": self.status}, self.status, self.headers)
        if request.method == "POST":
            body = json.loads(await request.body())
            key = request.headers.get("idempotency-key", "")
            self.writes.append({**body, "key": key, "trace": request.headers.get("traceparent")})
            self.entered.set()
            await asyncio.sleep(self.write_delay)
            return JSONResponse({"id": len(self.writes)}, headers=self.headers)
        number = request.query_params.get("number")
        found = [w for w in list(self.writes) if w.get("number") == number]
        return JSONResponse({"items": found}, headers=self.headers)

    async def slow(self, request: Request) -> Response:
        """Takes as long as asked."""
        await asyncio.sleep(float(request.query_params["seconds"]))
        return JSONResponse({"ok": True})

    def app(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/token", self.token, methods=["POST"]),
                Route("/invoices", self.invoices, methods=["GET", "POST"]),
                Route("/slow", self.slow),
            ]
        )
