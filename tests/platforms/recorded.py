"""Recorded exchanges with Render's API, where this machine has them; never copied.

From render-oss/terraform-provider-render: `shared/data/render_recorded` beside the project or
above it.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from starlette.requests import Request
from starlette.responses import Response

ABSENT = "Render's recorded answers (shared/data/render_recorded) are not on this machine"


def shared(path: str) -> Path | None:
    """A file or directory of the shared material; None where it is absent."""
    for above in Path(__file__).resolve().parents:
        found = above / "shared" / path
        if found.exists():
            return found
    return None


class Replay:
    """Answers as Render did up to a place in a recording. `limit` is no part of what is asked."""

    def __init__(self, cassette: Path, until: int) -> None:
        told = yaml.load(cassette.read_bytes(), Loader=yaml.CSafeLoader)
        self._answers: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        for one in told["interactions"][: until + 1]:
            url = urlsplit(one["request"]["url"])
            cursor = parse_qs(url.query).get("cursor", [""])[0]
            self._answers[one["request"]["method"], url.path, cursor] = one["response"]

    def told(self, method: str, path: str) -> dict[str, Any]:
        """The JSON of a recorded answer."""
        return dict(json.loads(self._answers[method, path, ""]["body"]))

    async def answer(self, request: Request) -> Response:
        self.asked.append(f"{request.method} {request.url.path}")
        self.bodies.append(await request.body())
        key = request.method, request.url.path, request.query_params.get("cursor", "")
        told = self._answers.get(key)
        if told is None:
            return Response('{"id":"","message":"not found"}', 404)
        names = ("Content-Type", "Ratelimit-Limit", "Ratelimit-Remaining", "Ratelimit-Reset")
        headers = {name: told["headers"][name][0] for name in names if name in told["headers"]}
        return Response(told["body"], told["code"], headers)
