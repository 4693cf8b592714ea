"""What fires: each source with what is good, bad, and what says nothing."""

from dataclasses import replace

import pytest

from console.alerts.model import Alert, Phase
from console.alerts.signal import Signal
from console.alerts.sources import (
    CACHE_OLD,
    DRY_RUN_FAIL,
    DRY_RUN_WARN,
    MISSING_FOR,
    of_cache,
    of_certificates,
    of_checks,
    of_closing,
    of_instances,
)
from console.cache.model import Quota, Token
from console.cache.model import Snapshot as Cache
from console.health.check import Check, Service
from console.health.model import CheckState, Incident, Status
from console.instances.heartbeat import Beat
from console.instances.model import Heard, Snapshot, Switch
from console.month_end.verdict import Verdict, Word

NOW = 1_800_000_000.0
DAY = 86_400.0
SERVICE = Service(
    name="shop",
    checks=(
        Check(name="api", title="Accounting API", url="https://api.example"),
        Check(name="web", url="https://web.example", depends_on=("api",)),
    ),
)
FIRING = Alert(Phase.FIRING, NOW, NOW - 60)


def check(state: CheckState) -> Signal:
    return of_checks(SERVICE, {state.check: state})[0]


def test_a_check_that_fails_is_as_old_as_its_incident():
    incident = Incident("api-1", "api", NOW - 60, "HTTP 500")
    one = check(CheckState("api", Status.FAIL, alert=FIRING, incident=incident))
    assert (one.key, one.title, one.status) == ("check:api", "Accounting API", Status.FAIL)
    assert (one.summary, one.since, one.group) == ("HTTP 500.", NOW - 60, "check:api")


def test_a_check_that_another_one_explains_belongs_to_it():
    one = check(CheckState("web", Status.FAIL, alert=FIRING, caused_by="api"))
    assert (one.explained_by, one.group) == ("Accounting API", "check:api")


def test_a_check_whose_cause_nobody_knows_yet_waits():
    assert check(CheckState("web", Status.FAIL, alert=FIRING)).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (CheckState("api", Status.PASS), Status.PASS),
        (CheckState("api", Status.WARN), Status.PASS),  # slow: nobody is called for that
        (CheckState("api", Status.UNKNOWN), Status.UNKNOWN),
    ],
)
def test_a_check_that_does_not_fail(state: CheckState, status: Status):
    assert check(state).status is status


def test_a_failing_check_that_cannot_be_probed_goes_on_failing():
    incident = Incident("api-1", "api", NOW - 60, "HTTP 500")
    offline = CheckState("api", Status.UNKNOWN, alert=FIRING, incident=incident)
    assert check(offline).status is Status.FAIL


@pytest.mark.parametrize(
    ("left", "status", "text"),
    [
        (30 * DAY, Status.PASS, "The certificate expires in 30 d."),
        (13 * DAY, Status.WARN, "The certificate expires in 13 d."),
        (2 * DAY, Status.FAIL, "The certificate expires in 2 d."),
        (-DAY, Status.FAIL, "The certificate expired 1 d ago."),
    ],
)
def test_certificates(left: float, status: Status, text: str):
    states = {"api": CheckState("api", certificate_expires_at=NOW + left), "web": CheckState("web")}
    (one,) = of_certificates(SERVICE, states, NOW)
    assert (one.status, one.summary) == (status, text)


def quota(**more) -> Status:
    told = {"at": NOW, "limit": 1000.0, "remaining": 900.0, "window": DAY} | more
    snapshot = Cache(NOW, quotas=(Quota("acc", "daily", **told),))
    return of_cache(snapshot, NOW)[0].status


def test_quotas():
    assert quota() is Status.PASS
    assert quota(remaining=150.0) is Status.WARN
    assert quota(remaining=0.0) is Status.FAIL
    assert quota(remaining=None) is Status.UNKNOWN
    assert quota(remaining=0.0, window=60.0) is Status.PASS  # renewed at once
    assert quota(blocked_until=NOW + 600, window=60.0) is Status.FAIL


def test_the_services_own_limit_calls_nobody():
    assert of_cache(Cache(NOW, quotas=(Quota("acc", "own", NOW, 60.0, 0.0),)), NOW) == []


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (Token("acc", "ok", refresh_expires_at=NOW + 60 * DAY), Status.PASS),
        (Token("acc", "ok", refresh_expires_at=NOW + 10 * DAY), Status.WARN),
        (Token("acc", "ok", refresh_expires_at=NOW + DAY), Status.FAIL),
        (Token("acc", "refused", "invalid_grant"), Status.FAIL),
        (Token("acc", ""), Status.UNKNOWN),
    ],
)
def test_tokens(token: Token, status: Status):
    (one,) = of_cache(Cache(NOW, tokens=(token,)), NOW)
    assert (one.key, one.status) == ("token:acc", status)


def test_what_could_not_be_read_or_is_old_says_nothing():
    token = (Token("acc", "refused"),)
    assert of_cache(None, NOW) == []
    assert of_cache(Cache(NOW, problem="It does not answer.", tokens=token), NOW) == []
    assert of_cache(Cache(NOW - CACHE_OLD - 1, tokens=token), NOW) == []
    assert of_instances(None, NOW) == []
    assert of_instances(Snapshot(NOW, problem="away"), NOW) == []
    assert of_instances(Snapshot(NOW - 3600, NOW), NOW) == []


def instances(alive: int, silent_for: float | None = None, **more) -> dict[str, Signal]:
    heard = [Heard(f"i{n}", NOW, Beat(f"i{n}", interval=2.0)) for n in range(alive)]
    if silent_for is not None:
        heard.append(Heard("gone", NOW - silent_for))
    found = of_instances(Snapshot(NOW, NOW, heard=tuple(heard), **more), NOW)
    return {one.key: one for one in found}


def test_an_instance_that_fell_silent_warns_and_the_last_one_fails():
    assert instances(2)["instances:silent"].status is Status.PASS
    one = instances(2, 120)["instances:silent"]
    assert one.status is Status.WARN
    assert one.summary == "1 instance fell silent without a goodbye; 2 still run."
    assert instances(0, 120)["instances:silent"].status is Status.FAIL
    assert instances(2, MISSING_FOR + 1)["instances:silent"].status is Status.PASS
    assert instances(0, MISSING_FOR + 1)["instances:silent"].status is Status.UNKNOWN


def mode(lasts: float | None, name: str = "dry_run", expires: float | None = None) -> Signal:
    since = None if lasts is None else NOW - lasts
    switch = Switch("ann", "a test", since, expires)
    return instances(1, mode=name, switch=switch)["mode:forgotten"]


def test_a_mode_that_is_forgotten():
    assert mode(60).status is Status.PASS
    assert mode(DRY_RUN_WARN).status is Status.WARN
    assert mode(DRY_RUN_FAIL, "paused").status is Status.FAIL
    assert mode(DRY_RUN_FAIL).summary == (
        "The mode is dry run for 4 h, set by ann, and nothing will end it."
    )
    assert mode(DRY_RUN_FAIL, "live").status is Status.PASS
    assert mode(DRY_RUN_FAIL, expires=NOW + 60).status is Status.PASS
    assert mode(None).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("word", "status"),
    [
        (Word.ON_TRACK, Status.PASS),
        (Word.CLOSED, Status.PASS),
        (Word.AT_RISK, Status.WARN),
        (Word.LATE, Status.FAIL),
        (Word.NOT_KNOWN, Status.UNKNOWN),
    ],
)
def test_a_closing(word: Word, status: Status):
    verdict = Verdict(word, f"{word.value}: so it is.", ())
    (one,) = of_closing("2026-11", verdict, NOW)
    assert (one.key, one.status, one.summary) == ("closing:2026-11", status, verdict.sentence)
    assert of_closing("", verdict, NOW) == of_closing("2026-11", None, NOW) == []


def test_signals_are_told_apart_by_their_keys():
    states = {"api": CheckState("api", certificate_expires_at=NOW)}
    found = [*of_checks(SERVICE, states), *of_certificates(SERVICE, states, NOW)]
    assert len({one.key for one in found}) == len(found)
    assert replace(found[0], status=Status.PASS).key == found[0].key
