"""Messages to real receivers: one that takes them, one that answers 500, hangs, or is not there."""

import asyncio
from collections.abc import Iterator

import pytest

from console.alerts.channels import Channel, parse
from console.alerts.gather import sender
from console.alerts.gather.deadman import ping
from console.alerts.gather.post import reason_of
from console.alerts.message import Tone
from console.alerts.outbox import Answer
from tests.alerts.receiving import Receiver
from tests.processes import free_port


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def channel(url: str) -> Channel:
    (one,) = parse(url)
    return one


async def send(url: str, title: str = "title", body: str = "body") -> Answer:
    return await sender.send(channel(url), title, body, Tone.FAILURE)


async def test_a_message_arrives_as_text_whatever_is_in_it(receiver: Receiver):
    hostile = "<b>x</b> *y* <!channel> {{7*7}} \\n %s ü 😀"
    answer = await send(receiver.url, hostile, f"{hostile}\nline 2")
    assert answer.sent
    assert answer.seconds < sender.TOTAL
    (message,) = receiver.messages
    assert (message["title"], message["message"]) == (hostile, f"{hostile}\nline 2")
    assert message["type"] == "failure"


async def test_what_goes_wrong_is_one_sentence_without_the_address(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    """All at once: each costs the start of a process."""
    monkeypatch.setattr(sender, "READ", 0.5)
    broken, hanging = Receiver(status=500), Receiver()
    hanging.released.clear()
    urls = [
        broken.url,
        hanging.url,
        f"json://127.0.0.1:{free_port()}/hook-secret-token",
        "json://nowhere.invalid/hook-secret-token",
        "slak://hook-secret-token/b/c",
        "slack://hook-secret-token",
    ]
    answers = await asyncio.gather(*(send(url, body="it answered HTTP 503") for url in urls))
    hanging.close()
    broken.close()
    assert [(one.sent, one.reason, one.possibly) for one in answers[:5]] == [
        (False, "It answered 500 (Internal Server Error).", False),
        (False, "It did not answer within 0.5 s.", True),
        (False, "Its server refuses the connection.", False),
        (False, "The name of its server does not resolve.", False),
        (False, "There is no kind of channel called slak. Is it slack://?", False),
    ]
    assert answers[5].reason.startswith("It is not complete for slack. ")
    assert not any("hook-secret-token" in one.reason for one in answers)


async def test_a_channel_that_never_ends_is_cut_off(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    receiver.released.clear()
    monkeypatch.setattr(sender, "TOTAL", 0.8)
    answer = await send(receiver.url)
    assert (answer.sent, answer.reason, answer.possibly) == (
        False,
        "It did not answer within 0.8 s.",
        True,
    )
    assert answer.seconds < 0.8 + sender.START


async def test_addresses_are_judged_without_sending(receiver: Receiver):
    channels = parse(f"{receiver.url} slak://a/b/c nothing")
    found = await sender.problems(channels)
    assert found == {
        "slak-1": "There is no kind of channel called slak. Is it slack://?",
        "address-1": "It is no address: it has to begin with a kind and ://, such as slack://.",
    }
    assert await sender.problems(()) == {}
    assert receiver.began == 0


@pytest.mark.parametrize(
    ("line", "reason", "possibly"),
    [
        ("SMTP Exception: 535 Authentication failed",
         "It does not accept the login in its address.", False),
        ("Socket Exception: certificate verify failed: CERTIFICATE_VERIFY_FAILED",
         "Its certificate is not accepted.", False),
        ("Socket Exception: Remote end closed: RemoteDisconnected",
         "It broke the connection off without an answer.", True),
        ("Failed to send to hook-secret-token: odd", "It could not be sent. "
         "Failed to send to •••: odd", False),
        ("", "It could not be sent. apprise gives no reason.", False),
    ],
)  # fmt: skip
def test_reasons_are_told_in_plain_words(line: str, reason: str, possibly: bool):
    lines = [line] if line else []
    assert reason_of(lines, "json://host/hook-secret-token", 10.0) == (reason, possibly)


async def test_the_dead_mans_switch_is_pinged(receiver: Receiver):
    address = f"http://127.0.0.1:{receiver.port}/uuid"
    assert await ping(address) == ""
    receiver.status = 404
    assert await ping(address) == "It answered 404 (Not Found)."
    assert "cannot be reached" in await ping(f"http://127.0.0.1:{free_port()}/uuid")
    assert await ping("http://[nonsense") != ""
