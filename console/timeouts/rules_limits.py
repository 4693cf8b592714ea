"""T06 to T10: limits that are missing, count something else, or fight with health and shutdown."""

from math import ceil, floor

from console.timeouts.durations import shown
from console.timeouts.lint import ITEM_WORK, Facts, Finding, Say
from console.timeouts.model import Plan
from console.timeouts.worst_case import longest_attempt

CONNECT_SHARE = 3  # a connection takes a round trip: a third of the whole is plenty
# What a missing limit is set to: the defaults of the catalogue, and for Redis 5 s as in redis-py.
PROPOSED = {
    "API_TIMEOUT_SECONDS": 30.0,
    "API_CONNECT_TIMEOUT_SECONDS": 5.0,
    "ITEM_TIMEOUT_SECONDS": 150.0,
    "PROCESS_TIMEOUT_SECONDS": 300.0,
    "REDIS_TIMEOUT_SECONDS": 5.0,
}
GRACEFUL = "GRACEFUL_SHUTDOWN_SECONDS"
KILL = "PLATFORM_KILL_DELAY_SECONDS"
SHUTDOWN_MARGIN = 2.0  # seconds between the end of the draining and SIGKILL


def t06_every_level_has_a_limit(facts: Facts) -> Finding:
    """No level is unset, 0 or None."""
    say, plan = Say("T06"), facts.plan
    endless = [name for name in PROPOSED if plan.known(name) and plan.time(name) is None]
    changes: list[tuple[str, float | None]] = [(name, PROPOSED[name]) for name in endless]
    if plan.time(GRACEFUL) is None:
        endless.append(GRACEFUL)
        delay = plan.time(KILL) if plan.known(KILL) else None
        changes.append((GRACEFUL, max(1.0, (delay or 30.0) - SHUTDOWN_MARGIN)))
    if not endless:
        return say.holds("Every level has a limit.")
    told = [f"{name} ({plan.values[name].origin or plan.values[name].source})" for name in endless]
    return say.warning(f"Without a limit: {', '.join(told)}. What hangs there hangs for ever.",
                       *changes)  # fmt: skip


def t07_the_number_is_a_total(facts: Facts) -> Finding:
    """The number counts for the whole attempt, not for each phase."""
    say, plan = Say("T07"), facts.plan
    limit = plan.time("API_TIMEOUT_SECONDS")
    if plan.word("API_TIMEOUT_SCOPE") != "phase":
        return say.holds(f"{plan.said('API_TIMEOUT_SECONDS')} limits the whole attempt.")
    longest = longest_attempt(plan)
    return say.warning(
        f"{plan.said('API_TIMEOUT_SECONDS')} counts for each phase (httpx: pool, connect, write, "
        f"read), so one attempt may take {shown(longest) if longest else 'for ever'}, and longer "
        "where the answer arrives in small pieces.",
        advice="Put a total around the call (asyncio.timeout, the kit's client) and set "
        f"API_TIMEOUT_SCOPE=total; the total stays {shown(limit)}.",
    )


def t08_connecting_takes_a_third_at_most(facts: Facts) -> Finding:
    """Connect time-out <= API_TIMEOUT / 3."""
    say, plan = Say("T08"), facts.plan
    name, whole = "API_CONNECT_TIMEOUT_SECONDS", plan.time("API_TIMEOUT_SECONDS")
    connect = plan.time(name)
    if whole is None or connect is None:
        return say.not_applicable("One of the two has no limit (see T06).")
    most = whole / CONNECT_SHARE
    if connect <= most:
        return say.holds(f"{plan.said(name)} is at most a third of API_TIMEOUT_SECONDS.")
    return say.warning(
        f"{plan.said(name)} is more than a third of {plan.said('API_TIMEOUT_SECONDS')}: a dead "
        "host uses up the time for the answer.",
        (name, floor(most * 10) / 10 if most >= 1 else max(0.001, floor(most * 1000) / 1000)),
    )


def t09_health_checks_are_quick(facts: Facts) -> Finding:
    """Health check: time-out < interval, handler < the platform's, no external API."""
    say, plan = Say("T09"), facts.plan
    for check in facts.checks:
        if check.timeout >= check.interval:
            return say.error(
                f"The check {check.name} waits {shown(check.timeout)} and is repeated every "
                f"{shown(check.interval)}: checks pile up.",
                advice=f"Set timeout of {check.name} below {shown(check.interval)} in the "
                "services file.",
            )
    handler, most = plan.time("HEALTH_HANDLER_TIMEOUT_SECONDS"), plan.platform.health_timeout
    told = plan.known("HEALTH_HANDLER_TIMEOUT_SECONDS")
    if told and most is not None and (handler is None or handler >= most):
        return say.error(
            f"{plan.said('HEALTH_HANDLER_TIMEOUT_SECONDS')} is not below the {shown(most)} that "
            f"{plan.platform.name} waits: it restarts a service that is only slow.",
            ("HEALTH_HANDLER_TIMEOUT_SECONDS", max(0.5, most - 1)),
        )
    calls = plan.word("HEALTH_CALLS_APIS")
    if calls == "true":
        return say.error(
            "The health route calls external APIs: when one is away, every instance is restarted.",
            advice="Answer from what the service knows, and set HEALTH_CALLS_APIS=false.",
        )
    if not facts.checks or not calls or (not told and most is not None):
        return say.unknown(
            "The checks' own time-outs fit. Not told: HEALTH_HANDLER_TIMEOUT_SECONDS and "
            "HEALTH_CALLS_APIS."
            if facts.checks
            else "The console knows no check of this service."
        )
    return say.holds("Health checks are shorter than their interval and call no external API.")


def t10_shutdown_ends_before_the_kill(facts: Facts) -> Finding:
    """GRACEFUL_SHUTDOWN < the platform's delay to SIGKILL; warn below the p95 of an item."""
    say, plan = Say("T10"), facts.plan
    delay, graceful = plan.time(KILL), plan.time(GRACEFUL)
    if not plan.known(KILL) or delay is None:
        return say.unknown(f"How long the platform waits after SIGTERM: set {KILL}.")
    if graceful is None or graceful >= delay:
        what = "waits without a limit" if graceful is None else f"is {shown(graceful)}"
        sentence = (
            f"{GRACEFUL} {what}, {_name(plan)} kills after {shown(delay)}: work in flight "
            "is lost at every deployment."
        )
        fitting = delay - SHUTDOWN_MARGIN
        if fitting >= 1:
            return say.error(sentence, (GRACEFUL, fitting))
        return say.error(sentence, advice=f"{_longer(plan, 1 + SHUTDOWN_MARGIN)} first.")
    item = facts.item_work
    if item and item.p95 is not None and graceful < item.p95:
        kind = " without its waits" if item.series.name == ITEM_WORK else ""
        sentence = f"{plan.said(GRACEFUL)} is shorter than the p95 of an item{kind} " \
                   f"({shown(item.p95)}): a deployment cuts such items off."  # fmt: skip
        wanted = float(ceil(item.p95))
        if wanted <= delay - SHUTDOWN_MARGIN:
            return say.warning(sentence, (GRACEFUL, wanted))
        return say.warning(
            sentence,
            advice=f"SIGKILL comes after {shown(delay)}. "
            f"{_longer(plan, wanted + SHUTDOWN_MARGIN)} first, then {GRACEFUL} to "
            f"{shown(wanted)}; or make items shorter, or hand them back at SIGTERM.",
        )
    return say.holds(f"{plan.said(GRACEFUL)} ends before SIGKILL after {shown(delay)}.")


def _name(plan: Plan) -> str:
    return "the platform" if plan.platform.key == "none" else plan.platform.name


def _longer(plan: Plan, seconds: float) -> str:
    """How the time until SIGKILL becomes longer: a variable of the platform, or what it is told."""
    variable = plan.platform.kill_variable or KILL
    return f"Raise {variable} on {_name(plan)} to {shown(seconds)} or more"
