"""T16 to T20: limits against what was seen, Retry-After, the service's own limit, and units."""

from math import ceil, floor

from console.timeouts.catalogue import SETTINGS, Kind
from console.timeouts.durations import UNITS, shown, unit_of
from console.timeouts.lint import Facts, Finding, Say, ends
from console.timeouts.observed import Observed, too_few

# A time-out at p99.9 breaks one good call in a thousand; ten times that protects from nothing.
USELESS = 10.0
ROOM = 1.5  # a proposed limit over p99.9
# Which variable limits which measured series, and whether ten times too long is worth a word.
MEASURED = (
    ("API_TIMEOUT_SECONDS", ("api",), True),
    ("ITEM_TIMEOUT_SECONDS", ("item",), True),
    ("PROCESS_TIMEOUT_SECONDS", ("route",), False),
    ("SERVER_TIMEOUT_SECONDS", ("route",), False),
)


def t16_limits_fit_what_was_seen(facts: Facts) -> Finding:
    """p99.9 <= time-out <= 10 x p99.9."""
    say, plan = Say("T16"), facts.plan
    wrong: list[str] = []
    changes: list[tuple[str, float | None]] = []
    missing: list[str] = []
    for name, kinds, both in MEASURED:
        limit, seen = plan.time(name), facts.slowest(*kinds)
        if limit is None:
            continue
        if seen is None or seen.p999 is None:
            missing.append(f"{name} ({too_few(seen) if seen else f'no {kinds[0]} measured'})")
            continue
        low, high = limit < seen.p999, both and limit > USELESS * seen.p999
        proposed = max(_proposed(seen.p999), 0.0 if low else _least(facts, name))
        if low or (high and proposed < limit):
            wrong.append(f"{plan.said(name)} is {_told(seen, low)}")
            changes.append((name, proposed))
    if wrong:
        return say.warning(f"{'; '.join(wrong)}.", *changes)
    if missing:
        return say.unknown(f"p99.9 is not known yet for {', '.join(missing)}.")
    return say.holds("Every limit lies between p99.9 and ten times p99.9 of what was seen.")


def t17_retry_after_has_a_cap(facts: Facts) -> Finding:
    """Retry-After that is honoured must not exceed what is left of the item's time."""
    say, plan = Say("T17"), facts.plan
    name, cap = "RETRY_AFTER_MAX_SECONDS", plan.time("RETRY_AFTER_MAX_SECONDS")
    retries, item = plan.count("API_MAX_RETRIES"), plan.time("ITEM_TIMEOUT_SECONDS")
    if not plan.known(name) or not retries:
        return say.not_applicable("Retry-After is not honoured, as far as the variables tell.")
    used = facts.worst.attempts * facts.worst.attempt if facts.worst.attempt is not None else None
    left = None if item is None or used is None else item - used
    fitting = None if left is None else ceil(left / retries) - 1  # so that it ends before
    change = ((name, float(fitting)),) if fitting is not None and fitting >= 1 else ()
    if cap is None:
        return say.error(
            "Retry-After is waited for without a cap: the other side decides how long an item "
            f"takes; {plan.said('ITEM_TIMEOUT_SECONDS')} is all there is.",
            *(change or ((name, 1.0),)),
        )
    if item is None or (facts.worst.call is not None and facts.worst.call < item):
        return say.holds(f"{plan.said(name)} fits: one call takes {ends(facts.worst.call)}.")
    advice = "" if change else "The attempts alone use up the item's time: shorten them first."
    rest = shown(left) if left and left > 0 else "nothing"
    return say.error(
        f"{retries} x {plan.said(name)} exceed what the attempts leave of "
        f"{plan.said('ITEM_TIMEOUT_SECONDS')}: {rest}.",
        *change,
        advice=advice,
    )


def t18_the_own_limit_allows_the_concurrency(facts: Facts) -> Finding:
    """RATE_LIMIT_PER_MINUTE >= API_CONCURRENCY x 60 / p50."""
    say, plan = Say("T18"), facts.plan
    if plan.kit:
        return say.not_applicable("The kit's client waits for its own limit: no 429 comes of it.")
    own, seen = plan.count("RATE_LIMIT_PER_MINUTE"), facts.slowest("api")
    if seen is None or not seen.p50:
        return say.unknown("The p50 of an external API is not known yet.")
    needed = plan.count("API_CONCURRENCY") * 60 / seen.p50
    name = plan.said("RATE_LIMIT_PER_MINUTE")
    made = f"{plan.count('API_CONCURRENCY')} calls at a time of {shown(seen.p50)} (p50) are " \
           f"{needed:,.0f} a minute"  # fmt: skip
    if own >= needed:
        return say.holds(f"{made}; {name} allows that.")
    fewer = floor(own * seen.p50 / 60)
    change = ("API_CONCURRENCY", float(fewer)) if fewer >= 1 else (
        "RATE_LIMIT_PER_MINUTE", float(ceil(needed)))  # fmt: skip
    return say.warning(
        f"{made}, more than {name}: the service earns its own 429.",
        change,
        advice="Or wait longer between calls: raise API_PAGE_WAIT_MS.",
    )


def t19_instances_share_the_limiter(facts: Facts) -> Finding:
    """Counted in memory only while there is more than one instance."""
    say, plan = Say("T19"), facts.plan
    store = plan.word("RATE_LIMIT_STORE")
    why = plan.values["RATE_LIMIT_STORE"].origin
    if store == "redis":
        return say.holds(f"Calls are counted in Redis ({why or 'as set'}): all instances share it.")
    if facts.instances is None:
        return say.unknown("How many instances run is not known.")
    if facts.instances <= 1:
        return say.holds("Calls are counted in memory, and one instance runs.")
    limit = plan.count("RATE_LIMIT_PER_MINUTE")
    return say.error(
        f"{facts.instances} instances count in memory, each for itself: together they allow "
        f"{facts.instances * limit:,} a minute instead of {limit:,}.",
        advice="Set REDIS_URL, or RATE_LIMIT_STORE=redis where it is known already.",
    )


def t20_units_are_what_the_names_say(facts: Facts) -> Finding:
    """No milliseconds in *_SECONDS, no seconds in *_MS."""
    say, plan = Say("T20"), facts.plan
    wrong: list[str] = []
    changes: list[tuple[str, float | None]] = []
    for setting in SETTINGS:
        value = plan.values[setting.name]
        if setting.kind not in (Kind.LIMIT, Kind.WAIT) or not value.looks_like or not value.bare:
            continue
        unit = unit_of(setting.name)
        wrong.append(f"{setting.name}={value.bare:g} is read as {unit}, looks like "
                     f"{value.looks_like}")  # fmt: skip
        changes.append((setting.name, value.bare * UNITS[value.looks_like]))
    if wrong:
        return say.warning(f"{'; '.join(wrong)}.", *changes)
    return say.holds("Every number is in the unit that its name says.")


def _least(facts: Facts, name: str) -> float:
    """How far a limit can be lowered: what is inside of it still has to end before."""
    if name == "ITEM_TIMEOUT_SECONDS":
        call = facts.worst.call
        return float("inf") if call is None else float(ceil(call + 1))
    connect = facts.plan.time("API_CONNECT_TIMEOUT_SECONDS")
    return float("inf") if connect is None else float(ceil(3 * connect))


def _told(seen: Observed, low: bool) -> str:
    p999 = shown(seen.p999)
    if low:
        return f"below the p99.9 of {seen.series} ({p999}): more than one good call in 1,000 fails"
    return f"more than 10 x the p99.9 of {seen.series} ({p999}): it protects from nothing"


def _proposed(p999: float) -> float:
    """Half as much again as p99.9, rounded up to half a second."""
    return max(0.5, ceil(p999 * ROOM * 2) / 2)
