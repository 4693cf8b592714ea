"""Nothing that can be in a log file breaks the reading of it, or harms whoever looks."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.logs.decode import LINE_LIMIT
from console.logs.model import Flaw, Format, Line
from console.logs.parse import RAW_LIMIT, STACK_LINES, parse, read
from console.logs.safe import HINTS, safe
from console.logs.times import Clock
from console.masking import mask, printable

CLOCK = Clock(1_795_500_000.0)


def entries(*chunks: bytes) -> list[Line]:
    return list(read(chunks, CLOCK))


def test_invalid_json_in_the_middle_is_text_and_said():
    lines = entries(b'{"msg":"a"}\n{"msg":"b"\n{"msg":"c"}\n')
    assert [line.message for line in lines] == ["a", '{"msg":"b"', "c"]
    assert [line.flaws for line in lines] == [set(), {Flaw.BROKEN_JSON}, set()]


@pytest.mark.parametrize(
    "text",
    [
        "{" + '"a":[' * 50_000,
        '{"a":' * 3000 + "1" + "}" * 3000,
        '{"a":' + "9" * 10_000 + "}",
        '{"a":1e999,"b":NaN}',
        '{"a":"\\ud800"}',
        "{}",
        "{" * 1000,
        '{"level":{"a":1},"message":[1,2],"ts":{"x":1}}',
        '{"ts":' + "1" * 400 + "}",
        '{"resourceLogs":[{"scopeLogs":7}],"msg":"x"}',
        '{"resourceLogs":[[]]}',
    ],
)
def test_strange_json_is_an_entry_all_the_same(text: str):
    (line,) = parse(text, CLOCK)
    line.message.encode()
    line.raw.encode()


def test_binary_data_is_named_and_not_shown():
    (before, binary, after) = entries(
        b"before\n" + bytes(range(256)).replace(b"\n", b"") + b"\nafter\n"
    )
    assert binary.format is Format.BINARY
    assert binary.message == "(binary data, 255 bytes)"
    assert (before.message, after.message) == ("before", "after")


def test_a_line_of_ten_megabytes_is_cut_and_the_next_one_is_read():
    chunks = [b"x" * 65_536] * 160 + [b"\nnext\n"]
    began = time.process_time()
    long, after = entries(*chunks)
    assert time.process_time() - began < 2
    assert Flaw.CUT in long.flaws
    assert len(long.raw) <= RAW_LIMIT
    assert after.message == "next"


def test_a_cut_through_a_character_is_no_other_encoding():
    (line,) = entries("é".encode() * LINE_LIMIT)
    assert line.flaws == {Flaw.CUT}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("請求書を送信しました".encode(), "請求書を送信しました"),
        ("請求書を送信しました".encode("cp932"), "請求書を送信しました"),
        ("café à côté".encode("cp1252"), "café à côté"),
    ],
)
def test_encodings_are_told_line_by_line(data: bytes, text: str):
    lines = entries(b"plain\n" + data + b"\nplain\n")
    assert [line.message for line in lines] == ["plain", text, "plain"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_byte_order_mark_is_no_part_of_the_text(encoding: str, size: int):
    data = "erste Zeile é\nzweite\n".encode(encoding)
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    assert [line.message for line in entries(*chunks)] == ["erste Zeile é", "zweite"]


def test_a_trace_without_an_end_is_cut():
    (line,) = entries(b"ERROR: it failed\n" + b"  at somewhere\n" * 100_000)
    assert line.stack.count("\n") <= STACK_LINES
    assert "more lines" in line.stack


def test_a_million_equal_lines_are_read_quickly():
    seen = 0
    began = time.process_time()
    for _ in read([b"2026-11-24T03:57:12Z ERROR again and again\n" * 1000] * 100, CLOCK):
        seen += 1
    assert seen == 100_000
    assert time.process_time() - began < 5  # a million: under a minute on a busy machine


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m text", "red text"),
        ("\x1b]0;a new title\x07after", "after"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b[2J\x1b[Hcleared", "cleared"),
        ("back\x08\x08space", "backspace"),
        ("\u202ereversed\u202c", "reversed"),
        ("zero\u200bwidth", "zerowidth"),
        ("\x9b31mred", "red"),
        ("bell\x07", "bell"),
    ],
)
def test_terminal_escapes_are_taken_out(text: str, shown: str):
    assert safe(text) == shown
    (line,) = parse(json.dumps({"msg": text, "field": text}), CLOCK)
    assert (line.message, line.fields["field"]) == (shown, shown)


def test_a_line_that_a_program_coloured_is_read_as_any_other():
    (line,) = parse("\x1b[90m2026-11-24 03:57:12\x1b[0m \x1b[31mERROR\x1b[0m no answer", CLOCK)
    assert (line.level, line.message) == ("error", "no answer")
    assert line.time is not None
    (line,) = parse('\x1b[31mlevel\x1b[0m=error \x1b[31mmsg\x1b[0m="no answer"', CLOCK)
    assert (line.level, line.message) == ("error", "no answer")


def test_markup_stays_text():
    (line,) = parse('{"msg":"<script>alert(1)</script> **bold** [a](javascript:x)"}', CLOCK)
    assert line.message == "<script>alert(1)</script> **bold** [a](javascript:x)"


SECRET = "s3cr3tV4lue12345"


@pytest.mark.parametrize(
    "text",
    [
        f'{{"msg":"x","password":"{SECRET}"}}',
        f'{{"msg":"x","headers":{{"Authorization":"Bearer {SECRET}"}}}}',
        f'{{"msg":"login with password={SECRET} done"}}',
        f'{{"msg":"x","exception":"Traceback (most recent call last):\\nError: token={SECRET}"}}',
        f'level=info msg="x" api_key={SECRET}',
        f"2026-11-24T03:57:12Z ERROR GET https://u:{SECRET}@a.example/ failed",
        f'10.0.0.1 - - [24/Nov/2026:03:57:12 +0000] "GET /a?access_token={SECRET} HTTP/1.1" 200 1',
        f"Authorization: Bearer {SECRET}",
        f'{{"msg":"x","list":[{{"secret":"{SECRET}"}}]}}',
        f'{{"msg":"x","password={SECRET}":1}}',
    ],
)
def test_secrets_are_masked_in_every_part(text: str):
    for line in (*parse(text, CLOCK), *entries(text.encode(), b"\n  token=" + SECRET.encode())):
        assert SECRET not in repr(line)


@given(
    st.lists(st.sampled_from([*HINTS, "=", ":", " ", '"', "://", "@", "u", "a1b2c3d4e5f6g7", "\n"]))
)
def test_nothing_that_masking_finds_is_overlooked(parts: list[str]):
    text = "".join(parts)
    assert safe(text) == mask(printable(text))


SECRETS = [
    "password=hunter2x",
    "AKIAIOSFODNN7EXAMPLE1",
    "Bearer abcdefghij",
    "eyJhbGciOi.eyJzdWIi.x",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_every_kind_of_secret_is_hinted_at(secret: str):
    assert safe(f"with {secret} in it") == mask(f"with {secret} in it") != f"with {secret} in it"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 50))
def test_any_bytes_in_any_portions_are_the_same_entries(data: bytes, size: int):
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    assert entries(*chunks) == entries(data)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_an_entry_that_can_be_shown(text: str):
    for line in parse(text, CLOCK):
        assert safe(line.message) == line.message
        line.raw.encode()
