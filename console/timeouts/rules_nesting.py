"""T01 to T05: what is further out must wait longer than what is inside."""

from math import ceil, floor

from console.timeouts.durations import shown
from console.timeouts.lint import Facts, Finding, Say, ends
from console.timeouts.model import Plan, Source
from console.timeouts.nesting import CHAIN, enclosing
from console.timeouts.worst_case import added, pages_within
from console.words import counted

MARGIN = (
    5.0  # seconds that a proposed limit leaves to the next one out: a round trip and a log line
)
API = "API_TIMEOUT_SECONDS"
ITEM, PROCESS, SERVER, PLATFORM, CALLER = (
    "ITEM_TIMEOUT_SECONDS",
    "PROCESS_TIMEOUT_SECONDS",
    "SERVER_TIMEOUT_SECONDS",
    "PLATFORM_REQUEST_TIMEOUT_SECONDS",
    "CALLER_TIMEOUT_SECONDS",
)


def t01_item_outlasts_its_call(facts: Facts) -> Finding:
    """A x API_TIMEOUT + B < ITEM_TIMEOUT."""
    say, plan, call = Say("T01"), facts.plan, facts.worst.call
    item = plan.time(ITEM)
    if item is None:
        return say.not_applicable(f"{ITEM} has no limit (see T06).")
    attempts = counted(facts.worst.attempts, "attempt")
    sums = f"One call may take {ends(call)} ({attempts} of {plan.said(API)} and their waits)"
    if call is not None and call < item:
        return say.holds(f"{sums}; {ITEM} is {shown(item)}.")
    if call is None:
        return say.error(
            f"{sums}, longer than {ITEM} ({shown(item)}).",
            advice="Limit the call: see T06 and T17.",
        )
    sentence = f"{sums}, {plan.said(ITEM)} is not longer."
    process = plan.time(PROCESS)
    waits = call - facts.worst.attempts * (facts.worst.attempt or 0.0)
    shorter = floor((item - waits - 1) / facts.worst.attempts)
    possible = shorter >= 1 and plan.word("API_TIMEOUT_SCOPE") != "phase"
    if process is None or _above(call) < process:
        other = f"Or lower {API} to {shorter}." if possible else ""
        return say.error(sentence, (ITEM, _above(call)), advice=other)
    if not possible:
        return say.error(sentence, ("API_MAX_RETRIES", 0))
    return say.error(sentence, (API, float(shorter)))


def t02_run_fits_the_process(facts: Facts) -> Finding:
    """ceil(N / API_CONCURRENCY) x p99(item) + pages x wait < PROCESS_TIMEOUT; warn at the worst."""
    say, plan = Say("T02"), facts.plan
    limit = plan.time(PROCESS)
    if limit is None:
        return say.not_applicable(f"{PROCESS} has no limit (see T06).")
    if plan.kit and plan.values["BATCH_ITEMS"].source is Source.DEFAULT:
        return say.not_applicable(
            "The kit takes item by item from its ledger; BATCH_ITEMS is not set, so no run of a "
            "fixed size is known."
        )
    items, run = plan.count("BATCH_ITEMS"), facts.worst.run
    seen = facts.slowest("item")
    if seen and seen.p99 is not None:
        rounds = ceil(items / max(1, plan.count("API_CONCURRENCY")))
        wait = facts.worst.pages * (plan.time("API_PAGE_WAIT_MS") or 0.0)
        usual = rounds * seen.p99 + wait
        if usual >= limit:
            at_once = max(1, plan.count("API_CONCURRENCY"))
            fitting = min(items - 1, (ceil((limit - wait) / seen.p99) - 1) * at_once)
            return say.error(
                f"{_items(items)} {shown(usual)} as seen (p99 of an item {shown(seen.p99)}, "
                f"{counted(rounds, 'round')}, {shown(wait)} of waits); {plan.said(PROCESS)} is not "
                "longer.",
                *((("BATCH_ITEMS", float(fitting)),) if fitting >= 1 else ()),
                advice="" if fitting >= 1 else f"Not one item fits: {_room(plan, PROCESS)}",
            )
    if run is not None and run < limit:
        return say.holds(f"{_items(items)} {shown(run)} at worst; {PROCESS} is longer.")
    sentence = (
        f"{counted(items, 'item')} ({counted(facts.worst.pages, 'page')}) may take {ends(run)} at "
        "worst; "
        f"{plan.said(PROCESS)} is not longer."
    )
    pages = pages_within(plan, limit - 0.001)
    if pages:
        return say.warning(sentence, ("BATCH_ITEMS", float(pages * plan.count("API_PAGE_SIZE"))))
    return say.warning(
        sentence, advice=f"Not one page fits surely: shorten one call, or {_room(plan, PROCESS)}"
    )


def t03_server_outlasts_the_process(facts: Facts) -> Finding:
    """PROCESS_TIMEOUT + clean-up < SERVER_TIMEOUT."""
    say, plan = Say("T03"), facts.plan
    server = plan.time(SERVER)
    if server is None:
        return say.not_applicable(f"{plan.server.name} does not limit a request.")
    tidy = added(plan.time(PROCESS), plan.time("CLEANUP_SECONDS"))
    sums = f"{plan.said(PROCESS)} and clean-up ({plan.values['CLEANUP_SECONDS'].text})"
    if tidy is not None and tidy < server:
        return say.holds(f"{sums} end before {plan.said(SERVER)}.")
    outer = enclosing(plan, SERVER)
    sentence = f"{sums} do not end before {plan.said(SERVER)}: the server kills the worker."
    if tidy is not None and (outer is None or _above(tidy) < outer[1]):
        return say.error(sentence, (SERVER, _above(tidy)))
    if outer is not None and outer[1] - MARGIN > server:
        server = outer[1] - MARGIN
        return say.error(sentence, (SERVER, server), *_process_within(plan, server))
    return say.error(sentence, *_process_within(plan, server))


def t04_platform_outlasts_the_server(facts: Facts) -> Finding:
    """SERVER_TIMEOUT < PLATFORM_REQUEST_TIMEOUT."""
    return _outlasts(Say("T04"), facts.plan, PLATFORM)


def t05_caller_waits_longest(facts: Facts) -> Finding:
    """PLATFORM < CALLER: the caller must wait longest."""
    return _outlasts(Say("T05"), facts.plan, CALLER)


def _outlasts(say: Say, plan: Plan, outer: str) -> Finding:
    limit = plan.time(outer)
    if limit is None:
        return say.not_applicable(f"{outer} has no limit that is known.")
    inner, inside = _inner(plan, outer)
    if inside is None:
        return say.error(
            f"Nothing inside of {plan.said(outer)} has a limit of its own.",
            (PROCESS, max(1.0, limit - 2 * MARGIN)),
        )
    if inside < limit:
        return say.holds(f"{_named(plan, inner)} ends before {plan.said(outer)}.")
    server = plan.time(SERVER)
    if outer == CALLER and inner == PLATFORM and server is not None and server < limit:
        return say.holds(
            f"{plan.said(PLATFORM)} is not shorter than {plan.said(outer)}, but "
            f"{plan.said(SERVER)} ends every request before."
        )
    sentence = f"{_named(plan, inner)} does not end before {plan.said(outer)}."
    if outer == PLATFORM and _raisable(plan, _above(inside)):
        return say.error(sentence, (PLATFORM, _above(inside)))
    if inner == PLATFORM and plan.platform.most is not None:
        return say.error(sentence, (PLATFORM, max(1.0, limit - MARGIN)))
    if inner == PROCESS:
        return say.error(sentence, *_process_within(plan, limit))
    shorter = max(1.0, limit - MARGIN)
    advice = (
        "" if inner == SERVER else f"{plan.platform.name} offers no shorter limit: set your own."
    )
    return say.error(sentence, (SERVER, shorter), advice=advice)


def _items(count: int) -> str:
    return f"{counted(count, 'item')} {'takes' if count == 1 else 'take'}"


def _room(plan: Plan, name: str) -> str:
    """How far a limit can be raised, as the next one out allows."""
    outer = enclosing(plan, name)
    return f"raise {name}" + (f", below {plan.said(outer[0])}." if outer else ".")


def _inner(plan: Plan, outer: str) -> tuple[str, float | None]:
    """The nearest level inside that has a limit; the process counts with its clean-up."""
    for name in CHAIN[CHAIN.index(outer) + 1 : -1]:
        limit = plan.time(name)
        if limit is not None:
            return name, limit
    return PROCESS, added(plan.time(PROCESS), plan.time("CLEANUP_SECONDS"))


def _raisable(plan: Plan, wanted: float) -> bool:
    """Whether the platform offers so long a limit, and the caller still waits longer."""
    outer = enclosing(plan, PLATFORM)
    most = plan.platform.most
    return most is not None and wanted <= most and (outer is None or wanted < outer[1])


def _named(plan: Plan, name: str) -> str:
    return plan.said(name) + (" with its clean-up" if name == PROCESS else "")


def _process_within(plan: Plan, limit: float) -> tuple[tuple[str, float | None], ...]:
    """The process limit that leaves time for clean-up and a margin inside of `limit`."""
    fitting = limit - (plan.time("CLEANUP_SECONDS") or 0.0) - MARGIN
    return ((PROCESS, max(1.0, float(floor(fitting)))),)


def _above(seconds: float) -> float:
    return float(ceil(seconds + MARGIN))
