"""Messages of every kind of channel that the page names, sent by apprise to real servers of this
machine: what they get, and what is said of their refusals.

Slack, Discord, LINE and Teams have no address of one's own: a proxy plays them, in TLS and under
their own names, so that what is sent is what they would get.
"""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from console.alerts.gather import post
from tests.alerts.vendors import MailServer, Vendors
from tests.processes import free_port

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops"
DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
LINE = "line://abcdefghijklmnopqrstuvwxyz0123456789/U1234567890abcdef1234567890abcdef"
TEAMS = "workflows://prod-12.japaneast.logic.azure.com:443/643e69f83c8944/4SqFtI9zqp"
TITLE, BODY = "[Failing] <b>API</b>", "HTTP 503.\nSince 18:40 ü"


@pytest.fixture
def vendors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    made = Vendors(tmp_path)
    monkeypatch.setenv("HTTPS_PROXY", made.proxy)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.authority))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield made
    made.close()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    made = MailServer()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def heard() -> Iterator[post._Heard]:
    """As the program sets it up for itself."""
    made, log = post._Heard(), logging.getLogger("apprise")
    level, log.propagate = log.level, False
    log.addHandler(made)
    log.setLevel(logging.DEBUG)
    yield made
    log.removeHandler(made)
    log.setLevel(level)
    log.propagate = True


def send(heard: post._Heard, url: str, connect: float = 5.0) -> dict[str, object]:
    asked = {"url": url, "title": TITLE, "body": BODY, "tone": "failure"}
    return post.send(asked | {"connect": connect, "read": 10.0}, heard)


def got(vendors: Vendors) -> Any:
    """The last body, as JSON."""
    return json.loads(vendors.requests[-1].body)


def test_slack(vendors: Vendors, heard: post._Heard):
    vendors.body = b"ok"
    assert send(heard, SLACK) == {"sent": True}
    assert vendors.requests[0].host == "hooks.slack.com"
    (card,) = got(vendors)["attachments"]
    assert card["title"] == "[Failing] &lt;b&gt;API&lt;/b&gt;"  # as Slack wants it
    assert card["text"] == BODY


def test_discord(vendors: Vendors, heard: post._Heard):
    assert send(heard, DISCORD) == {"sent": True}
    assert vendors.requests[0].host == "discord.com"
    assert got(vendors)["content"] == f"{TITLE}\r\n{BODY}"


def test_line(vendors: Vendors, heard: post._Heard):
    assert send(heard, LINE) == {"sent": True}
    asked = vendors.requests[0]
    assert (asked.host, asked.path) == ("api.line.me", "/v2/bot/message/push")
    assert got(vendors)["messages"][0]["text"] == f"{TITLE}\r\n{BODY}"


def test_teams(vendors: Vendors, heard: post._Heard):
    assert send(heard, TEAMS) == {"sent": True}
    assert vendors.requests[0].host == "prod-12.japaneast.logic.azure.com"
    texts = json.dumps(got(vendors)["attachments"][0]["content"])
    assert "[Failing]" in texts
    assert "Since 18:40" in texts


def test_channels_on_a_server_of_ones_own(vendors: Vendors, heard: post._Heard):
    host = f"127.0.0.1:{vendors.port}"
    for url in (
        f"json://{host}/x", f"ntfy://{host}/topic", f"gotify://{host}/AbCdEfGhIjKlMnO",
        f"mmost://{host}/abcdefghijklmnopqrstuvwx12",
    ):  # fmt: skip
        assert send(heard, url) == {"sent": True}, url
        told = got(vendors)
        assert BODY in str(told.get("message") or told["text"]).replace("\r\n", "\n")
    assert send(heard, f"rocket://web/hook@{host}/#ops") == {"sent": True}
    assert "Since 18:40 ü" in got(vendors)["text"]
    assert send(heard, f"form://{host}/x") == {"sent": True}
    assert parse_qs(vendors.requests[-1].body.decode())["message"] == [BODY]
    assert send(heard, f"xml://{host}/x") == {"sent": True}
    assert "&lt;b&gt;API" in vendors.requests[-1].body.decode()


def test_e_mail(mail: MailServer, heard: post._Heard):
    assert send(heard, mail.url) == {"sent": True}
    (message,) = mail.messages
    assert b"To: oncall@ops.test" in message
    assert b"Subject: [Failing] <b>API</b>" in message
    assert b"text/plain" in message
    assert b"Since 18:40 =C3=BC" in message


@pytest.mark.parametrize(
    ("refusals", "reason"),
    [
        ({"AUTH": "535 5.7.8 bad login"}, "It does not accept the login in its address."),
        ({"RCPT": "550 no such user"}, "Its mail server answered 550: no such user."),
        ({"MAIL": "451 greylisted"}, "Its mail server answered 451: greylisted."),
        ({"DATA": "554 spam"}, "Its mail server answered 554: spam."),
    ],
)
def test_a_mail_server_that_refuses_is_quoted(
    mail: MailServer, heard: post._Heard, refusals: dict[str, str], reason: str
):
    mail.refusals.update(refusals)
    assert send(heard, mail.url) == {"sent": False, "reason": reason, "possibly": False}


def test_a_mail_server_that_falls_silent_may_have_the_message(mail: MailServer, heard: post._Heard):
    mail.go_silent()
    assert send(heard, mail.url, connect=0.5) == {
        "sent": False,
        "reason": "It did not answer in time.",
        "possibly": True,
    }


def test_a_mail_server_without_encryption_or_none_at_all(mail: MailServer, heard: post._Heard):
    secure = mail.url.replace("mailto://", "mailtos://").replace("insecure", "starttls")
    assert send(heard, secure)["reason"] == "Its mail server offers no encryption."
    away = mail.url.replace(str(mail.port), str(free_port()))
    assert send(heard, away)["reason"] == "Its server refuses the connection."


@pytest.mark.parametrize("url", [SLACK, DISCORD, LINE, TEAMS])
def test_a_vendor_that_refuses_is_told_with_what_it_means(
    vendors: Vendors, heard: post._Heard, url: str
):
    vendors.status, vendors.body = 404, b'{"error": "no_service"}'
    assert send(heard, url) == {
        "sent": False,
        "reason": "It answered 404 (Not Found): it does not know the address any more.",
        "possibly": False,
    }
    vendors.status = 500
    reason = str(send(heard, url)["reason"])
    assert reason.startswith("It answered 500 (Internal Server Error)")


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    vendors: Vendors, heard: post._Heard, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert send(heard, LINE)["reason"] == "Its certificate is not accepted."
    assert vendors.requests == []


def test_the_kind_that_teams_had_before_is_answered_with_the_one_it_has(heard: post._Heard):
    assert post.problem_of("msteams://a/b/c", heard) == (
        "There is no msteams:// any more: Teams is reached by workflows://, a webhook of Power "
        "Automate."
    )
