"""Whatever is set: advice has numbers that fit, or says which limit comes first."""

import random
from itertools import pairwise

import pytest

from console.store.series import SeriesId
from console.timeouts.catalogue import SETTINGS, Kind
from console.timeouts.lint import Facts, Finding, Severity
from console.timeouts.model import Plan, resolve
from console.timeouts.observed import Observed
from console.timeouts.platform_limits import PLATFORMS
from console.timeouts.possible import CORRECTIONS, advised
from console.timeouts.rules import RULES
from console.timeouts.worst_case import worst_case

CHAIN = (
    "PROCESS_TIMEOUT_SECONDS",
    "SERVER_TIMEOUT_SECONDS",
    "PLATFORM_REQUEST_TIMEOUT_SECONDS",
    "CALLER_TIMEOUT_SECONDS",
)
WORDS = ("0", "none", "1", "3", "30", "90", "200", "250ms", "2m", "x", "")


def seen(kind: str, seconds: float, name: str = "x") -> Observed:
    each = (seconds, seconds * 2, seconds * 3, seconds * 4, seconds * 5)
    return Observed(SeriesId(kind, name), 5000, *each)


def some_facts(chance: random.Random) -> Facts:
    texts = {
        setting.name: chance.choice([*setting.choices, ""])
        if setting.kind is Kind.CHOICE
        else chance.choice(WORDS)
        for setting in SETTINGS
        if chance.random() < 0.4
    }
    kinds = [kind for kind in ("api", "item", "route") if chance.random() < 0.6]
    figures = tuple(seen(kind, chance.choice([0.05, 0.5, 2.0, 20.0])) for kind in kinds)
    platform, server = chance.choice(PLATFORMS).key, chance.choice(["uvicorn", "gunicorn"])
    return Facts(resolve(texts, platform, server), figures, (), chance.choice([None, 1, 4]))


def breaches(plan: Plan, finding: Finding) -> list[str]:
    """Limits that the changes touch and that then lie outside of one further out."""
    changed = {name for name, _ in finding.changes}
    found: list[str] = []
    limits = [(name, limit) for name in CHAIN if (limit := plan.time(name)) is not None]
    for (inner, less), (outer, more) in pairwise(limits):
        if changed & {inner, outer} and less >= more:
            found.append(f"{inner} {less} in {outer} {more}")
    item, call = plan.time("ITEM_TIMEOUT_SECONDS"), worst_case(plan).call
    if "ITEM_TIMEOUT_SECONDS" in changed and item is not None and (call is None or call >= item):
        found.append(f"call {call} in item {item}")
    graceful, kill = "GRACEFUL_SHUTDOWN_SECONDS", "PLATFORM_KILL_DELAY_SECONDS"
    if (
        graceful in changed
        and plan.known(kill)
        and (plan.time(graceful) or 0) >= (plan.time(kill) or 0)
    ):
        found.append("shutdown in kill")
    return found


def test_every_advice_fits_into_what_is_around_it_or_says_what_comes_first():
    chance = random.Random(11)
    with_changes = with_words = 0
    for _ in range(150):
        facts = some_facts(chance)
        for finding in advised(facts, RULES):
            if not finding.fires:
                continue
            if not finding.changes:
                with_words += 1
                assert finding.advice.endswith("."), finding
                assert "no limit)" not in finding.advice, finding
                continue
            with_changes += 1
            after = facts.plan.changed(dict(finding.changes))
            if finding.rule in (*CORRECTIONS, "T05"):  # T05: a server may end what is between
                continue
            assert breaches(after, finding) == [], (finding, breaches(after, finding))
    assert with_changes > 300
    assert with_words > 50


def told(facts: Facts, rule: str) -> Finding:
    return next(one for one in advised(facts, RULES) if one.rule == rule)


def test_a_shutdown_is_raised_only_as_far_as_the_platform_waits():
    texts = {"GRACEFUL_SHUTDOWN_SECONDS": "2", "PLATFORM_KILL_DELAY_SECONDS": "6"}
    short = told(Facts(resolve(texts), (seen("item", 1.2),)), "T10")
    assert short.changes == (("GRACEFUL_SHUTDOWN_SECONDS", 3.0),)
    long = told(Facts(resolve(texts), (seen("item", 22.7),)), "T10")
    assert long.changes == ()
    assert long.advice.startswith(
        "SIGKILL comes after 6 s. Raise PLATFORM_KILL_DELAY_SECONDS on the platform to 48 s or "
        "more first, then GRACEFUL_SHUTDOWN_SECONDS to 46 s"
    )


def test_a_shutdown_is_measured_by_the_work_of_an_item_without_its_waits():
    texts = {"GRACEFUL_SHUTDOWN_SECONDS": "2", "PLATFORM_KILL_DELAY_SECONDS": "6"}
    both = (seen("item", 22.7, "all"), seen("item", 0.2, "work"))
    assert told(Facts(resolve(texts), both), "T10").severity is Severity.HOLDS


@pytest.mark.parametrize(
    ("texts", "rule", "first"),
    [
        ({"PROCESS_TIMEOUT_SECONDS": "2", "ITEM_TIMEOUT_SECONDS": "1",
          "API_TIMEOUT_SECONDS": "12", "RETRY_BASE_MS": "9000"}, "T01", "PROCESS_TIMEOUT_SECONDS"),
        ({"PLATFORM_REQUEST_TIMEOUT_SECONDS": "4"}, "T04", "PLATFORM_REQUEST_TIMEOUT_SECONDS"),
        ({"SERVER_TIMEOUT_SECONDS": "200", "CALLER_TIMEOUT_SECONDS": "5"}, "T05",
         "CALLER_TIMEOUT_SECONDS"),
    ],
)  # fmt: skip
def test_where_nothing_fits_the_outer_limit_comes_first(
    texts: dict[str, str], rule: str, first: str
):
    finding = told(Facts(resolve(texts)), rule)
    assert finding.changes == ()
    assert finding.advice.startswith(f"Nothing fits inside of {first} (")


def test_a_limit_that_is_raised_takes_those_around_it_along():
    texts = {"SERVER_TIMEOUT_SECONDS": "310", "CALLER_TIMEOUT_SECONDS": "1200"}
    finding = told(Facts(resolve(texts), (seen("route", 90.0),)), "T16")
    names = dict(finding.changes)
    assert names["PROCESS_TIMEOUT_SECONDS"] == 540.0
    assert (names["SERVER_TIMEOUT_SECONDS"] or 0) > 545
