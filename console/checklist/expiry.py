"""The question whether tokens and certificates last, answered from evidence. Pure."""

from console.cache.model import Token
from console.cache.verdict import token_standing
from console.checklist.evidence import (
    BILLED_OLD,
    NO_REDIS,
    READING_OLD,
    Evidence,
    worst,
)
from console.checklist.model import DAY, Action, Answer, Finding
from console.health.judge import CERTIFICATE_FAIL, CERTIFICATE_WARN
from console.health.summary import Standing
from console.words import counted, duration
from console.words import date as date_name

TOKEN_MARGIN = 14 * DAY  # seconds beyond the window's end; checklist B3
TOKENS_TOLD = 300.0  # seconds after its start within which a service may not have told its tokens
MOST_LINES = 12  # of evidence


def tokens(e: Evidence) -> Finding:
    """Token expiry sufficient?"""
    kept = e.cache if e.cache and not e.cache.problem else None
    told = kept.tokens if kept else ()
    judged = [_token(one, e) for one in told] + [
        one for check in e.checks if (one := _certificate(check.check.label,
                                                          check.state.certificate_expires_at, e))
    ]  # fmt: skip
    order = list(Answer)
    judged.sort(key=lambda one: order.index(one[0]))
    page = "cache" if told else "health"
    until = date_name(e.closing_until, e.zone) if e.closing else "the end of the closing's window"
    threshold = f"valid to {until} (the closing's window), and 14 days beyond"
    source = "checklist B3 of the operations reference; certificates 7 and 30 days"
    if not told:
        why = _no_token(e)
        if e.cache and e.cache.problem:
            why = f"Its tokens cannot be read: {e.cache.problem}"
        text = f"{why} Somebody who knows when its tokens end can attest it."
        answer = worst([Answer.UNKNOWN, *(one[0] for one in judged)])
        if answer is Answer.FAIL:
            text = f"{judged[0][1]} {text}"
        return Finding(answer, text, threshold=threshold, source=source, page=page,
                       evidence=tuple(line for _, line in judged[:MOST_LINES]))  # fmt: skip
    answer = worst([one for one, _ in judged])
    last = "lasts" if len(told) == 1 else "last"
    text = f"{counted(len(told), 'token')} {last} beyond the closing's window ({until})."
    if answer is not Answer.PASS:
        text = judged[0][1]
    ends = [at for one in told if (at := _end(one)) is not None]
    return Finding(
        answer,
        text,
        duration(min(ends) - e.now) if ends and min(ends) > e.now else "",
        "until the first one ends" if ends and min(ends) > e.now else "",
        threshold,
        source,
        tuple(line for _, line in judged[:MOST_LINES]),
        page,
        Action("See the tokens", "cache") if answer is not Answer.PASS else None,
        kept.at if kept else None,
        BILLED_OLD if kept and kept.billed else READING_OLD,
    )


def _no_token(e: Evidence) -> str:
    """Why no token is known. A service writes its tokens when it first needs them."""
    if not e.has_redis:
        return NO_REDIS
    starts = [at for one in e.alive if (at := one.beat.started_at) is not None]
    if e.cache is None or not starts or e.now - min(starts) < TOKENS_TOLD:
        return "Its tokens are not read yet: that takes a few minutes after a start."
    return "The service tells of no token it keeps (kit.token)."


def _end(token: Token) -> float | None:
    """When a person must act: a refresh token renews the access token by itself."""
    return token.refresh_expires_at or token.expires_at


def _token(token: Token, e: Evidence) -> tuple[Answer, str]:
    name, end = f"Token {token.name}", _end(token)
    if token.state and token.state != "ok":
        why = f" ({token.reason})" if token.reason else ""
        return Answer.FAIL, f"{name} is not usable: {token.state.replace('_', ' ')}{why}."
    if not token.state:
        return Answer.UNKNOWN, f"{name}: the service does not tell how it stands."
    if end is None:
        return Answer.UNKNOWN, f"{name}: when it ends is not told."
    kind = "refresh token ends" if token.refresh_expires_at else "ends"
    told = f"{name}: its {kind}" if token.refresh_expires_at else f"{name} {kind}"
    when = date_name(end, e.zone)
    if end <= e.now:
        return Answer.FAIL, f"{told.replace('ends', 'ended')} on {when}."
    if token.refresh_expires_at is None and end < e.closing_until:
        return Answer.UNKNOWN, f"{told} on {when}; how long it can be renewed is not told."
    if end < e.closing_until or token_standing(token, e.now) is Standing.FAIL:
        return Answer.FAIL, f"{told} on {when}, before the closing's window does."
    if end < e.closing_until + TOKEN_MARGIN or token_standing(token, e.now) is Standing.WARN:
        return Answer.WARN, f"{told} on {when}, within 14 days after the closing's window."
    return Answer.PASS, f"{told} on {when}."


def _certificate(label: str, end: float | None, e: Evidence) -> tuple[Answer, str] | None:
    if end is None:
        return None
    left = end - e.now
    answer = (
        Answer.FAIL
        if left < CERTIFICATE_FAIL
        else Answer.WARN
        if left < CERTIFICATE_WARN
        else Answer.PASS
    )
    return answer, f"The certificate of {label} ends on {date_name(end, e.zone)}."
