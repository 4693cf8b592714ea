"""What may get into the way of a closing, the worst first. Pure; what is not known says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from console.health.model import CheckState
from console.health.summary import Standing
from console.month_end.calendar import Closing, span
from console.month_end.freeze import Deployed, Planned, freeze
from console.month_end.snapshot import Outside, Snapshot
from console.month_end.sums import Sums
from console.month_end.work import Work, tightest
from console.words import age, clock, counted, duration, listed

QUOTA_WARN = 0.8  # of what the API allows until the deadline; above it a slow hour is enough
RUNNING_OUT = 600.0  # seconds that the remaining calls of a long quota should last at least
LONG_WINDOW = 900.0  # seconds: a shorter quota is full again before anybody can act
OUTSIDE_OLD = 2000.0  # seconds; a billed server is read four times an hour, and may miss one
_RANK = {Standing.FAIL: 0, Standing.WARN: 1, Standing.UNKNOWN: 2, Standing.PASS: 3}


@dataclass(frozen=True, slots=True)
class Risk:
    """One line."""

    standing: Standing
    what: str  # it is about
    text: str


def risks(
    closing: Closing,
    snapshot: Snapshot,
    sums: Sums,
    outside: Outside | None,
    work: Work,
    states: Mapping[str, CheckState],
    deployed: Sequence[Deployed] | None,
    now: float,
    zone: tzinfo,
    planned: Sequence[Planned] = (),
) -> tuple[Risk, ...]:
    """Everything that is looked at, the worst first. `deployed` is None where it is not known."""
    frozen = [Risk(*told) for told in freeze(closing, deployed, planned, now, zone)]
    found = [_failed(snapshot, now), _incidents(states), *frozen]
    if outside is None or outside.problem or now - outside.at > OUTSIDE_OLD:
        why = outside.problem if outside and outside.problem else "They were not read lately."
        found.append(Risk(Standing.UNKNOWN, "Tokens and quotas", f"Not known. {why}"))
    else:
        found += [
            *_tokens(closing, outside, now, zone),
            *_quotas(closing, sums, outside, work, now),
        ]
    return tuple(sorted(found, key=lambda one: _RANK.get(one.standing, 2)))


def _failed(snapshot: Snapshot, now: float) -> Risk:
    if not snapshot.failed:
        return Risk(Standing.PASS, "Failed items", "None.")
    old = "" if snapshot.oldest_failed is None else age(now - snapshot.oldest_failed)
    again = f", {snapshot.retryable:,} of them can be tried again" if snapshot.retryable else ""
    more = (
        f" {snapshot.unsorted:,} were not looked at and count as needing a person."
        if snapshot.unsorted
        else ""
    )
    text = f"{counted(snapshot.failed, 'item')}, the oldest {old}{again}.{more}"
    return Risk(Standing.WARN, "Failed items", text)


def _incidents(states: Mapping[str, CheckState]) -> Risk:
    if not states:
        return Risk(Standing.UNKNOWN, "Incidents", "Not known: no check has a result.")
    open_now = sorted(name for name, state in states.items() if state.incident is not None)
    if not open_now:
        return Risk(Standing.PASS, "Incidents", "None is open.")
    return Risk(Standing.FAIL, "Incidents", f"{counted(len(open_now), 'incident')} open: "
                f"{listed(open_now)}.")  # fmt: skip


def _tokens(closing: Closing, outside: Outside, now: float, zone: tzinfo) -> list[Risk]:
    found: list[Risk] = []
    until = span(closing.closes, zone)[1]
    for one in outside.tokens:
        what, ends = f"Token {one.name}", one.refresh_expires_at
        if one.state not in ("ok", ""):
            text = "It does not work any more: a person must sign in again."
            found.append(Risk(Standing.FAIL, what, text))
        elif ends is not None and ends <= now:
            found.append(Risk(Standing.FAIL, what, f"It expired {clock(ends, now, zone)}."))
        elif ends is not None and ends < until:
            text = f"It expires {clock(ends, now, zone)}, inside the window: sign in again before."
            found.append(Risk(Standing.WARN, what, text))
        elif ends is not None:
            text = f"Its sign-in lasts until {clock(ends, now, zone)}, after the window."
            found.append(Risk(Standing.PASS, what, text))
        else:
            text = "It works; when its sign-in ends was not told."
            found.append(Risk(Standing.UNKNOWN, what, text))
    if not outside.tokens:
        found.append(Risk(Standing.UNKNOWN, "Tokens", "The service tells of none."))
    return found


def _quotas(closing: Closing, sums: Sums, outside: Outside, work: Work, now: float) -> list[Risk]:
    found: list[Risk] = []
    for one in outside.quotas:
        what = f"Quota {one.api}"
        if one.blocked_until is not None and one.blocked_until > now:
            text = f"The API asked to wait for {duration(one.blocked_until - now)}."
            found.append(Risk(Standing.FAIL, what, text))
        out = _runs_out(one.limit, one.remaining, one.reset_at, one.window, now)
        if out is not None:
            text = f"{one.name}: all calls are used up in {duration(out)} at this pace."
            found.append(Risk(Standing.WARN, what, text))
    bound = tightest(outside.quotas, work.calls, work.done_an_hour)
    if bound is None:
        why = "no external API tells of one" if not outside.quotas else "no item was seen using one"
        found.append(Risk(Standing.UNKNOWN, "Quota until the deadline", f"Not known: {why}."))
        return found
    left = max(0.0, closing.deadline - now) / 3600
    able, needed = bound.items_an_hour * left, float(sums.left)
    text = (
        f"{bound.api} allows {bound.calls_a_minute:,.0f} calls a minute, {bound.calls_an_item:.1f} "
        f"an item: {bound.items_an_hour:,.0f} items an hour. {needed:,.0f} are left, "
        f"{able:,.0f} fit before the deadline."
    )
    text = f"{text} {bound.words}".strip()
    used = needed / able if able else (0.0 if not needed else 2.0)
    standing = Standing.PASS if used <= QUOTA_WARN else Standing.WARN
    if used > 1:
        standing = Standing.FAIL
    if sums.expected is None and standing is Standing.PASS:
        standing, text = Standing.UNKNOWN, f"{text} How many will still arrive is not known."
    return [*found, Risk(standing, "Quota until the deadline", text)]


def _runs_out(
    limit: float | None,
    remaining: float | None,
    reset_at: float | None,
    window: float | None,
    now: float,
) -> float | None:
    """Seconds until a long quota is used up before it is full again; None where it lasts."""
    if not limit or remaining is None or reset_at is None or not window or window < LONG_WINDOW:
        return None
    gone = window - (reset_at - now)
    used = limit - remaining
    if gone <= 0 or used <= 0 or reset_at <= now:
        return None
    lasts = remaining / (used / gone)
    return lasts if lasts < reset_at - now and gone > RUNNING_OUT else None
