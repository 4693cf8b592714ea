"""GET /api/checklist.json: go or no-go, for a deploy hook.

200 where every service that is asked for is a go, 503 where one is not, with the whole document in
both; an answer that is no checklist (a wrong token, a store that is away) is problem+json.

    ?service=relay      of this service alone; 404 where there is none of that name
    ?phase=before       of this phase alone: before, during or trouble; several may be given

    version             1
    go                  whether all services below are a go
    services[]          each as `console.checklist.document` describes

    curl -fsS -H "Authorization: Bearer $CONSOLE_API_TOKEN" \\
      "https://console.example/api/checklist.json?service=relay&phase=before"
"""

from starlette.responses import Response

from console.checklist.document import VERSION, document
from console.checklist.load import load
from console.checklist.model import Phase
from console.routes.endpoint import Call
from console.routes.problem import Problem, json_answer

NO_GO = 503


def answer(call: Call) -> Response:
    """The document that the module describes."""
    asked = call.request.query_params
    names, phases = asked.getlist("service"), _phases(asked.getlist("phase"))
    config = call.runtime.config
    unknown = [name for name in names if config.service(name) is None]
    if unknown:
        raise Problem(404, "There is no such service.", "No service of that name is watched.")
    found = [
        load(call.runtime.store, config, service, call.now).only(phases)
        for service in config.services
        if not names or service.name in names
    ]
    go = bool(found) and all(one.go for one in found)
    body = {"version": VERSION, "go": go, "services": [document(one) for one in found]}
    return json_answer(body, 200 if go else NO_GO)


def _phases(asked: list[str]) -> tuple[Phase, ...]:
    known = {phase.value for phase in Phase}
    if not set(asked) <= known:
        raise Problem(400, "There is no such phase.", "Ask for before, during or trouble.")
    return tuple(Phase(one) for one in asked) or tuple(Phase)
