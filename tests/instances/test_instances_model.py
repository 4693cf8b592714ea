import json
from dataclasses import replace

import pytest

from console.health.summary import Standing
from console.instances import heartbeat
from console.instances.heartbeat import Beat
from console.instances.model import (
    SILENT_AFTER,
    SNAPSHOT_OLD,
    Heard,
    Life,
    Phase,
    Snapshot,
    phase_of,
)
from console.instances.verdict import FORGET_AFTER, summarise

NOW = 1_760_000_000.0


def beat(name: str = "a", **more) -> Beat:
    told = {"at": NOW, "started_at": NOW - 600, "interval": 2.0, "commit": "abc", "epoch": 3}
    return Beat(name, **(told | {"mode": "live", "settings": "f" * 16} | more))


def snapshot(*beats: Beat, ages: dict[str, float] | None = None, **more) -> Snapshot:
    heard = tuple(
        Heard(one.instance, NOW - (ages or {}).get(one.instance, 0.0), one) for one in beats
    )
    return Snapshot(at=NOW, server_at=NOW, heard=heard, epoch=3, mode="live", **more)


def test_alike_and_alive_is_a_pass():
    found = summarise(snapshot(beat("a"), beat("b")), NOW)
    assert found.standing is Standing.PASS
    assert found.sentence == "2 instances run, all alike, and none fell silent."
    assert (found.alive, found.silent, found.phase) == (2, 0, Phase.NORMAL)


def test_one_that_fell_silent_is_a_warning_and_comes_first():
    found = summarise(snapshot(beat("a"), beat("b"), ages={"b": SILENT_AFTER + 1}), NOW)
    assert found.standing is Standing.WARN
    assert found.instances[0].heard.instance == "b"
    assert found.instances[0].life is Life.SILENT
    assert "1 instance fell silent without a goodbye" in found.sentence


def test_one_whose_heartbeat_expired_is_silent():
    made = Snapshot(at=NOW, server_at=NOW, heard=(Heard("a", NOW - 60, None),), epoch=0)
    found = summarise(made, NOW)
    assert (found.standing, found.alive) == (Standing.FAIL, 0)
    assert found.sentence == "No instance is heard of: 1 instance fell silent."


def test_an_instance_that_speaks_seldom_is_not_silent_between_two_heartbeats():
    made = snapshot(beat("a", interval=30.0), ages={"a": 65.0})
    assert summarise(made, NOW).alive == 1
    assert summarise(snapshot(beat("a", interval=30.0), ages={"a": 121.0}), NOW).alive == 0


def test_long_gone_instances_are_forgotten():
    found = summarise(snapshot(beat("a"), beat("b"), ages={"b": FORGET_AFTER + 60}), NOW)
    assert [one.heard.instance for one in found.instances] == ["a"]
    assert found.standing is Standing.PASS


def test_differing_commits_and_settings_are_told_with_their_shares():
    made = snapshot(beat("a"), beat("b"), beat("c", commit="def", settings="e" * 16))
    found = summarise(made, NOW)
    assert found.standing is Standing.WARN
    texts = [text for _, text in found.findings]
    assert "2 different commits run: abc on 2, def on 1." in texts
    assert f"Settings differ: {'f' * 12} on 2, {'e' * 12} on 1." in texts


def test_fingerprints_without_a_key_are_not_compared():
    made = snapshot(beat("a", settings="not comparable"), beat("b", settings="not comparable"))
    assert summarise(made, NOW).fingerprints == ()


def test_an_instance_that_has_not_seen_the_epoch_is_a_failure():
    found = summarise(snapshot(beat("a"), beat("b", epoch=2)), NOW)
    assert found.standing is Standing.FAIL
    assert "1 instance has not acknowledged mode epoch 3." in found.sentence


def test_different_modes_are_a_failure():
    found = summarise(snapshot(beat("a"), beat("b", mode="paused")), NOW)
    assert found.standing is Standing.FAIL
    assert any("1 live, 1 paused" in text for _, text in found.findings)


@pytest.mark.parametrize("off", [3600.0, -3600.0])
def test_a_clock_an_hour_off_is_told_and_does_not_make_it_silent(off: float):
    found = summarise(snapshot(beat("a", at=NOW + off), beat("b")), NOW)
    assert found.alive == 2
    assert [text for _, text in found.findings] == ["1 clock is off, by up to 1 h."]


def test_writes_without_redis_are_told():
    found = summarise(snapshot(beat("a", journal=4)), NOW)
    assert any("4 writes made without Redis" in text for _, text in found.findings)


def test_stale_missing_and_failed_readings_are_unknown_and_never_a_pass():
    old = summarise(snapshot(beat("a")), NOW + SNAPSHOT_OLD + 1)
    none = summarise(None, NOW)
    failed = summarise(Snapshot(NOW, problem="Redis at x cannot be reached."), NOW)
    empty = summarise(Snapshot(NOW, NOW), NOW)
    assert {one.standing for one in (old, none, failed, empty)} == {Standing.UNKNOWN}
    assert "cannot be reached" in failed.sentence


@pytest.mark.parametrize(
    ("count", "phase"), [(0, Phase.QUIET), (1, Phase.QUIET), (2, Phase.NORMAL), (3, Phase.NORMAL),
                         (4, Phase.BUSY), (900, Phase.BUSY)],
)  # fmt: skip
def test_phases_of_a_number_of_instances(count: int, phase: Phase):
    assert phase_of(count) is phase


GOOD = {
    "v": 1, "instance": "a", "at": NOW, "started_at": NOW, "mode": "live", "epoch": 3,
    "mode_reason": "redis", "interval": 2.0, "in_flight": 2, "memory_bytes": 5, "writes": {"x": 1},
}  # fmt: skip


def test_a_heartbeat_of_the_contract_is_read():
    found = heartbeat.parse("a", json.dumps(GOOD))
    assert found is not None
    assert (found.mode, found.epoch, found.in_flight, found.writes) == ("live", 3, 2, {"x": 1})


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '"x"', "null", "[" * 5000, "x" * 30_000])
def test_what_is_no_heartbeat_is_none(text: str):
    assert heartbeat.parse("a", text) is None


@pytest.mark.parametrize("name", ["", "a b", "<b>", "x" * 65, "a:b", "ä", "a\n"])
def test_a_name_that_is_none_is_refused(name: str):
    assert heartbeat.parse(name, json.dumps(GOOD)) is None


WRONG = [None, True, "text", [], {}, -1, 1e400, float("nan"), 10**400, {"a": {"b": []}}]


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("field", sorted(GOOD))
def test_a_field_of_the_wrong_type_is_as_good_as_missing(field: str, value: object):
    found = heartbeat.parse("a", json.dumps({**GOOD, field: value}))
    assert found is not None
    judged = summarise(replace(snapshot(), heard=(Heard("a", NOW, found),)), NOW)
    assert judged.alive == 1
