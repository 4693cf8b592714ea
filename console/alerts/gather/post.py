"""The program that hands one message to one channel: python -m console.alerts.gather.post

A process of its own, because apprise waits without a limit of its own in many of its two hundred
services, and a process can be ended. It reads one JSON object from standard input and writes one.
"""

import json
import logging
import re
import signal
import sys
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any, cast

import apprise

from console.alerts.channels import kind_of, secrets_of
from console.masking import one_line
from console.words import sentence

REASON_LIMIT = 200  # characters
_ANSWERED = re.compile(r"(?:error\s*[=:]\s*|status\s*[=:]\s*|HTTP )(\d{3})\b")
_MAIL = re.compile(r"\((\d{3}), b['\"]([^'\"]{0,200})")  # as smtplib tells an answer
_LOGIN = ("530", "534", "535")
_ENDED = {"msteams": "Teams is reached by workflows://, a webhook of Power Automate."}
_EXCEPTION = re.compile(r"[\w-]+ (?:Exception|Error):")
_apprise = cast(Any, apprise)  # its types are incomplete


class _Heard(logging.Handler):
    """Keeps what apprise says of a failure: its functions only answer yes or no."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line. Of the chatter only errors: it quotes the message, which says anything."""
        line = record.getMessage()
        if record.levelno >= logging.WARNING or _EXCEPTION.match(line):
            self.lines.append(line)


def main() -> None:
    """Do what standard input asks for."""
    asked: dict[str, Any] = json.load(sys.stdin)
    signal.setitimer(signal.ITIMER_REAL, asked["total"])  # ends this process, whatever hangs
    heard = _Heard()
    log = logging.getLogger("apprise")
    log.addHandler(heard)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    if "check" in asked:
        told: object = [problem_of(url, heard) for url in asked["check"]]
    else:
        told = send(asked, heard)
    json.dump(told, sys.stdout)


def problem_of(url: str, heard: _Heard) -> str:
    """Why an address is none that can be sent to, one sentence; empty where it is one."""
    heard.lines.clear()
    if _apprise.Apprise.instantiate(url) is not None:
        return ""
    kind = kind_of(url)
    if not kind:
        return "It is no address: it has to begin with a kind and ://, such as slack://."
    kinds = {name for plugin in _apprise.Apprise().details()["schemas"] for name in _names(plugin)}
    if kind in _ENDED:
        return f"There is no {kind}:// any more: {_ENDED[kind]}"
    if kind not in kinds:
        close = get_close_matches(kind, kinds, 1)
        hint = f" Is it {close[0]}://?" if close else ""
        return f"There is no kind of channel called {kind}.{hint}"
    said = next((line for line in heard.lines if not line.startswith("Could not load")), "")
    return f"It is not complete for {kind}. {_cleaned(said, url)}".strip()


def send(asked: dict[str, Any], heard: _Heard) -> dict[str, object]:
    """Hand over one message; what became of it."""
    url: str = asked["url"]
    problem = problem_of(url, heard)
    if problem:
        return {"sent": False, "reason": problem, "final": True}
    channel = _apprise.Apprise.instantiate(url)
    channel.socket_connect_timeout = asked["connect"]
    channel.socket_read_timeout = asked["read"]
    post = _apprise.Apprise()
    post.add(channel)
    heard.lines.clear()
    sent = post.notify(
        title=asked["title"],
        body=asked["body"],
        notify_type=asked["tone"],
        body_format=_apprise.NotifyFormat.TEXT,
        interpret_escapes=False,
    )
    if sent:
        return {"sent": True}
    reason, possibly = reason_of(heard.lines, url, asked["read"])
    return {"sent": False, "reason": reason, "possibly": possibly}


def reason_of(lines: list[str], url: str, read: float) -> tuple[str, bool]:
    """Why it failed, in one sentence, and whether the message may have arrived all the same."""
    said = "\n".join(lines)
    mail = _MAIL.search(said)
    if mail and mail[1] not in _LOGIN:
        return sentence(f"Its mail server answered {mail[1]}: {_cleaned(mail[2], url)}"), False
    answered = _ANSWERED.search(said)
    if answered:
        return _answered(int(answered[1])), False
    for words, reason, possibly in _FAILURES:
        if any(word in said for word in words):
            return reason.format(read=read), possibly
    line = lines[-1] if lines else "apprise gives no reason."
    return f"It could not be sent. {_cleaned(line, url)}", False


def _answered(code: int) -> str:
    """What a status means for whoever looks after the channel."""
    phrase = f" ({HTTPStatus(code).phrase})" if code in list(HTTPStatus) else ""
    if code < HTTPStatus.MULTIPLE_CHOICES:
        return f"It answered {code}{phrase}, and did not say that it took the message."
    return f"It answered {code}{phrase}{_MEANS.get(code, '')}."


_MEANS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: ": it does not accept the token in its address",
    HTTPStatus.FORBIDDEN: ": it does not accept the token in its address",
    HTTPStatus.NOT_FOUND: ": it does not know the address any more",
    HTTPStatus.GONE: ": it does not know the address any more",
}

# In this order: a failure to connect mentions a time-out as well.
_FAILURES = (
    (("Name or service not known", "Failed to resolve", "getaddrinfo", "nodename nor"),
     "The name of its server does not resolve.", False),
    (("CERTIFICATE_VERIFY_FAILED", "certificate verify failed"),
     "Its certificate is not accepted.", False),
    (("STARTTLS extension not supported",), "Its mail server offers no encryption.", False),
    (("Connection refused",), "Its server refuses the connection.", False),
    (("ConnectTimeout", "connect timeout"), "Its server cannot be reached in time.", False),
    (("unexpectedly closed: timed out",), "It did not answer in time.", True),
    (("Read timed out", "ReadTimeout", "read timeout"),
     "It did not answer within {read:g} s.", True),
    (("RemoteDisconnected", "Connection aborted", "Connection reset"),
     "It broke the connection off without an answer.", True),
    (("Authentication", "535"), "It does not accept the login in its address.", False),
    (("unreachable",), "Its server is not reachable from here.", False),
    (("SSLError", "SSL:", "[SSL"), "No secure connection with it is possible.", False),
)  # fmt: skip


def _names(plugin: dict[str, Any]) -> list[str]:
    return [*(plugin.get("protocols") or ()), *(plugin.get("secure_protocols") or ())]


def _cleaned(line: str, url: str) -> str:
    return one_line(line, REASON_LIMIT, secrets_of(url))


if __name__ == "__main__":
    main()
