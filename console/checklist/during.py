"""The three questions during operations, answered from evidence. Pure."""

from collections.abc import Sequence

from console.cache.model import Quota
from console.cache.verdict import QUOTA_OLD, QUOTA_WARN, quota_standing
from console.checklist.evidence import (
    BILLED_OLD,
    FROM_STANDING,
    NO_REDIS,
    READING_OLD,
    Evidence,
    not_known,
    worst,
)
from console.checklist.model import DAY, Action, Answer, Finding
from console.checklist.questions import LOGS
from console.checklist.record import Word, WordKind
from console.checklist.usual import samples_wanted
from console.logs.model import LogsReading, PatternReading, State
from console.logs.verdict import STALE as LOGS_OLD
from console.logs.verdict import is_bad
from console.words import age, counted, duration, listed

NEW_ON_ITEMS = 3  # items that a new pattern hits, from which it fails; checklist D1
MOST_LINES = 12  # of evidence
NO_LOGS = (
    "No log is read yet. The kit's instances write theirs to the service's Redis; other logs come "
    "from its platform, from a Loki-compatible back end, or as a file on the Logs page."
)
_SOURCE = "of the operations reference"


def logs(e: Evidence) -> Finding:
    """Check error logs periodically."""
    found = e.logs
    if found is None or not found.sources:
        return not_known(NO_LOGS, "logs")
    if found.problem and not found.lines:
        return not_known(f"The log cannot be read: {found.problem}", "logs")
    reviewed = _reviewed(e)
    if reviewed:
        said = f" Reviewed by {reviewed.by} {age(e.now - reviewed.at)}."
    else:
        said = " Nobody has reviewed it in the last 24 h." if found.open else ""
    answer, text = _logs(found, reviewed is not None, e.now)
    return Finding(
        answer,
        f"{text}{said}",
        f"{found.errors:,}",
        f"errors of {'the newest ' if found.cut else ''}{counted(found.lines, 'line')} kept",
        "no new, returned or rising error pattern, and what is open reviewed within 24 h",
        f"checklist D1 {_SOURCE}",
        tuple(_pattern(one, e) for one in found.open[:MOST_LINES]),
        "logs",
        None if answer is Answer.PASS else Action("Open the log", "logs"),
        found.at,
        LOGS_OLD,
    )


def _logs(found: LogsReading, reviewed: bool, now: float) -> tuple[Answer, str]:
    if found.silent:
        gap = duration(now - found.last) if found.last else "long"
        return Answer.UNKNOWN, f"No line for {gap}, longer than usual: silence is not health."
    if not found.lines:
        return Answer.UNKNOWN, "The log has no lines."
    fresh = [one for one in found.open if one.new or one.state is State.REGRESSED]
    hit = [one for one in found.open if one.items.number >= NEW_ON_ITEMS and is_bad(one, now)]
    if hit:
        return Answer.FAIL, (
            f"{counted(len(hit), 'error pattern')} new, back or rising on {NEW_ON_ITEMS} items or "
            f"more: {hit[0].template}."
        )
    if fresh:
        return Answer.WARN, (
            f"{counted(len(fresh), 'error pattern')} new since the last deployment, or back: "
            f"{fresh[0].template}."
        )
    if found.problem:
        return Answer.UNKNOWN, f"Not all of the log can be read: {found.problem}"
    if not found.open:
        return Answer.PASS, "The console reads the log all the time and sees no open error pattern."
    told = counted(len(found.open), "open error pattern")
    text = f"{told}, none new since the last deployment."
    if any(one.new is None for one in found.open):
        text = f"{told}; whether new since the last deployment cannot be told."
    return Answer.PASS if reviewed else Answer.WARN, text


def _reviewed(e: Evidence) -> Word | None:
    mine = [one for one in e.words if one.question == LOGS and one.kind is WordKind.ATTEST]
    return next((one for one in mine if one.holds(e.now) and e.now - one.at <= DAY), None)


def _pattern(one: PatternReading, e: Evidence) -> str:
    last = f", last {age(e.now - one.last)}" if one.last else ""
    new = " · new" if one.new else " · back" if one.state is State.REGRESSED else ""
    return f"{one.count:,} x {one.template[:160]}{last}{new}"


def limits(e: Evidence) -> Finding:
    """Rate limit not being reached?"""
    if not e.has_redis:
        return not_known(NO_REDIS, "cache")
    found = e.cache
    if found is None:
        return not_known("What is left of its quotas was not read yet.", "cache")
    if found.problem:
        return not_known(f"What is left of its quotas cannot be read: {found.problem}", "cache")
    if not found.quotas:
        return not_known(
            "No API has told the service of a limit in the last 24 h. The kit's client reads it "
            "from the answers (RateLimit headers).",
            "cache",
        )
    judged = [(_quota_answer(one, e.now), one) for one in found.quotas]
    order = list(Answer)
    answer, first = min(judged, key=lambda one: order.index(one[0]))
    left = "Nothing" if first.remaining == 0 else "Little"
    told = {
        Answer.FAIL: f"The limit is reached: {_quota(first, e.now)}",
        Answer.WARN: f"{left} is left: {_quota(first, e.now)}",
        Answer.UNKNOWN: f"What is left is not known: {_quota(first, e.now)}",
    }
    least = _least(found.quotas)
    return Finding(
        answer,
        told.get(answer, f"Enough is left of {counted(len(judged), 'quota')}."),
        f"{least * 100:.0f} %" if least is not None else "",
        "left of the smallest quota" if least is not None else "",
        f"at least {QUOTA_WARN * 100:.0f} % left, and no API asks to wait",
        f"checklist D2 {_SOURCE}",
        tuple(_quota(one, e.now) for _, one in judged[:MOST_LINES]),
        "cache",
        Action("See the quotas", "cache") if answer in (Answer.FAIL, Answer.WARN) else None,
        found.at,
        BILLED_OLD if found.billed else READING_OLD,
    )


def _quota_answer(quota: Quota, now: float) -> Answer:
    """The service's own limit keeps it from the API's: used up, it waits, and breaks nothing."""
    answer = FROM_STANDING[quota_standing(quota, now)]
    own = quota.name == "own" and quota.blocked_until is None
    return Answer.WARN if own and answer is Answer.FAIL else answer


def _least(quotas: Sequence[Quota]) -> float | None:
    shares = [
        max(0.0, one.remaining) / one.limit
        for one in quotas
        if one.remaining is not None and one.limit
    ]
    return min(shares, default=None)


def _quota(one: Quota, now: float) -> str:
    name = f"{one.api}, the service's own limit" if one.name == "own" else f"{one.api}, {one.name}"
    told = age(now - one.at)
    if one.blocked_until is not None and one.blocked_until > now:
        return f"{name}: the API asks to wait for {duration(one.blocked_until - now)}."
    if one.remaining is None or not one.limit:
        return f"{name}: nothing about what is left, told {told}."
    window = f" in {duration(one.window)}" if one.window else ""
    old = " (too old to count)" if now - one.at > max(QUOTA_OLD, 2 * (one.window or 0)) else ""
    return f"{name}: {one.remaining:,.0f} of {one.limit:,.0f}{window} left, told {told}{old}."


def times(e: Evidence) -> Finding:
    """Response times normal?"""
    found = e.times
    if e.unanswered:
        verb = "does" if len(e.unanswered) == 1 else "do"
        text = f"{listed(e.unanswered)} {verb} not answer at all, or not in time."
        return Finding(Answer.FAIL, text, page="health", action=Action("See the checks", "health"))
    if found is None or not found.compared:
        return not_known("No response times are known yet.", "response_times")
    checks = [one for one in found.compared if one.series.kind == "check"]
    others = [one for one in found.compared if one.series.kind != "check"]
    known = [one for one in others if one.answer is not Answer.UNKNOWN]
    judged = [*checks, *known]  # traffic comes and goes: what is not called has no times
    compared = [one for one in judged if one.answer is not Answer.UNKNOWN]
    answer = worst([one.answer for one in judged])
    order = list(Answer)
    first = min(judged or found.compared, key=lambda one: order.index(one.answer))
    name = f"{_KINDS.get(first.series.kind, first.series.kind)} {first.series.name}"
    slow = [one for one in compared if one.answer is not Answer.PASS]
    if slow:
        text = f"{counted(len(slow), 'series')} slower than usual. {name}: {first.text}."
        text = text.replace("seriess", "series")
    elif answer is Answer.UNKNOWN:
        text = (
            f"{len(compared)} of {len(judged)} can be compared. {name}: {first.text}. Three weeks "
            "of history are enough; until then somebody can attest it."
        )
    else:
        text = f"All {len(compared)} that are compared are as usual for {found.hour}."
    return Finding(
        answer,
        text,
        f"{len(compared) - len(slow)} of {len(judged)}",
        "series as usual",
        "at most median + 3 x 1.4826 x MAD, or 25 % above the median; twice it for 2 h fails",
        f"the same business day, weekday and hour, 3 earlier at least; {samples_wanted()}",
        tuple(
            f"{one.series.kind} {one.series.name}: {one.text}"
            for one in sorted(found.compared, key=lambda one: order.index(one.answer))
        )[:MOST_LINES],
        "response_times",
        Action("Compare them", "response_times") if slow else None,
        found.at,
        TIMES_OLD,
        query=(("series", str(first.series)),),
    )


_KINDS = {"check": "Check", "route": "Route", "api": "API"}
TIMES_OLD = 300.0  # seconds; compared anew once a minute
