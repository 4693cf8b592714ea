"""The desk: every switch is judged, logged, made once, and followed; with real instances."""

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from console.controls import following as following_module
from console.controls.desk import Desk
from console.controls.model import Mode
from console.controls.rules import Wish
from console.errors import NotAllowed, Objection, StoreAway
from console.health.check import Service
from tests.controls.conftest import ANN, BOB, EVE, MakeDesk
from tests.kit.accounting_server import Accounting
from tests.kit.support import SERVICE, Spawn
from tests.valkey_process import ValkeyProcess

LIMIT = 20.0  # seconds for anything on a loaded machine


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def switch(desk: Desk, service: Service, mode: Mode, **more: object) -> int:
    wish = Wish(**({"mode": mode, "epoch": desk.snapshot(service).epoch} | more))
    return desk.switch(ANN, service, wish)


def followed(desk: Desk, service: Service):
    until(lambda: (found := desk.followed(service.name)) and found.ended)
    found = desk.followed(service.name)
    assert found is not None
    return found


def test_instances_follow_a_switch_and_all_of_it_is_in_the_log(
    make_desk: MakeDesk, spawn: Spawn, accounting: Accounting
):
    desk, _, service = make_desk()
    for _ in range(2):
        spawn(accounting.url)
    until(lambda: len(desk.snapshot(service).heard) == 2)
    epoch = switch(desk, service, Mode.DRY_RUN, reason="a test", ticket="T-1", minutes=30)
    found = followed(desk, service)
    assert found.found is not None
    assert (found.failed, found.found.confirmed, found.found.instances) == (False, 2, 2)
    snapshot = desk.snapshot(service)
    assert (snapshot.mode, snapshot.epoch) == ("dry_run", epoch)
    assert snapshot.switch is not None
    assert (snapshot.switch.set_by, snapshot.switch.reason) == ("ann", "a test (T-1)")
    assert snapshot.switch.on_expiry == "paused"
    assert 1700 < (snapshot.switch.expires_at or 0) - time.time() < 1900
    until(lambda: len(desk.journal.newest(10)) == 3)
    confirmed, ended, begun = desk.journal.newest(10)
    assert (begun.step, begun.before, begun.after, begun.ticket) == (
        "begun", "live", "dry_run", "T-1",
    )  # fmt: skip
    assert (ended.outcome, ended.evidence) == ("done", f"epoch {epoch}")
    assert confirmed.kind == "confirmation"
    assert "2 of 2 instances confirmed dry run" in confirmed.evidence
    assert "0 writes permitted" in confirmed.evidence
    assert desk.journal.verify().problem == ""


def test_of_two_operators_the_second_is_told_who_was_first(make_desk: MakeDesk):
    desk, _, service = make_desk()
    seen = desk.snapshot(service).epoch
    desk.switch(ANN, service, Wish(Mode.PAUSED, seen))
    with pytest.raises(Objection, match="ann was first: the mode is paused since epoch 1"):
        desk.switch(BOB, service, Wish(Mode.DRY_RUN, seen))
    assert desk.snapshot(service).mode == "paused"
    assert desk.journal.newest(1)[0].outcome == "refused"


def test_operators_that_switch_at_once_are_never_both_right(make_desk: MakeDesk):
    desk, _, service = make_desk()
    done: list[str] = []
    gate = threading.Barrier(8)

    def one(number: int) -> None:
        gate.wait()
        try:
            desk.switch(ANN, service, Wish(Mode.DRY_RUN, 0, reason=str(number)))
            done.append(str(number))
        except Objection:
            return

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    snapshot = desk.snapshot(service)
    assert snapshot.switch is not None
    assert (snapshot.epoch, [snapshot.switch.reason]) == (1, done)


def test_where_scripts_are_refused_the_same_is_decided_in_a_transaction(
    make_desk: MakeDesk, own_valkey: ValkeyProcess
):
    with own_valkey.client() as client:
        client.execute_command(
            "ACL", "SETUSER", "plain", "on", ">pw", "~*", "&*", "+@all", "-@scripting"
        )
    desk, _, service = make_desk(redis=own_valkey.url.replace("redis://", "redis://plain:pw@"))
    assert switch(desk, service, Mode.DRY_RUN, minutes=15) == 1
    with pytest.raises(Objection, match="was first"):
        desk.switch(BOB, service, Wish(Mode.PAUSED, 0))
    assert switch(desk, service, Mode.PAUSED) == 2
    assert desk.snapshot(service).mode == "paused"


def test_a_viewer_who_calls_the_action_is_refused_and_that_is_logged(make_desk: MakeDesk):
    desk, _, service = make_desk()
    with pytest.raises(NotAllowed):
        desk.switch(EVE, service, Wish(Mode.PAUSED, 0))
    assert desk.snapshot(service).mode == ""
    (noted,) = desk.journal.newest(10)
    assert (noted.actor, noted.role, noted.outcome) == ("eve", "viewer", "refused")


def test_nothing_is_applied_that_cannot_be_logged(make_desk: MakeDesk, own_valkey: ValkeyProcess):
    desk, _, service = make_desk(store=own_valkey.url)
    desk.journal.head()
    own_valkey.kill()
    with pytest.raises(StoreAway):
        desk.switch(ANN, service, Wish(Mode.PAUSED, 0))
    assert desk.snapshot(service).mode == ""


def test_a_redis_that_is_away_is_no_switch_and_says_so(
    make_desk: MakeDesk, own_valkey: ValkeyProcess
):
    desk, _, service = make_desk(redis=own_valkey.url)
    own_valkey.kill()
    with pytest.raises(Objection, match="cannot be read"):
        desk.switch(ANN, service, Wish(Mode.PAUSED, 0))
    assert desk.journal.newest(1)[0].outcome == "refused"
    assert desk.followed(service.name) is None


def test_an_instance_that_never_acknowledges_is_a_failure_that_names_it(
    make_desk: MakeDesk, spawn: Spawn, accounting: Accounting, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(following_module, "ACKNOWLEDGE_SECONDS", 1.5)
    desk, _, service = make_desk()
    deaf = spawn(accounting.url)
    until(lambda: len(desk.snapshot(service).heard) == 1)
    os.kill(deaf.process.pid, signal.SIGSTOP)
    try:
        switch(desk, service, Mode.PAUSED)
        found = followed(desk, service)
    finally:
        os.kill(deaf.process.pid, signal.SIGCONT)
    assert found.failed
    until(lambda: desk.journal.newest(1)[0].kind == "confirmation")
    noted = desk.journal.newest(1)[0]
    assert noted.outcome == "failed"
    assert "Not confirmed within" in noted.evidence


def test_an_end_time_is_kept_by_the_service_itself_and_never_leads_to_live(make_desk: MakeDesk):
    desk, _, service = make_desk()
    switch(desk, service, Mode.DRY_RUN, minutes=1)
    until(lambda: desk.snapshot(service).switch)
    switched = desk.snapshot(service).switch
    assert switched is not None
    assert switched.on_expiry == "paused"


def test_live_is_asked_of_the_rules_here_too_and_an_emergency_stays_marked(make_desk: MakeDesk):
    desk, _, service = make_desk()
    epoch = switch(desk, service, Mode.DRY_RUN)
    wish = Wish(Mode.LIVE, epoch, typed=service.name)
    with pytest.raises(Objection, match="No single-item run"):
        desk.switch(ANN, service, wish)
    emergency = Wish(Mode.LIVE, epoch, "the bank closes at noon", typed=service.name, override=True)
    desk.switch(ANN, service, emergency)
    (marked,) = desk.records.emergencies.newest(service.name)
    assert (marked.by, marked.reviewed_by) == ("ann", "")
    with pytest.raises(Objection, match="Another operator"):
        desk.review(ANN, service, marked.id)
    desk.review(BOB, service, marked.id)
    (marked,) = desk.records.emergencies.newest(service.name)
    assert marked.reviewed_by == "bob"
    assert {entry.target for entry in desk.journal.newest(20)} >= {"emergency"}


def test_the_writes_made_without_redis_are_listed_one_by_one(
    make_desk: MakeDesk, valkey_process: ValkeyProcess
):
    desk, _, service = make_desk()
    key = f"ops:1:{SERVICE}:unverified"
    told = '{"at": 1000.5, "instance": "a", "what": "accounting: POST /v1/invoices"}'
    client = valkey_process.client()
    client.zadd(key, {told: 1_000_500, '{"at": 1, "what": "old"}': 1000, "no JSON": 2_000_000})
    client.close()
    garbage, one = desk.unverified(service, since=1000.0)
    assert (one.at, one.instance, one.what) == (1000.5, "a", "accounting: POST /v1/invoices")
    assert garbage.what == "(cannot be read)"


def test_the_second_operator_is_another_person_and_the_word_is_used_once(make_desk: MakeDesk):
    desk, _, service = make_desk(settings={"second_approver": True})
    epoch = switch(desk, service, Mode.DRY_RUN)
    asked = desk.ask_approval(ANN, service, Wish(Mode.LIVE, epoch, "done testing"))
    with pytest.raises(Objection, match="Two people"):
        desk.approve(ANN, service, asked.id)
    with pytest.raises(NotAllowed):
        desk.approve(EVE, service, asked.id)
    desk.approve(BOB, service, asked.id)
    found = desk.records.approvals.find(service.name, asked.id)
    assert found is not None
    assert found.holds(time.time(), epoch)
    assert not found.holds(time.time(), epoch + 1), "another switch came in between"
    with pytest.raises(Objection, match="no such request"):
        desk.approve(BOB, service, "unknown")
