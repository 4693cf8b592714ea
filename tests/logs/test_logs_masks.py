"""What of a message varies, and what stays."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.logs.masks import DIGITS, MESSAGE_LIMIT, VARIABLE, pieces, shape


def shown(message: str) -> str:
    return shape(message).replace(VARIABLE, "*")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("took 12 ms", "took *"),
        ("took 1.5s, then 3 minutes", "took *, then *"),
        ("sent 28902 bytes (28.2 KB) to the server", "sent * to the server"),
        ("connect to 10.0.0.7:5432 failed", "connect to * failed"),
        ("connect to 2001:db8:0:1::17 failed", "connect to * failed"),
        ("nic 00:1b:44:11:3a:b7 is up", "nic * is up"),
        ("request 3f2b8c1e-7a55-4c0e-9f3e-0a1b2c3d4e5f done", "request * done"),
        ("read /var/lib/app/data.db again", "read * again"),
        ("read C:\\Windows\\Temp\\a.log again", "read * again"),
        ("call https://api.example.com/v1/items?id=7 failed", "call * failed"),
        ("at 2026-11-24T03:57:12.123Z the job began", "at * the job began"),
        ("at Tue Nov 24 03:57:12 2026 the job began", "at * the job began"),
        ("window 09:30 opened", "window * opened"),
        ("rejected 'wrong-password' twice", "rejected * twice"),
        ('rejected "a whole phrase" twice', "rejected * twice"),
        ("user=root uid=0 tty=", "user=* uid=* tty="),
        ("total = 17, boot = 3", "total =*, boot =*"),
        ("logname= uid=0", "logname= uid=*"),
        ("pointer 0x7f3a is null", "pointer * is *"),
        ("got () for it", "got (*) for it"),
        ("blocks blk_1 blk_2, blk_3 are gone", "blocks * are gone"),
        ("jk2_init() found it", "jk0_init() found it"),
        ("address space........0", "address space.......*"),
        ("at com.example.Service.handle:42 it failed", "at * it failed"),
        ("請求書12345を送信しました", "請求書*を送信しました"),
        ("処理時間は３５秒です", "処理時間は*秒です"),
        ("  spaces \t do not   count ", "spaces do not count"),
        ("", ""),
    ],
)
def test_values_of_every_kind_vary_and_words_stay(message: str, expected: str):
    assert shown(message) == expected


def test_the_method_of_a_quoted_request_line_tells_apart():
    get, post = ('"GET /items/7 HTTP/1.1" 200', '"POST /items/7 HTTP/1.1" 200')
    assert shape(get) != shape(post)
    assert shape(get) == shape('"GET /items/8 HTTP/1.1" 200')
    assert shape(get) == shape('"GET /items/8?all=true&at=2026-11-24T05%3A54 HTTP/1.1" 200')


def test_messages_that_differ_in_digits_only_have_one_shape():
    assert len({shape(f"item {number} of order A-{number * 7} done") for number in range(300)}) == 1


def test_only_the_beginning_of_a_very_long_message_counts():
    long = "word " * MESSAGE_LIMIT
    assert shape(long) == shape(long + "another end")


HOSTILE = [
    "a.",
    "a:",
    "=a",
    "/a",
    '="',
    "a=",
    "1.",
    "ab12:",
    "a-",
    "(",
    "[",
    "'",
    "{a=",
    "\0",
    "1 ",
    "/",
    "\\",
    ' /?a="',
]


@pytest.mark.parametrize("part", HOSTILE)
def test_a_hostile_line_costs_no_more_than_its_length(part: str):
    began = time.process_time()
    for end in ("", "!", " x", "0"):
        shape(part * (MESSAGE_LIMIT // len(part) - 1) + end)
    assert time.process_time() - began < 0.5


MESSAGES = st.text(
    st.sampled_from(list("ab Z09.:,=/\\-_()[]{}\"'<>|@#%+\0\t請の")), max_size=60
) | st.text(max_size=40)


@given(MESSAGES)
def test_the_pieces_of_a_message_are_its_shape_and_its_text(message: str):
    found = pieces(message)
    assert "".join(VARIABLE if one.kind else one.text.translate(DIGITS) for one in found) == shape(
        message
    )
    text = " ".join(message[:MESSAGE_LIMIT].split()).replace(VARIABLE, " ")
    assert "".join(one.text for one in found) == text
