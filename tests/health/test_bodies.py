import json

import pytest

from console.health.answer import Answer
from console.health.bodies import PARTS, Report, read
from console.health.model import Status


def report(body: object) -> Report:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = read(Answer(body=raw))
    assert found is not None
    return found


def told(body: object) -> dict[str, tuple[Status, str]]:
    return {part.name: (part.status, part.detail) for part in report(body).parts}


def test_health_json_is_read_into_its_checks_with_values_and_units() -> None:
    body = {
        "status": "warn",
        "version": "1",
        "output": "the queue is long",
        "checks": {
            "queue:length": [
                {
                    "componentId": "a",
                    "status": "warn",
                    "observedValue": 120,
                    "observedUnit": "kB",
                },
                {"componentId": "b", "status": "pass", "observedValue": 3, "observedUnit": "kB"},
            ],
            "database": [{"status": "pass", "time": "2026-11-24T03:00:00Z"}],
            "uptime": [{"observedValue": 4.5, "observedUnit": "s"}],
        },
    }
    assert report(body).status is Status.WARN
    assert report(body).note == "the queue is long"
    assert told(body) == {
        "queue:length a": (Status.WARN, "120 kB"),
        "queue:length b": (Status.PASS, "3 kB"),
        "database": (Status.PASS, "time 2026-11-24T03:00:00Z"),
        "uptime": (Status.UNKNOWN, "4.5 s"),
    }


def test_spring_actuator_is_read_down_to_its_nested_components() -> None:
    body = {
        "status": "DOWN",
        "components": {
            "db": {
                "status": "DOWN",
                "components": {
                    "main": {"status": "UP", "details": {"database": "PostgreSQL"}},
                    "audit": {"status": "DOWN", "details": {"error": "timed out"}},
                },
            },
            "diskSpace": {"status": "UP", "details": {"free": 1024, "exists": True}},
            "ping": {"status": "OUT_OF_SERVICE"},
        },
    }
    assert report(body).status is Status.FAIL
    assert told(body) == {
        "db": (Status.FAIL, ""),
        "db / main": (Status.PASS, "database: PostgreSQL"),
        "db / audit": (Status.FAIL, "error: timed out"),
        "diskSpace": (Status.PASS, "free: 1024; exists: True"),
        "ping": (Status.FAIL, ""),
    }


def test_asp_net_terminus_and_flat_words_are_read() -> None:
    aspnet = {
        "status": "Degraded",
        "entries": {"redis": {"status": "Degraded", "description": "slow", "duration": "00:00:01"}},
    }
    assert told(aspnet) == {"redis": (Status.WARN, "slow; duration 00:00:01")}
    terminus = {
        "status": "error",
        "info": {"http": {"status": "up"}},
        "error": {"db": {"status": "down", "message": "no connection"}},
        "details": {"http": {"status": "up"}, "db": {"status": "down", "message": "no connection"}},
    }
    assert told(terminus) == {
        "http": (Status.PASS, ""),
        "db": (Status.FAIL, "no connection"),
    }
    flat = {"status": "ok", "checks": {"db": "ok", "queue": False}}
    assert told(flat) == {"db": (Status.PASS, ""), "queue": (Status.FAIL, "")}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"OK", Status.PASS),
        (b'"UP"\n', Status.PASS),
        (b"Healthy", Status.PASS),
        (b"degraded", Status.WARN),
        (b"out of service", Status.FAIL),
        (b"\xef\xbb\xbfok", Status.PASS),
    ],
)
def test_one_plain_word_is_a_report(body: bytes, status: Status) -> None:
    assert report(body) == Report(status)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>ok</html>",
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b'{"status": 3}',
        b'{"status": "quantum"}',
        b"okay then, a longer text that means nothing",
        b"[" * 200_000,
    ],
)
def test_what_is_no_report_is_none(body: bytes) -> None:
    assert read(Answer(body=body)) is None


def test_of_too_many_sub_checks_the_failing_ones_are_kept() -> None:
    checks = {f"c{i}": {"status": "pass"} for i in range(500)} | {"last": {"status": "fail"}}
    parts = report({"status": "fail", "checks": checks}).parts
    assert len(parts) == PARTS + 1
    assert parts[0].name == "last"
    assert parts[-1].detail == "and 451 more"


def test_what_a_body_says_is_one_line_of_masked_text() -> None:
    body = {
        "status": "fail",
        "checks": {
            "db\n\x1b[31m": {"status": "fail", "output": "postgres://u:hunter22@db\nrefused"},
            "api": {"status": "fail", "details": {"api_token": "hunter22", "tries": 3}},
        },
    }
    found = told(body)
    assert found["db [31m"][1] == "postgres://•••@db refused"
    assert found["api"][1] == "api_token: •••; tries: 3"
    assert "hunter22" not in str(report(body))
