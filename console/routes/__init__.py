"""The console's own routes beside the pages, and the door before all of them.

For `st.App(routes=routes, middleware=middleware)`.

    GET  /healthz                        the console itself; open to everybody
    GET  /metrics                        for Prometheus
    GET  /api/status.json                how everything stands
    GET  /api/checklist.json             go (200) or no-go (503), for a deploy hook
    GET  /badge/{service}.svg            a word and a colour; also /badge/{service}/{check}.svg
    POST /api/push/{service}/{check}     a job reports by itself
    POST /hooks/deploy/{service}         GitHub or a CI tells of a deployment; signed

All but /healthz and the hook ask for `Authorization: Bearer` with CONSOLE_API_TOKEN, except for the
local user (see `console.access`); a badge also opens with a key of its own. A path near ours that
is none is 404: Streamlit would answer it with a page and the status 200, and a monitor would be
content.
"""

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from console.routes import badge, checklist, health, hook, metrics, push, status
from console.routes.door import Door
from console.routes.endpoint import Endpoint
from console.routes.problem import Problem

__all__ = ["middleware", "routes"]

_NOTHING = Problem(404, "There is no such route.", "The README lists the routes of the console.")
_NEAR = (
    "/healthz/{rest:path}",
    "/metrics/{rest:path}",
    "/api",
    "/api/{rest:path}",
    "/badge",
    "/badge/{rest:path}",
    "/hooks",
    "/hooks/{rest:path}",
)

routes: list[BaseRoute] = [
    Route("/healthz", Endpoint(health.answer, entrance=None)),
    Route("/metrics", Endpoint(metrics.answer)),
    Route("/api/status.json", Endpoint(status.answer)),
    Route("/api/checklist.json", Endpoint(checklist.answer)),
    Route("/api/push/{service}/{check}", Endpoint(push.answer, method="POST")),
    Route(
        "/hooks/deploy/{service}",
        Endpoint(hook.answer, method="POST", entrance=hook.entrance, body_limit=hook.BODY_LIMIT),
    ),
    Route("/badge/{service}.svg", Endpoint(badge.of_service, entrance=badge.entrance)),
    Route("/badge/{service}/{check}.svg", Endpoint(badge.of_check, entrance=badge.entrance)),
    *(Route(path, _NOTHING.response()) for path in _NEAR),
]

middleware = [Middleware(Door)]
