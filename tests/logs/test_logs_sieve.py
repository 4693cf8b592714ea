"""What is found through columns is what parsing every line finds, whatever the lines are."""

import json
import random
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from console.logs import logfmt_columns, sieve, text_columns
from console.logs import search as searching
from console.logs.json_columns import Reader
from console.logs.model import Line
from console.logs.parse import read
from console.logs.query_text import parse_query
from console.logs.search import search
from console.logs.sieve import candidates
from console.logs.times import Clock

CLOCK = Clock(1_795_500_000.0, ZoneInfo("Asia/Tokyo"))
BASE = {"ts": "2026-11-24T03:57:12.123Z", "level": "info", "event": "request", "phase": "post"}
# Each is laid over BASE: what may be in a log of one program.
RECORDS: list[dict[str, object]] = [
    {},
    {"level": "error", "event": "failed", "status": 503, "ms": 1500.5},
    {"level": "debug", "phase": None, "stage": "fetch"},
    {"phase": "Post", "ms": 15, "item": "INV-1"},
    {"event": 'a "quoted" word', "item": ""},
    {"event": "password=hunter22 given", "phase": "token=post"},
    {"event": "請求書 sent", "customer": "C-7"},
    {"event": "zero\u200bwidth post"},
    {"status": 200, "ms": 0.1234567, "size": 15.0},
    {"status": 404, "ms": -1, "size": 2},
    {"ts": "2026-11-24T12:57:12+09:00", "instance": "i1", "host": "web-1"},
    {"ts": "2026-11-24 12:57:12,5", "host": "web-2"},
    {"ts": "yesterday", "error": "no answer", "stack": "ValueError: bad"},
    {"level": "whatever", "exception": "ValueError: bad"},
    {"event": "", "http": {"request": {"method": "GET"}, "response": {"status_code": 500}}},
    {"attributes": {"phase": "auth", "retry": True}},
    {"retry": False, "tags": ["a", "b"]},
    {"api_key": "abc", "K": "\u212a"},
    {"event": "-0 and 1e3", "n": 1000.0},
]
FORMS = {
    "JSON": [
        *[json.dumps(BASE | more, ensure_ascii=False) for more in RECORDS],
        json.dumps(BASE | {"event": "請求書"}),
        '{"level":"info","event":"broken',
        '{"level":"error","level":"info","event":"twice"}',
        "Traceback (most recent call last):\n  File x\nValueError: post",
        "plain text post",
        "",
    ],
    "numbers for times": [
        json.dumps({"t": 1_795_000_000 + n, "lvl": 10 * n, "msg": f"n{n}"}) for n in range(1, 7)
    ],
    "access": [
        '10.0.0.1 - - [24/Nov/2026:03:57:12 +0000] "GET /post?a=1 HTTP/1.1" 503 17',
        '10.0.0.2 - ann [24/Nov/2026:03:57:13 +0000] "POST /items HTTP/1.1" 200 - "-" "curl/8"',
        '10.0.0.3 - "a b" [24/Nov/2026:03:57:13 +0000] "" 400 0 "https://a.example/" "-"',
        '10.0.0.4 - - [31/Feb/2026:03:57:13 +0000] "GET /a\\"b HTTP/1.1" 404 9',
        '10.0.0.5 - - [24/Nov/2026:03:57:12 +0000] "\\x16\\x03" - 7',
        "no access log at all",
    ],
    "logfmt": [
        'ts=2026-11-24T03:57:12Z level=info msg="request done" phase=post status=200 ms=1.5',
        'ts=2026-11-24T03:57:13Z level=error msg="no answer" phase=fetch status=503 ms=20',
        "ts=2026-11-24T03:57:13Z level=error msg=failed phase=post status=- ms=0.25",
        'ts=2026-11-24T03:57:14Z level=info msg="" phase="po st" status=007 ms=-1',
        "level=warn msg=slow size=15.0 duration=2s item=INV-1",
        "level=warn msg=slow size=2 duration=5 item=",
        "level=info level=error msg=twice",
        'level=info msg="a \\"quoted\\" word" token=abcdefgh',
        "a sentence with level=info in it",
    ],
    "text": [
        "2026-11-24 03:57:12,123 INFO billing: request post done",
        "2026-11-24 03:57:12,123 ERROR billing: failed ERROR again",
        "2026-11-24 03:57:12,123 - billing.jobs - WARNING - slow post",
        '2026-11-24 03:57:12,123 INFO {"phase":"post","level":"error"}',
        "2026-11-24T12:57:12+09:00 DEBUG",
        "2026-11-24 03:57:12 INFORMED people",
        "2026-11-24 03:57:12 WARN - | INFO: two levels  ",
        "2026-11-24 03:57:12 INFO, billing again",
        "2026-02-31 03:57:12 INFO never",
        "2026-11-24 03:57:12,1 ERROR\tpost level=error",
        "ERROR: failed with token=abcdefgh",
    ],
}
QUERIES = [
    "post", "-post", '"a \\"quoted\\""', "請求書", "-請求書", "hunter22", "-hunter22", "-password",
    "level:info", "-level:info", "level:error", "level:unknown", "level:<info", "level:>=error",
    "phase:post", "-phase:post", "phase:p*t", "stage:fetch", "-stage:*", "phase:auth", "item:*",
    "-item:*", "status:>=404", "status:<=200", "-status:2xx", "status:200..404", "ms:<1",
    "duration_ms:0.123457", "-ms:>0", "size:15", "size:>=2", "time:>2026-11-24T03:57:11Z",
    "time:<2026-11-24T03:57:12.123Z", "-time:>2026-01-01", "time:2026-11-24T03:57..2026-11-25",
    "instance:i1", "host:web-2", "error_type:ValueError", "-error:*", "error:answer",
    "message:request", "-message:request", "-message:info", "-message:billing*again",
    "message:fail*ed", "raw:billing", "-raw:info",
    "method:get", "-method:GET", "path:/items", "client:10.0.0.1", "-user:*", "agent:curl*",
    "bytes:>10", "http.request.method:GET", "retry:true", "retry:false", "tags:*", "n:1000",
    "api_key:*", "k:k", "logger:billing.jobs", "-logger:*", "stack:*", "-stack:valueerror",
    "NOT (level:info OR phase:post)", "(level:error OR item:*) -status:503", "-level:info -post",
]  # fmt: skip


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns also for a few lines."""
    monkeypatch.setattr(sieve, "FEW", 0)
    monkeypatch.setattr(text_columns, "FEW", 0)
    monkeypatch.setattr(logfmt_columns, "FEW", 0)
    monkeypatch.setattr(searching, "PORTION", 7)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("form", FORMS)
def test_columns_find_what_parsing_every_line_finds(form: str, tmp_path: Path):
    chance = random.Random(form)
    path = tmp_path / "app.log"
    path.write_text("\n".join(chance.choices(FORMS[form], k=150)) + "\n", encoding="utf-8")
    every: list[Line] = list(read([path.read_bytes()], CLOCK))
    for text in QUERIES:
        query = parse_query(text, CLOCK)
        found = search(path, query, CLOCK, budget=600.0)
        assert list(found.lines) == [line for line in every if query.matches(line)], text


UNIFORM = {
    "JSON": json.dumps(BASE | {"status": 200, "ms": 17.25, "instance": "i1"}),
    "access": FORMS["access"][0].replace("503", "200"),
    "text": FORMS["text"][0],
    "logfmt": FORMS["logfmt"][0].replace("ms=1.5", "ms=17.25"),
}


@pytest.mark.parametrize("form", UNIFORM)
@pytest.mark.parametrize(
    "text",
    [
        "nothing-like-this", "level:fatal", "-level:info", "NOT post", "status:>200", "status:404",
        "time:>2027-01-01", "nothing:*", "phase:pos", "phase:info", "ms:<17.25", "instance:i?",
        "(level:error OR status:5xx) -phase:post", "-raw:post",
    ],
)  # fmt: skip
def test_where_nothing_matches_nothing_is_parsed(form: str, text: str):
    data = "".join(f"{UNIFORM[form]}\n" for _ in range(1000)).encode()
    rows, may = candidates(parse_query(text, CLOCK), data, CLOCK, Reader())
    assert len(rows) == 1000
    assert not may.any()


def test_a_block_of_other_types_from_line_to_line_is_parsed():
    lines = [json.dumps({"level": "info", "n": n if n % 2 else str(n)}) for n in range(300)]
    data = "\n".join(lines).encode()
    _, may = candidates(parse_query("-n:*", CLOCK), data, CLOCK, Reader())
    assert may.all()
