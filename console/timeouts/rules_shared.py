"""T11 to T15: locks, queues and connections that several parties share, and multiplied attempts."""

from math import ceil, prod

from console.timeouts.durations import shown
from console.timeouts.lint import Facts, Finding, Say, ends
from console.timeouts.model import Plan
from console.timeouts.platform_limits import QUEUE_FACTOR
from console.timeouts.worst_case import added, times

TOKEN = "TOKEN_TIMEOUT_SECONDS"
PROPOSED_TOKEN = 20.0  # seconds, the default of the kit
QUEUE_MOST = 43_200.0  # seconds: Amazon SQS hides a message for 12 hours at most
TOKEN_RETRIES = "TOKEN_MAX_RETRIES"
LOCK_MOST = 300.0  # seconds of a refresh; a lock for longer than that stops the work of all
LOCK_MARGIN = 5.0  # seconds that a proposed lock outlives its holder
LAYERS = {
    "CALLER_RETRIES": "the caller",
    "API_MAX_RETRIES": "the service",
    "HTTP_CLIENT_RETRIES": "the HTTP client",
    "REDIS_MAX_RETRIES": "the Redis client",
}


def t11_a_lock_outlives_its_holder(facts: Facts) -> Finding:
    """Lock TTL > worst case of its holder: the refresh of a token with all its attempts."""
    say, plan = Say("T11"), facts.plan
    name, lock, longest = "TOKEN_LOCK_SECONDS", plan.time("TOKEN_LOCK_SECONDS"), refresh(plan)
    changes = _lock_changes(plan, longest)
    if lock is None:
        held = f"{name} has no end: an instance that dies holds it for ever."
        return say.error(held, *changes)
    if longest is not None and lock > longest:
        return say.holds(f"{plan.said(name)} outlives a refresh ({shown(longest)} at worst).")
    sentence = (
        f"{plan.said(name)} may end while a refresh ({ends(longest)} at worst) is still under way: "
        "a second instance then uses the same refresh token."
    )
    return say.error(sentence, *changes)


def _lock_changes(plan: Plan, longest: float | None) -> list[tuple[str, float | None]]:
    """The lock that outlives a refresh, and where that has no end or is very long, a shorter one.

    A lock that is longer than a few minutes stops every refresh when its holder dies.
    """
    changes: dict[str, float | None] = {}
    if longest is None:
        changes[TOKEN] = PROPOSED_TOKEN
        longest = refresh(plan.changed(changes))
    if longest is None or longest > LOCK_MOST:
        changes[TOKEN_RETRIES] = 0.0
        longest = refresh(plan.changed(changes))
    if longest is None or longest > LOCK_MOST:
        changes[TOKEN] = PROPOSED_TOKEN
        longest = PROPOSED_TOKEN
    return [*changes.items(), ("TOKEN_LOCK_SECONDS", float(ceil(longest + LOCK_MARGIN)))]


def refresh(plan: Plan) -> float | None:
    """Longest refresh of a token: its attempts and the same waits as of a call."""
    retries = plan.count("TOKEN_MAX_RETRIES")
    base, jitter = plan.time("RETRY_BASE_MS") or 0.0, plan.time("RETRY_JITTER_MS") or 0.0
    cap = plan.time("RETRY_CAP_MS")
    waits = [base * 2.0**place for place in range(retries)]
    waited = sum((wait if cap is None else min(cap, wait)) + jitter for wait in waits)
    return added(times(retries + 1, plan.time("TOKEN_TIMEOUT_SECONDS")), waited)


def t12_an_item_stays_taken(facts: Facts) -> Finding:
    """TTL of "in progress" >= PROCESS_TIMEOUT."""
    say, plan = Say("T12"), facts.plan
    name, process = "IDEMPOTENCY_LOCK_SECONDS", plan.time("PROCESS_TIMEOUT_SECONDS")
    lock = plan.time(name)
    if process is None:
        return say.error(f"{plan.said(name)} ends, but PROCESS_TIMEOUT_SECONDS does not (see T06).",
                         ("PROCESS_TIMEOUT_SECONDS", lock)) if lock else say.not_applicable(
                             "Neither has a limit.")  # fmt: skip
    if lock is None or lock >= process:
        return say.holds(f"{plan.said(name)} covers {plan.said('PROCESS_TIMEOUT_SECONDS')}.")
    return say.error(
        f"{plan.said(name)} ends before {plan.said('PROCESS_TIMEOUT_SECONDS')}: an item that is "
        "still being worked on may be begun a second time.",
        (name, process),
    )


def t13_a_queue_waits_six_times(facts: Facts) -> Finding:
    """Queue visibility >= 6 x handler (AWS)."""
    say, plan = Say("T13"), facts.plan
    name, hidden = "QUEUE_VISIBILITY_SECONDS", plan.time("QUEUE_VISIBILITY_SECONDS")
    handler = plan.time("PROCESS_TIMEOUT_SECONDS")
    if not plan.known(name):
        return say.not_applicable(f"No queue: {name} is not set.")
    if hidden is None:
        sentence = f"{name} has no limit: a message of a lost worker never comes back."
        change = ((name, min(QUEUE_MOST, QUEUE_FACTOR * handler)),) if handler else ()
        return say.error(sentence, *change, advice="" if handler else "Limit the run first: T06.")
    if handler is not None and hidden >= QUEUE_FACTOR * handler:
        return say.holds(f"{plan.said(name)} is at least 6 x PROCESS_TIMEOUT_SECONDS.")
    sentence = (
        f"{plan.said(name)} is less than 6 x {plan.said('PROCESS_TIMEOUT_SECONDS')}: messages are "
        "delivered again while they are being worked on."
    )
    if handler is None:
        return say.error(sentence, ("PROCESS_TIMEOUT_SECONDS", max(1.0, hidden // QUEUE_FACTOR)))
    if QUEUE_FACTOR * handler > QUEUE_MOST:
        return say.error(
            sentence,
            ("PROCESS_TIMEOUT_SECONDS", QUEUE_MOST // QUEUE_FACTOR),
            (name, QUEUE_MOST),
        )
    return say.error(sentence, (name, QUEUE_FACTOR * handler))


def t14_the_server_keeps_connections_longest(facts: Facts) -> Finding:
    """Client keep-alive <= server keep-alive."""
    say, plan = Say("T14"), facts.plan
    server, client = plan.time("SERVER_KEEPALIVE_SECONDS"), plan.time("CLIENT_KEEPALIVE_SECONDS")
    proxy = plan.platform.idle_keep_alive
    kept = client if proxy is None or client is None else max(client, proxy)
    who = "CLIENT_KEEPALIVE_SECONDS" if kept == client else f"{plan.platform.name}'s proxy"
    if server is None or (kept is not None and kept <= server):
        return say.holds(f"{plan.said('SERVER_KEEPALIVE_SECONDS')} covers {who}.")
    held = "without a limit" if kept is None else f"for {shown(kept)}"
    return say.warning(
        f"{who} keeps an idle connection {held}, {plan.said('SERVER_KEEPALIVE_SECONDS')} less: a "
        "request on a connection that was just closed fails with 502 now and then.",
        *((("SERVER_KEEPALIVE_SECONDS", kept + LOCK_MARGIN),) if kept is not None else ()),
        advice="" if kept is not None else "Set CLIENT_KEEPALIVE_SECONDS below the server's.",
    )


def t15_one_layer_retries(facts: Facts) -> Finding:
    """Attempts of several layers multiply."""
    say, plan = Say("T15"), facts.plan
    counts = {name: plan.count(name) + 1 for name in LAYERS if plan.count(name)}
    if len(counts) < 2:
        who = LAYERS[next(iter(counts))] if counts else "nobody"
        return say.holds(f"One layer at most tries again: {who}.")
    told = ", ".join(f"{LAYERS[name]} {count}" for name, count in counts.items())
    sentence = f"{len(counts)} layers try again ({told}): up to {prod(counts.values())} attempts."
    redis = plan.count("REDIS_MAX_RETRIES")
    if redis and (longest := plan.time("REDIS_TIMEOUT_SECONDS")) is not None:
        sentence += f" One Redis command alone waits {shown((redis + 1) * longest)} and its pauses."
    kept = "API_MAX_RETRIES" if "API_MAX_RETRIES" in counts else next(iter(counts))
    return say.warning(sentence, *((name, 0.0) for name in counts if name != kept))
