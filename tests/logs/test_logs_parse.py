"""Every log line becomes an entry, whatever it is written in."""

import gzip
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from console.logs.model import Flaw, Format, Level, Line
from console.logs.parse import parse, read
from console.logs.times import Clock
from tests.logs.loghub import folder

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC).timestamp()
AT = datetime(2026, 11, 24, 3, 57, 12, tzinfo=UTC).timestamp()
CLOCK = Clock(NOW)


def one(text: str, clock: Clock = CLOCK) -> Line:
    (line,) = parse(text, clock)
    return line


def entries(text: str) -> list[Line]:
    return list(read([text.encode()], CLOCK))


def test_a_line_of_the_kit_is_read():
    line = one(
        '{"ts":"2026-11-24T03:57:12Z","level":"warning","event":"item failed","service":"billing",'
        '"instance":"a1","commit":"c0ffee","item":"INV-1","phase":"post","epoch":3,"ms":12.5}'
    )
    assert (line.time, line.level, line.message) == (AT, Level.WARN, "item failed")
    assert line.format is Format.JSON
    assert line.fields == {
        "service": "billing", "instance": "a1", "commit": "c0ffee", "item": "INV-1",
        "phase": "post", "epoch": 3, "duration_ms": 12.5,
    }  # fmt: skip


def test_names_of_ecs_are_understood_nested_and_dotted():
    told = {
        "@timestamp": "2026-11-24T03:57:12Z", "log.level": "ERROR", "message": "no answer",
        "service": {"name": "billing"}, "event": {"duration": 1_500_000_000},
        "http": {"request": {"method": "POST"}, "response": {"status_code": 503}},
        "trace.id": "abc", "error": {"message": "refused", "type": "ConnectionError"},
    }  # fmt: skip
    line = one(json.dumps(told))
    assert (line.time, line.level, line.message) == (AT, Level.ERROR, "no answer")
    assert line.fields == {
        "service": "billing", "duration_ms": 1500.0, "method": "POST", "status": 503,
        "trace_id": "abc", "error": "refused", "error_type": "ConnectionError",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "level"), [(1, "trace"), (9, "info"), (13, "warn"), (21, "fatal")]
)
def test_a_record_of_opentelemetry_is_understood(number: int, level: str):
    line = one(
        json.dumps(
            {
                "Timestamp": int(AT * 1e9),
                "SeverityNumber": number,
                "Body": "it happened",
                "TraceId": "abc",
                "Resource": {"service.name": "billing", "service.instance.id": "i-1"},
                "Attributes": {"http.route": "/items", "http.response.status_code": 200},
            }
        )
    )
    assert (line.time, line.level, line.message) == (AT, level, "it happened")
    assert line.fields["service"] == "billing"
    assert line.fields["instance"] == "i-1"
    assert line.fields["route"] == "/items"
    assert line.fields["status"] == 200


def test_an_export_of_opentelemetry_is_as_many_entries_as_it_has_records():
    def attribute(key: str, value: str) -> dict[str, object]:
        return {"key": key, "value": {"stringValue": value}}

    document = {
        "resourceLogs": [
            {
                "resource": {"attributes": [attribute("service.name", "billing")]},
                "scopeLogs": [
                    {
                        "scope": {"name": "jobs"},
                        "logRecords": [
                            {
                                "timeUnixNano": str(int(AT * 1e9)),
                                "severityText": "ERROR",
                                "body": {"stringValue": f"number {n}"},
                                "attributes": [
                                    attribute("phase", "post"),
                                    {"key": "size", "value": {"intValue": "7"}},
                                ],
                            }
                            for n in range(2)
                        ],
                    }
                ],
            }
        ]
    }
    lines = parse(json.dumps(document), CLOCK)
    assert [line.message for line in lines] == ["number 0", "number 1"]
    assert lines[0].fields == {"service": "billing", "logger": "jobs", "phase": "post", "size": 7}
    assert (lines[0].time, lines[0].level) == (AT, Level.ERROR)


def test_a_line_inside_an_envelope_is_read_as_itself():
    inner = json.dumps({"level": "info", "msg": "inside"})
    line = one(
        json.dumps({"log": inner + "\n", "stream": "stdout", "time": "2026-11-24T03:57:12Z"})
    )
    assert (line.message, line.level, line.time) == ("inside", Level.INFO, AT)
    line = one("2026-11-24T03:57:12.0Z stdout F " + inner)
    assert (line.message, line.level, line.time) == ("inside", Level.INFO, AT)


def test_logfmt_is_read():
    line = one('ts=2026-11-24T03:57:12Z level=error msg="a \\"b\\"" dur=1.5s status=503 path=/a')
    assert (line.format, line.time, line.level, line.message) == (
        Format.LOGFMT, AT, Level.ERROR, 'a "b"',
    )  # fmt: skip
    assert line.fields == {"duration_ms": 1500.0, "status": 503, "path": "/a"}


def test_a_sentence_with_values_in_it_is_no_logfmt():
    line = one("session opened for user=root by uid=0 level=high")
    assert (line.format, line.fields) == (Format.TEXT, {})


@pytest.mark.parametrize(
    ("status", "level"), [(200, "info"), (304, "info"), (404, "warn"), (500, "error")]
)
def test_access_logs_are_read_and_take_their_level_from_the_status(status: int, level: str):
    common = f'10.0.0.1 - anna [24/Nov/2026:04:57:12 +0100] "GET /a?b=1 HTTP/1.1" {status} 17'
    for text in (
        common,
        common + ' "https://a.example/" "Mozilla/5.0 (X11)"',
        common + ' "-" "-" 5',
    ):
        line = one(text)
        assert (line.format, line.time, line.level) == (Format.ACCESS, AT, level)
        assert line.message == "GET /a?b=1 HTTP/1.1"
        assert (line.fields["status"], line.fields["bytes"], line.fields["user"]) == (
            status, 17, "anna",
        )  # fmt: skip


def test_an_access_line_of_a_broken_request_is_read_too():
    line = one(r'10.0.0.1 - - [24/Nov/2026:03:57:12 +0000] "\x16\x03\x01" 400 -')
    assert (line.level, line.fields["status"], "method" in line.fields) == (Level.WARN, 400, False)


@pytest.mark.parametrize(
    ("text", "level", "message"),
    [
        ("2026-11-24 03:57:12,000 ERROR billing: no answer", "error", "billing: no answer"),
        ("2026-11-24 03:57:12,000 - app.jobs - WARNING - slow", "warn", "slow"),
        ("[2026-11-24 03:57:12 +0000] [7] [INFO] Booting worker", "info", "Booting worker"),
        ("2026/11/24 03:57:12 [error] 12#0: *1 failed", "error", "12#0: *1 failed"),
        ("<27>Nov 24 03:57:12 web1 billing[7]: no answer", "error", "no answer"),
        ('<34>1 2026-11-24T03:57:12Z web1 su 1 ID47 [a@1 b="c"] it failed', "fatal", "it failed"),
        ("E1124 03:57:12.000000  1 main.go:12] oh no", "error", "1 main.go:12] oh no"),
        ("[Tue Nov 24 03:57:12 2026] [notice] child exited", "info", "child exited"),
        ("11-24 03:57:12.000  1702  2395 W WindowManager: late", "warn", "late"),
        ("26/11/24 03:57:12 INFO executor.Executor: Running", "info", "executor.Executor: Running"),
        ("Nov 24 03:57:12 web1 sshd[19]: check pass", "unknown", "check pass"),
        ("1795492632 something happened", "unknown", "something happened"),
        ("1795492632000 something happened", "unknown", "something happened"),
    ],
)
def test_plain_text_is_read(text: str, level: str, message: str):
    line = one(text)
    assert (line.time, line.level, line.message) == (AT, level, message)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("ERROR: it broke", "error"),
        ("[warn] be careful", "warn"),
        ('INFO:     10.0.0.1:5000 - "GET / HTTP/1.1" 200 OK', "info"),
        ("- 1117838570 2005.06.03 R02-M1 RAS KERNEL FATAL data storage interrupt", "fatal"),
        ("errors happen to all of us", "unknown"),
        ("the log level=ERRORS is no level", "unknown"),
    ],
)
def test_a_level_is_found_without_a_time(text: str, level: str):
    line = one(text)
    assert (line.time, line.level) == (None, level)


def test_a_time_without_a_zone_is_taken_in_the_readers_zone_and_said():
    tokyo = Clock(NOW, timezone(timedelta(hours=9)))
    line = one("2026-11-24 12:57:12 started", tokyo)
    assert line.time == AT
    assert Flaw.NO_ZONE in line.flaws
    assert Flaw.NO_ZONE not in one("2026-11-24 12:57:12+09:00 started", tokyo).flaws


def test_a_time_without_a_year_is_the_last_one_that_was():
    assert one("Nov 24 03:57:12 a b[1]: c").time == AT
    december = one("Dec 24 03:57:12 a b[1]: c")
    assert december.time == datetime(2025, 12, 24, 3, 57, 12, tzinfo=UTC).timestamp()
    assert Flaw.NO_YEAR in december.flaws


def test_a_time_in_the_future_is_kept_and_said():
    line = one("2027-01-01T00:00:00Z started")
    assert line.time == datetime(2027, 1, 1, tzinfo=UTC).timestamp()
    assert Flaw.FUTURE in line.flaws


@pytest.mark.parametrize("time", ["2026-02-31T00:00:00Z", "2026-11-24T24:61:00Z"])
def test_a_time_that_cannot_be_is_said(time: str):
    line = one(f'{{"ts":"{time}","msg":"x"}}')
    assert (line.time, line.message) == (None, "x")
    assert Flaw.BAD_TIME in line.flaws


@pytest.mark.parametrize("scale", [1, 1e3, 1e6, 1e9])
def test_numbers_are_seconds_or_smaller_units(scale: float):
    assert one(json.dumps({"ts": int(AT * scale), "msg": "x"})).time == AT


def test_entries_keep_their_order_where_times_do_not():
    lines = entries("2026-11-24T03:00:02Z b\n2026-11-24T03:00:01Z a\n")
    assert [line.message for line in lines] == ["b", "a"]
    assert [line.number for line in lines] == [1, 2]


PYTHON = """\
2026-11-24T03:57:12Z ERROR job failed
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    int("x")
ValueError: invalid literal

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in <module>
billing.errors.Refused: no such customer
2026-11-24T03:57:13Z INFO next job
"""
JAVA = """\
2026-11-24 03:57:12 ERROR request failed
java.lang.IllegalStateException: closed
\tat com.example.A.run(A.java:17)
\tat com.example.B.run(B.java:3)
Caused by: java.io.IOException: gone
\t... 12 more
2026-11-24 03:57:13 INFO next
"""


def test_a_python_traceback_belongs_to_its_line():
    first, second = entries(PYTHON)
    assert (first.message, first.level, second.message) == ("job failed", "error", "next job")
    assert first.fields["error_type"] == "billing.errors.Refused"
    assert first.fields["error"] == "no such customer"
    assert first.stack.count("\n") == 7
    assert first.subject == "job failed | billing.errors.Refused: no such customer"
    assert second.number == 12


def test_a_java_trace_belongs_to_its_line():
    first, second = entries(JAVA)
    assert (first.message, first.level, second.message) == ("request failed", "error", "next")
    assert first.subject == "request failed | java.lang.IllegalStateException: closed"
    assert first.stack.count("\n") == 4


def test_a_java_trace_without_a_line_before_it_is_an_entry_of_its_own():
    trace = "java.io.IOException: gone\n\tat a.B.run(B.java:3)\n"
    assert [(line.level, line.stack) for line in entries(trace * 2)] == [
        (Level.ERROR, "\tat a.B.run(B.java:3)"),
    ] * 2


def test_a_traceback_by_itself_is_about_its_error():
    (line,) = entries('Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no\n')
    assert (line.message, line.level, line.fields["error_type"]) == (
        "ValueError: no", Level.ERROR, "ValueError",
    )  # fmt: skip


def test_a_trace_in_a_field_is_one_too():
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1\nKeyError: 7'
    line = one(json.dumps({"level": "error", "event": "failed", "exception": trace}))
    assert (line.fields["error_type"], line.fields["error"]) == ("KeyError", "7")
    assert line.stack.startswith("Traceback")


def test_json_over_several_lines_is_one_entry():
    lines = entries(
        json.dumps({"level": "info", "msg": "pretty", "a": {"b": 1}}, indent=2) + "\nx\n"
    )
    assert [line.message for line in lines] == ["pretty", "x"]
    assert lines[0].fields == {"a.b": 1}


def test_a_record_without_a_message_shows_what_it_is_made_of():
    assert one('{"count": 7}').message == '{"count": 7}'


def test_a_repeated_line_is_an_entry_each_time():
    lines = entries("2026-11-24T03:00:02Z again\n" * 1000)
    assert len(lines) == 1000
    assert [line.number for line in lines[:3]] == [1, 2, 3]


@pytest.mark.skipif(folder() is None, reason="the real access log is not on this machine")
def test_a_real_access_log_is_read_whole():
    path = (folder() or Path()).parent / "apache_access.log.gz"
    lines = list(read([gzip.decompress(path.read_bytes())], CLOCK))
    assert len(lines) == 10_000
    assert {line.format for line in lines} == {Format.ACCESS}
    assert all(line.time and "status" in line.fields for line in lines)
