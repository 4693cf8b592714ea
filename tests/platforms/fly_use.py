"""An app at Fly.io, by a server written from its documentation."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response

from console.platforms.fly.platform import Fly

TOKEN = "FlyV1 fm2_token-of-the-test-0123456789"


COMMIT = "0123456789abcdef0123456789abcdef01234567"


MACHINES = "/v1/apps/checkout/machines"


AT = 1_795_502_400.0  # 2026-11-24T06:40:00Z


def image(number: int) -> str:
    return f"registry.fly.io/checkout:deployment-{number}"


def release(number: int, status: str = "complete", **more: Any) -> dict[str, Any]:
    return {
        "id": f"id-{number}",
        "version": number,
        "description": "Release",
        "reason": "",
        "status": status,
        "imageRef": image(number),
        "createdAt": f"2026-11-24T06:4{number}:00Z",
        "user": {"name": "Ann", "email": "ann@example.com"},
        **more,
    }


def machine(name: str, number: int, **more: Any) -> dict[str, Any]:
    event = {
        "type": "launch",
        "status": "created",
        "timestamp": int((AT + 60 * number + 30) * 1000),
    }
    return {
        "id": name,
        "state": "started",
        "region": "fra",
        "instance_id": f"instance-{name}",
        "created_at": f"2026-11-24T05:00:0{name[-1]}Z",
        "image_ref": {"labels": {"org.opencontainers.image.revision": COMMIT}},
        "config": {
            "image": f"{image(number)}@sha256:00",
            "env": {"DRY_RUN": "false"},
            "metadata": {"fly_process_group": "app"},
            "services": [{"autostop": "off"}],
        },
        "checks": [{"name": "http", "status": "passing"}],
        "events": [event, {"type": "start", "timestamp": int((AT + 9000) * 1000)}],
        **more,
    }


class Hall:
    """An app, as far as it is documented: releases, machines, secrets, log."""

    def __init__(self) -> None:
        self.releases = [release(3), release(2, "failed", reason="No health."), release(1)]
        apart = {"metadata": {"fly_process_group": "fly_app_release_command"}}
        self.machines = {
            one["id"]: one
            for one in (
                machine("m1", 3),
                machine("m2", 3, state="stopped"),
                machine("m3", 3, config=apart),
                machine("m4", 1, state="destroyed"),
            )
        }
        self.sent: list[tuple[str, Any]] = []

    async def answer(self, request: Asked) -> Response:
        path, method = request.url.path, request.method
        body = await request.body()
        sent = json.loads(body) if body else None
        if request.headers["authorization"] != TOKEN:
            return JSONResponse({"error": "unauthorized"}, 401)
        if path == "/graphql":
            assert sent["variables"]["app"] == "checkout"
            nodes = self.releases[: sent["variables"]["limit"]]
            return JSONResponse({"data": {"app": {"releases": {"nodes": nodes}}}})
        if path == "/api/v1/apps/checkout/logs":
            told = [
                {
                    "id": str(n),
                    "attributes": {
                        "timestamp": f"2026-11-24T06:40:0{n}.123456789Z",
                        "message": f"line {n}",
                        "instance": "m1",
                    },
                }
                for n in (2, 1)
            ]
            return JSONResponse({"data": told, "meta": {"next_token": ""}})
        if path == "/v1/apps/checkout/secrets":
            return JSONResponse({"secrets": [{"name": "API_KEY", "digest": "d"}]})
        if method == "GET" and path == MACHINES:
            return JSONResponse(list(self.machines.values()))
        if method == "GET" and path.endswith("/wait"):
            return JSONResponse({"ok": True})
        self.sent.append((f"{method} {path.removeprefix(MACHINES)}", sent))
        return self._changed(method, path, sent)

    def _changed(self, method: str, path: str, sent: Any) -> Response:
        name = path.removeprefix(f"{MACHINES}/").partition("/")[0]
        if path == MACHINES:
            self.machines["m5"] = machine("m5", 3)
        elif method == "DELETE":
            del self.machines[name]
        elif sent is not None:
            if sent["current_version"] != self.machines[name]["instance_id"]:
                return JSONResponse({"error": "machine was changed"}, 409)
            self.machines[name]["config"] = sent["config"]
        return JSONResponse({"id": name})


@asynccontextmanager
async def fly(url: str, token: str = TOKEN) -> AsyncIterator[Fly]:
    platform = Fly("checkout", token, url=url, api_url=url, spacing=0.0)
    try:
        yield platform
    finally:
        await platform.close()
