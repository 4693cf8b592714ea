import json
import logging

import pytest
from opskit import stage
from opskit.context import Work, current
from opskit.logs import LINE_LIMIT, MASK, WAITING_LINES, LogSink, Masker

from tests.kit.support import MakeKit, Sink, until

SECRET = "s3cr3t-value-0123456789"


def test_secrets_are_masked_by_name_by_shape_and_by_value():
    masker = Masker([SECRET])
    for text in (
        f"sent {SECRET}",
        "Authorization: Bearer abcdefgh12345678",
        "redis://user:pa55word@host:6379/0",
        "https://x.test/?token=abcdef123&a=1",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdef",
        "key sk_live_abcdefghij0123456789",
    ):
        assert MASK in masker.text(text)
    for part in (SECRET, "pa55word", "abcdef123", "eyJhbGci"):
        assert part not in masker.text(
            f"{SECRET} redis://u:pa55word@h ?token=abcdef123 eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x"
        )
    fields = {"password": "x", "refresh_token": "y", "nested": {"api_key": "z", "ok": 1}}
    assert masker.value("fields", fields) == {
        "password": MASK, "refresh_token": MASK, "nested": {"api_key": MASK, "ok": 1},
    }  # fmt: skip


@pytest.mark.parametrize("text", ["monkey", "tokens: 12", "session ended", "https://x.test/a?b=1"])
def test_plain_text_stays_as_it_is(text: str):
    assert Masker().text(text) == text


async def test_a_line_carries_what_belongs_to_the_work_and_no_secret(make_kit: MakeKit):
    kit = await make_kit(HEROKU_SLUG_COMMIT="abc")
    token = current.set(Work("req-1", "t" * 32, 3, item="inv-1"))
    try:
        with stage("post"):
            kit.log.info("sent", amount=12, authorization="Bearer x", note=f"with {'r' * 40}")
        try:
            raise ValueError(f"bad {'r' * 40}")
        except ValueError:
            kit.log.exception("failed")
        logging.getLogger("library").warning("said %s", "r" * 40)
    finally:
        current.reset(token)
    lines = [json.loads(line) for line in kit.sink._stream.lines]
    sent = next(line for line in lines if line["event"] == "sent")
    assert (sent["request_id"], sent["item"], sent["phase"], sent["epoch"]) == (
        "req-1",
        "inv-1",
        "post",
        3,
    )
    assert (sent["service"], sent["instance"], sent["commit"]) == (
        "relay",
        kit.identity.instance,
        "abc",
    )
    assert (sent["authorization"], sent["note"]) == (MASK, f"with {MASK}")
    assert "r" * 40 not in "".join(kit.sink._stream.lines)
    assert any(line["event"] == f"said {MASK}" for line in lines)
    assert "ValueError" in next(line for line in lines if line["event"] == "failed")["exception"]


async def test_lines_reach_the_stream_in_order(make_kit: MakeKit):
    kit = await make_kit()
    for n in range(20):
        kit.log.info("line", n=n)
    kit.heart.wake()

    async def stored() -> list[int]:
        entries = await kit.server.command("XRANGE", kit.keys.of("logs"), "-", "+")
        found = [json.loads(fields["line"]) for _, fields in entries]
        numbers = [line["n"] for line in found if line["event"] == "line"]
        return numbers if len(numbers) == 20 else []

    assert await until(stored) == list(range(20))


def test_lines_that_wait_are_bounded_counted_and_cut():
    sink = LogSink("logs", Sink())
    for n in range(WAITING_LINES + 7):
        sink(str(n))
    sink("x" * (LINE_LIMIT + 1000))
    posts = sink.posts()
    assert (len(posts), sink.dropped) == (WAITING_LINES, 8)
    assert len(posts[-1].value) == LINE_LIMIT
    sink("newer")
    sink.unsent(posts)
    assert [p.value for p in sink.posts()][-1] == "newer"
    assert sink.dropped == 9
