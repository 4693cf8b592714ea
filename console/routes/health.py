"""GET /healthz: how the console itself is, in application/health+json.

Open to everybody, as monitors need it, and so without names, addresses, versions or texts of
errors. It costs the store one command at most every `snapshot_ttl` seconds, however often it is
asked. It says whether the console does its work; whether to restart the web process is another
question, which Streamlit's own /_stcore/health answers.
"""

from starlette.responses import Response

from console.errors import StoreError
from console.health.model import Status
from console.health.summary import silent
from console.routes.endpoint import Call
from console.routes.problem import json_answer
from console.words import iso

MEDIA_TYPE = "application/health+json"
_NO_CACHE = {"Cache-Control": "no-cache"}  # the draft's example caches for an hour: never a probe

Component = dict[str, object]


def answer(call: Call) -> Response:
    """200 while the console does its work, 503 while it does not; `warn` is still 200."""
    checks = _checks(call)
    statuses = {check["status"] for check in checks.values()}
    status = next((one for one in (Status.FAIL, Status.WARN) if one in statuses), Status.PASS)
    body = {
        "status": status,
        "description": "operations console",
        "checks": {name: [{**check, "time": iso(call.now)}] for name, check in checks.items()},
    }
    return json_answer(
        body,
        503 if status is Status.FAIL else 200,
        media_type=MEDIA_TYPE,
        headers=_NO_CACHE,
    )


def _checks(call: Call) -> dict[str, Component]:
    try:
        beat = call.runtime.store.collector()
    except StoreError:
        unknown = "Nothing is known of the collector."
        return {
            "store:ping": _component("datastore", Status.FAIL, "The store cannot be read."),
            "collector:heartbeat": _component("component", Status.FAIL, unknown),
        }
    silence = silent(beat, call.now)
    checks = {
        "store:ping": _component("datastore", Status.PASS),
        "collector:heartbeat": _component(
            "component",
            Status.FAIL if silence else Status.PASS,
            silence and silence[0].upper() + silence[1:],
            age=None if beat is None else call.now - beat.at,
        ),
        # The store takes a heartbeat only from the holder of the lease, so a fresh one proves it.
        "collector:lease": _component(
            "component",
            Status.FAIL if silence else Status.PASS,
            "No collector is known to hold the lease." if silence else "",
        ),
    }
    child = call.runtime.collector
    if child is not None:
        # Without its own collector the console still works as long as another one reports.
        alive = child.pid is not None
        dead = "The collector's process is not running; it is being started again."
        checks["collector:process"] = _component(
            "component", Status.PASS if alive else Status.WARN, "" if alive else dead
        )
    return checks


def _component(
    kind: str, status: Status, output: str = "", *, age: float | None = None
) -> Component:
    component: Component = {"componentType": kind, "status": status}
    if age is not None:
        component |= {"observedValue": round(max(0.0, age), 1), "observedUnit": "s"}
    if output:
        component["output"] = output
    return component
