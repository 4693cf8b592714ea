"""GET /api/status.json: how every service and check stands.

The shape, version 1; fields may be added, and a changed meaning is a new version:

    version     1
    at          when this was put together; every time is UTC, `2026-11-24T03:57:12Z`, or null
    collector   silent: why nothing is known, a sentence, or "" while it reports;
                heard_at, age_seconds, or null before its first report
    services[]  name, title
                status: fail, unknown, warn, maintenance, sleeping or pass: that of its worst check
                verdict: the same as a sentence
                badge: path of its badge, with the key that opens it
                checks[]: the worst first, each with
                    name, title, type
                    status, since, reason: how it stands, since when, and why
                    cause: the check whose failure explains this one, or ""
                    heard_at, age_seconds, duration_seconds: of the last probe, or null
                    certificate_expires_at, or null
                    incident: the open one: id, started_at, message, acknowledged_by; or null
                    uptime: day, month (the last 24 hours, this and the 29 days before it), each
                        with share (0 to 1, or null where nothing counts), up_seconds,
                        down_seconds and left_out_seconds (unknown, maintenance, asleep)
                    badge: path of its badge

Reasons and messages may quote text from outside: show them as text.
"""

from starlette.responses import Response

from console.health.check import Service
from console.health.model import CheckState
from console.health.summary import Presented, silent
from console.health.uptime import Share, UptimeRecord, since_days, since_hours
from console.routes.endpoint import Call
from console.routes.entrance import badge_path
from console.routes.problem import json_answer
from console.words import iso

VERSION = 1
DAY_HOURS = 24
MONTH_DAYS = 30


def answer(call: Call) -> Response:
    """The document that the module describes."""
    services = call.runtime.config.services
    beat = call.runtime.store.collector()
    heard_at = beat.at if beat else None
    return json_answer(
        {
            "version": VERSION,
            "at": iso(call.now),
            "collector": {
                "silent": silent(beat, call.now),
                "heard_at": _time(heard_at),
                "age_seconds": _age(heard_at, call.now),
            },
            "services": [_service(call, service) for service in services],
        }
    )


def _service(call: Call, service: Service) -> dict[str, object]:
    summary = call.summary(service)
    uptimes = call.runtime.store.uptime(service.name)
    return {
        "name": service.name,
        "title": service.label,
        "status": summary.verdict.standing,
        "verdict": summary.verdict.sentence,
        "badge": badge_path(call.runtime.config.settings.api_token, service.name),
        "checks": [
            _check(call, service, shown, uptimes.get(shown.check.name, UptimeRecord()))
            for shown in summary.checks
        ],
    }


def _check(
    call: Call, service: Service, shown: Presented, uptime: UptimeRecord
) -> dict[str, object]:
    check, state, settings = shown.check, shown.state, call.runtime.config.settings
    return {
        "name": check.name,
        "title": check.label,
        "type": check.type,
        "status": shown.standing,
        "since": _time(shown.since),
        "reason": shown.reason,
        "cause": shown.cause,
        "heard_at": _time(shown.heard_at),
        "age_seconds": _age(shown.heard_at, call.now),
        "duration_seconds": state.last.duration if state.last else None,
        "certificate_expires_at": _time(state.certificate_expires_at),
        "incident": _incident(state),
        "uptime": {
            "day": _share(since_hours(uptime, call.now, DAY_HOURS)),
            "month": _share(since_days(uptime, call.now, MONTH_DAYS, settings.zone)),
        },
        "badge": badge_path(settings.api_token, f"{service.name}/{check.name}"),
    }


def _incident(state: CheckState) -> dict[str, object] | None:
    incident = state.incident
    return incident and {
        "id": incident.id,
        "started_at": iso(incident.started_at),
        "message": incident.message,
        "acknowledged_by": incident.acknowledged_by,
    }


def _share(share: Share) -> dict[str, object]:
    return {
        "share": share.uptime,
        "up_seconds": round(share.up, 1),
        "down_seconds": round(share.down, 1),
        "left_out_seconds": round(share.left_out, 1),
    }


def _time(at: float | None) -> str | None:
    return None if at is None else iso(at)


def _age(at: float | None, now: float) -> float | None:
    return None if at is None else round(max(0.0, now - at), 1)
