"""Each rule: one case that fires with its numbers, one that must not; and a fix that fixes."""

import random
from dataclasses import dataclass, field

import pytest

from console.store.series import SeriesId
from console.timeouts.lint import (
    Facts,
    Finding,
    HealthCheck,
    Severity,
    counted_severities,
    run_rules,
)
from console.timeouts.model import resolve
from console.timeouts.observed import Observed
from console.timeouts.rules import RULES

ERROR, WARNING = Severity.ERROR, Severity.WARNING
BY_ID = {rule.__name__[:3].upper(): rule for rule in RULES}


def seen(kind: str, p50: float, p99: float, p999: float) -> Observed:
    return Observed(SeriesId(kind, "x"), 5000, p50, p99, p99, p999, p999)


@dataclass
class Case:
    rule: str
    texts: dict[str, str] = field(default_factory=dict[str, str])
    platform: str = "none"
    server: str = "uvicorn"
    seen: tuple[Observed, ...] = ()
    checks: tuple[HealthCheck, ...] = (HealthCheck("web", 10.0, 5.0),)
    instances: int | None = 1

    def facts(self) -> Facts:
        plan = resolve(self.texts, self.platform, self.server)
        return Facts(plan, self.seen, self.checks, self.instances)

    def finding(self) -> Finding:
        return BY_ID[self.rule](self.facts())


FIRE = [
    (Case("T01", {"ITEM_TIMEOUT_SECONDS": "100"}), ERROR, "122.7 s"),
    (Case("T01", {"API_TIMEOUT_SECONDS": "none"}), ERROR, "no end"),
    (Case("T02", {}), WARNING, "621.5 s"),
    (Case("T02", seen=(seen("item", 0.5, 2.0, 3.0),)), ERROR, "510 s"),
    (Case("T03", {}, server="gunicorn"), ERROR, "SERVER_TIMEOUT_SECONDS (30 s)"),
    (Case("T04", {}, "heroku"), ERROR, "PLATFORM_REQUEST_TIMEOUT_SECONDS (30 s)"),
    (Case("T04", {"SERVER_TIMEOUT_SECONDS": "300"}, "cloud_run"), ERROR, "300 s"),
    (Case("T05", {}, "railway"), ERROR, "900 s"),
    (Case("T05", {"PLATFORM_REQUEST_TIMEOUT_SECONDS": "360"}, "cloud_run"), ERROR, "360 s"),
    (Case("T06", {"API_TIMEOUT_SECONDS": "0"}, server="gunicorn"), WARNING, "API_TIMEOUT_SECONDS"),
    (Case("T06", {"UPSTASH_REDIS_REST_URL": "https://h"}, server="gunicorn"), WARNING, "upstash"),
    (Case("T06", {}), WARNING, "GRACEFUL_SHUTDOWN_SECONDS"),
    (Case("T07", {"API_TIMEOUT_SCOPE": "phase"}), WARNING, "95 s"),
    (Case("T08", {"API_CONNECT_TIMEOUT_SECONDS": "10.1"}), WARNING, "10.1 s"),
    (Case("T09", checks=(HealthCheck("web", 5.0, 5.0),)), ERROR, "5 s"),
    (Case("T09", {"HEALTH_HANDLER_TIMEOUT_SECONDS": "5"}, "render"), ERROR, "Render"),
    (Case("T09", {"HEALTH_CALLS_APIS": "true"}), ERROR, "external APIs"),
    (Case("T10", {}, "cloud_run", "gunicorn"), ERROR, "10 s"),
    (Case("T10", {}, "railway"), ERROR, "0 s"),
    (Case("T10", {"GRACEFUL_SHUTDOWN_SECONDS": "10"}, "heroku",
          seen=(seen("item", 5.0, 12.0, 13.0),)), WARNING, "12 s"),
    (Case("T11", {"TOKEN_LOCK_SECONDS": "20"}), ERROR, "20 s"),
    (Case("T12", {"IDEMPOTENCY_LOCK_SECONDS": "299"}), ERROR, "299 s"),
    (Case("T13", {"QUEUE_VISIBILITY_SECONDS": "1799"}), ERROR, "1,799 s"),
    (Case("T14", server="gunicorn"), WARNING, "2 s"),
    (Case("T14", {}, "railway"), WARNING, "60 s"),
    (Case("T15", {"REDIS_URL": "redis://h"}), WARNING, "up to 44 attempts"),
    (Case("T15", {"CALLER_RETRIES": "2"}), WARNING, "up to 12 attempts"),
    (Case("T16", seen=(seen("api", 1.0, 20.0, 40.0),)), WARNING, "40 s"),
    (Case("T16", seen=(seen("api", 0.1, 0.5, 1.0),)), WARNING, "1 s"),
    (Case("T17", {"RETRY_AFTER_MAX_SECONDS": "none"}), ERROR, "without a cap"),
    (Case("T17", {"RETRY_AFTER_MAX_SECONDS": "60"}), ERROR, "60 s"),
    (Case("T18", seen=(seen("api", 1.0, 2.0, 3.0),)), WARNING, "120 a minute"),
    (Case("T19", instances=3), ERROR, "180 a minute"),
    (Case("T20", {"API_TIMEOUT_SECONDS": "30000"}), WARNING, "looks like ms"),
    (Case("T20", {"RETRY_BASE_MS": "2"}), WARNING, "looks like s"),
]  # fmt: skip

HOLD = [
    Case("T01"),
    Case("T02", {"BATCH_ITEMS": "200"}),
    Case("T02", {"BATCH_ITEMS": "200"}, seen=(seen("item", 0.5, 2.0, 3.0),)),
    Case("T03", {"SERVER_TIMEOUT_SECONDS": "306"}, server="gunicorn"),
    Case("T04", {"SERVER_TIMEOUT_SECONDS": "299"}, "cloud_run"),
    Case("T05", {}, "cloud_run"),
    Case("T05", {"SERVER_TIMEOUT_SECONDS": "350"}, "railway"),
    Case("T06", server="gunicorn"),
    Case("T07"),
    Case("T08", {"API_CONNECT_TIMEOUT_SECONDS": "10"}),
    Case("T09", {"HEALTH_HANDLER_TIMEOUT_SECONDS": "2", "HEALTH_CALLS_APIS": "false"}, "render"),
    Case("T10", {"GRACEFUL_SHUTDOWN_SECONDS": "9"}, "cloud_run"),
    Case("T10", {"GRACEFUL_SHUTDOWN_SECONDS": "20", "RAILWAY_DEPLOYMENT_DRAINING_SECONDS": "30"},
         "railway"),
    Case("T11"),
    Case("T12"),
    Case("T13", {"QUEUE_VISIBILITY_SECONDS": "1800"}),
    Case("T14"),
    Case("T15"),
    Case("T16", {"SERVER_TIMEOUT_SECONDS": "60"},
         seen=(seen("api", 1, 5, 10), seen("item", 2, 20, 30), seen("route", 1, 20, 40))),
    Case("T17", {"RETRY_AFTER_MAX_SECONDS": "9"}),
    Case("T18", seen=(seen("api", 2.0, 3.0, 4.0),)),
    Case("T19"),
    Case("T19", {"REDIS_URL": "redis://h"}, instances=3),
    Case("T20", {"API_TIMEOUT_SECONDS": "999", "RETRY_BASE_MS": "50"}),
    Case("T20", {"API_TIMEOUT_SECONDS": "3000s"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "severity", "number"), FIRE, ids=[f"{c.rule}-{i}" for i, (c, _, _) in enumerate(FIRE)]
)
def test_a_rule_fires_and_names_the_numbers(case: Case, severity: Severity, number: str):
    finding = case.finding()
    assert finding.severity is severity, finding
    assert number in finding.sentence
    assert finding.rule == case.rule
    assert finding.changes or finding.advice


@pytest.mark.parametrize("case", HOLD, ids=[f"{c.rule}-{i}" for i, c in enumerate(HOLD)])
def test_a_rule_holds_where_everything_fits(case: Case):
    assert case.finding().severity is Severity.HOLDS, case.finding()


@pytest.mark.parametrize(
    "case", [c for c, _, _ in FIRE], ids=[f"{c.rule}-{i}" for i, (c, _, _) in enumerate(FIRE)]
)
def test_a_proposed_change_makes_the_rule_hold(case: Case):
    facts = case.facts()
    for _ in range(3):  # a fix of one part may show the next part of the same rule
        finding = BY_ID[case.rule](facts)
        if not finding.fires or not finding.changes:
            break
        plan = facts.plan.changed(dict(finding.changes))
        facts = Facts(plan, facts.seen, facts.checks, facts.instances)
    assert not finding.fires or not finding.changes, finding


def test_every_rule_has_its_id_and_both_cases():
    ids = [f"T{number:02}" for number in range(1, 21)]
    assert list(BY_ID) == ids
    assert sorted({case.rule for case, _, _ in FIRE}) == ids
    assert sorted({case.rule for case in HOLD}) == ids


def test_what_is_not_known_is_never_called_fitting():
    unknown = [Case("T09", checks=()), Case("T10"), Case("T16"), Case("T18"),
               Case("T19", instances=None)]  # fmt: skip
    for case in unknown:
        assert case.finding().severity is Severity.UNKNOWN, case.rule


def test_levels_without_a_limit_do_not_apply():
    for case in (Case("T03"), Case("T04"), Case("T13"), Case("T17")):
        assert case.finding().severity is Severity.NOT_APPLICABLE, case.rule


def test_all_rules_answer_whatever_is_set():
    """No mix of settings makes a rule fall over, and each says a whole sentence."""
    chance = random.Random(7)
    from console.timeouts.catalogue import SETTINGS, Kind
    from console.timeouts.platform_limits import PLATFORMS

    words = ["0", "none", "1", "30", "5000", "250ms", "2m", "x", ""]
    for _ in range(300):
        texts = {
            setting.name: chance.choice([*setting.choices, ""])
            if setting.kind is Kind.CHOICE
            else chance.choice(words)
            for setting in SETTINGS
            if chance.random() < 0.5
        }
        platform, server = chance.choice(PLATFORMS).key, chance.choice(["uvicorn", "gunicorn"])
        facts = Facts(resolve(texts, platform, server), (), (), chance.choice([None, 1, 4]))
        findings = run_rules(facts, RULES)
        assert len(findings) == 20
        for finding in findings:
            assert finding.sentence.endswith("."), finding
            assert "None" not in finding.sentence, finding
            for name, amount in finding.changes:
                assert amount is None or amount >= 0, (name, finding)
        assert sum(counted_severities(findings).values()) == 20


def test_what_the_kit_does_itself_is_held_against_no_service():
    slow = (seen("item", 0.5, 60.0, 90.0), seen("api", 0.01, 0.02, 0.03))
    for name, rest in (("T02", {"BATCH_ITEMS": "500"}), ("T18", None)):
        facts = Facts(resolve({}, kit=True), slow, instances=2)
        assert BY_ID[name](facts).severity is Severity.NOT_APPLICABLE
        if rest:  # told by the service: then there are such runs
            facts = Facts(resolve(rest, kit=True), slow, instances=2)
            assert BY_ID[name](facts).severity is ERROR
    told = Facts(resolve({}, kit=True), checks=(HealthCheck("web", 10.0, 5.0),))
    assert BY_ID["T09"](told).severity is Severity.HOLDS
