"""The lines that are kept, as the reading that pages, the checklist and alerts share. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from console.logs.area import diagnose_now, with_kind
from console.logs.deployment import Deployed
from console.logs.model import (
    Decision,
    Kind,
    Line,
    LogsReading,
    PatternReading,
    Seen,
    Source,
    State,
    Trend,
)
from console.logs.patterns import covers
from console.logs.silence import silence
from console.logs.triage import QUIET, ErrorPattern, Window, decision_about, triage

WINDOW = 86_400.0  # seconds of lines that a reading is of, as far as they are kept
MOST_PATTERNS = 50  # that are listed
MOST_SEEN = 300  # patterns that are remembered beyond their lines, the latest
MESSAGE_LIMIT, STACK_LIMIT = 2000, 8000  # characters of an example
KEY_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered beyond the lines."""

    seen: Mapping[str, Seen]
    decisions: Sequence[Decision] = ()
    deployed: Deployed | None = None
    since: float | None = None  # from when on lines are known, whether or not they are still kept


def summarise(
    lines: Sequence[Line], known: Known, sources: Sequence[Source], now: float
) -> LogsReading:
    """The reading of the lines of the last `WINDOW` seconds."""
    times = [line.time for line in lines if line.time is not None]
    since = max(now - WINDOW, min(times, default=now - WINDOW))
    recent = [line for line in lines if line.time is None or since <= line.time]
    deployed = known.deployed
    firsts = {key: one.first for key, one in known.seen.items()}
    known_since = min((at for at in (known.since, *times) if at is not None), default=None)
    window = Window(since, now + 1, deployed.at if deployed else None, firsts, known_since)
    found = triage(recent, window, known.decisions)
    seen = remember(known.seen, found)
    told = [tell(one, seen.get(one.pattern.key), known.decisions, now) for one in found]
    handled = (State.MUTED, State.RESOLVED)
    loud = [one for one, said in zip(found, told, strict=True) if said.state not in handled]
    quiet = {
        id(line)
        for one, said in zip(found, told, strict=True)
        if said.state in handled
        for line in one.members
    }
    going = diagnose_now([line for line in recent if id(line) not in quiet], now)
    told.sort(key=urgency)
    gaps = silence(recent, now)
    return LogsReading(
        at=now,
        sources=tuple(sources),
        since=since if times else None,
        last=gaps.since,
        silent=gaps.silent,
        usual_gap=gaps.usual,
        lines=len(recent),
        levels=dict(Counter(line.level.value for line in recent)),
        commit=deployed.commit if deployed else "",
        deployed=deployed.at if deployed else None,
        earlier=deployed.earlier if deployed else (),
        patterns=tuple(told[:MOST_PATTERNS]),
        left_out=max(0, len(told) - MOST_PATTERNS),
        diagnosis=with_kind(going, loud, now),
        seen=seen,
        known_since=known_since,
    )


def tell(
    one: ErrorPattern, seen: Seen | None, decisions: Sequence[Decision], now: float
) -> PatternReading:
    """A pattern as it is stored and shown."""
    decision = decision_about(one.pattern.key, decisions)
    example = one.example
    return PatternReading(
        id=one.pattern.id,
        key=one.pattern.key,
        template=one.pattern.template,
        count=one.count,
        first=seen.first if seen else one.first,
        last=seen.last if seen else one.last,
        bars=one.bars,
        trend=one.trend,
        new=one.new,
        instances=one.instances,
        items=one.items,
        customers=one.customers,
        message=(example.raw or example.message)[:MESSAGE_LIMIT],
        stack=example.stack[:STACK_LIMIT],
        why=one.pattern.why,
        state=standing(decision, seen, now) if seen else one.state,
        decision=decision,
    )


def remember(seen: Mapping[str, Seen], found: Sequence[ErrorPattern]) -> dict[str, Seen]:
    """What is known of patterns, with what was found now. A wider pattern takes over from those
    that it covers."""
    known = dict(seen)
    for one in found:
        key = one.pattern.key
        times = sorted(line.time for line in one.members if line.time is not None)
        if not times or not key.strip("\0 ") or len(key) > KEY_LIMIT:
            continue
        before = [known.pop(name) for name in [*known] if covers(key, name)]
        known[key] = _with(before, times)
    latest = sorted(known.items(), key=lambda pair: -pair[1].last)
    return dict(latest[:MOST_SEEN])


def standing(decision: Decision | None, seen: Seen, now: float) -> State:
    """Where a pattern stands, by the decision about it and what is remembered of it."""
    if decision is None or decision.kind is Kind.REOPEN:
        return State.OPEN
    if decision.kind is Kind.RESOLVE:
        return State.REGRESSED if seen.last > decision.at else State.RESOLVED
    if decision.until is not None and now >= decision.until:
        return State.REGRESSED if seen.last >= decision.until else State.OPEN
    back = seen.returned is not None and seen.returned > decision.at
    return State.REGRESSED if back else State.MUTED


def with_decisions(
    one: PatternReading, seen: Mapping[str, Seen], decisions: Sequence[Decision], now: float
) -> PatternReading:
    """A pattern of a reading with the decisions as they are now: a click shows at once."""
    decision = decision_about(one.key, decisions)
    known = seen.get(one.key)
    state = standing(decision, known, now) if known else one.state
    return replace(one, decision=decision, state=state)


def urgency(one: PatternReading) -> tuple[bool, bool, bool, bool, int, str]:
    """The order of patterns: back, new, rising, then by count; muted and resolved ones last."""
    return (
        one.state in (State.MUTED, State.RESOLVED),
        one.state is not State.REGRESSED,
        one.new is not True,
        one.trend is not Trend.RISING,
        -one.count,
        one.id,
    )


def _with(before: Sequence[Seen], times: Sequence[float]) -> Seen:
    last = max((one.last for one in before), default=None)
    returned = max((one.returned for one in before if one.returned is not None), default=None)
    after = times if last is None else [last, *(at for at in times if at > last)]
    gaps = [later for earlier, later in pairwise(after) if later - earlier >= QUIET]
    return Seen(
        min([times[0], *(one.first for one in before)]),
        max([times[-1], *(one.last for one in before)]),
        max([*gaps, *([returned] if returned is not None else [])], default=None),
    )
