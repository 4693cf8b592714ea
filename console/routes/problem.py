"""Answers of the routes: what every one of them carries, and problems as RFC 9457 tells them."""

import json
from collections.abc import Mapping

from starlette.responses import Response

# No route answers to pages of other origins, and nothing is guessed about a body. A shared cache
# must neither keep an answer meant for the holder of the token nor an old state of health.
FIXED_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Problem(Exception):
    """A request that is not answered as asked. `title` and `detail` are sentences of our own."""

    def __init__(
        self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The problem as an answer."""
        body = {"title": self.title, "status": self.status, "detail": self.detail}
        return json_answer(
            body, self.status, media_type="application/problem+json", headers=self.headers
        )


def answer(
    body: str | bytes,
    status: int = 200,
    *,
    media_type: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A response with the headers that all of them carry; `headers` go over those."""
    return Response(body, status, {**FIXED_HEADERS, "Content-Type": media_type, **(headers or {})})


def json_answer(
    body: Mapping[str, object],
    status: int = 200,
    *,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The same for a JSON object. Numbers that JSON does not know raise ValueError."""
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return answer(text, status, media_type=media_type, headers=headers)
