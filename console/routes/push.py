"""POST /api/push/{service}/{check}: a job reports by itself.

The body may be left out; it is an object with any of `status` (pass, warn or fail), `message` and
`duration` in seconds. Whatever content type it comes with is fine: `curl -d` sends a form's.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from console.health.model import Status
from console.masking import one_line
from console.routes.endpoint import Call
from console.routes.problem import Problem, json_answer
from console.store.entries import PUSH_MESSAGE_LIMIT
from console.store.model import PushBeat
from console.words import iso

PROBLEMS_TOLD = 3
DURATION_LIMIT = 31 * 86400.0  # seconds; a job that ran longer reports in other ways


class Report(BaseModel):
    """What a job may say."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["pass", "warn", "fail"] = "pass"
    message: str = Field(default="", max_length=PUSH_MESSAGE_LIMIT)
    duration: float | None = Field(default=None, ge=0, le=DURATION_LIMIT, allow_inf_nan=False)


def answer(call: Call) -> Response:
    """202 when the store has it; the collector judges it within a few seconds."""
    check = call.check()
    if check.type != "push":
        raise Problem(
            404,
            "This check does not wait for calls.",
            'The console probes it itself; only a check of type "push" takes reports.',
        )
    report = _report(call.body)
    message = one_line(report.message, PUSH_MESSAGE_LIMIT)  # jobs like to tell whole commands
    beat = PushBeat(call.now, Status(report.status), message, report.duration)
    call.runtime.store.push(call.request.path_params["service"], check.name, beat)
    return json_answer({"accepted": True, "at": iso(call.now)}, 202)


def _report(body: bytes) -> Report:
    if not body.strip():
        return Report()
    try:
        return Report.model_validate_json(body)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'body'}: {item['msg']}"
            for item in error.errors()[:PROBLEMS_TOLD]
        )
        raise Problem(422, "The report cannot be read.", wrong) from None
