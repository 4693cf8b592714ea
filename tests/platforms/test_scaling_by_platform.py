"""The plan applied through a platform's adapter: the local platform, with real processes."""

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from console.access import Role, Visitor
from console.config import Config, Settings
from console.controls.desk import Desk
from console.errors import NotAllowed, Objection, PlatformAway
from console.health.check import Check, Service
from console.instances.scaling.applier import KIND, Applier
from console.instances.scaling.platform import PlatformScaler, platform_scalers
from console.instances.scaling.scaler import Range, ScalingError
from console.platforms.model import (
    Capabilities,
    Capability,
    InstanceRange,
    Platform,
    Receipt,
    Request,
    Scale,
)
from console.store.read import Store
from tests.platforms.local_service import Workshop
from tests.processes import wait_until
from tests.valkey_process import ValkeyProcess

ANN = Visitor("ann", Role.OPERATOR, "")
EVE = Visitor("eve", Role.VIEWER, "You may look.", "Ask for it.")
NAME = "tiny"
LIMIT = 60.0  # seconds for anything on a loaded machine


def config(directory: Path, url: str, **settings: object) -> Config:
    service = Service(
        name=NAME,
        checks=(Check(name="web", url="http://127.0.0.1:9"),),
        platform="local",
        platform_service=str(directory),
    )
    found = Config(Settings.model_validate(settings), (service,), secrets={})
    return found.with_store(url)


@pytest.fixture
def desk(workshop: Workshop, valkey_url: str, valkey_process: ValkeyProcess) -> Iterator[Desk]:
    made = Desk(config(workshop.disk.directory, valkey_url))
    yield made
    made.stop()


@pytest.fixture
def applier(workshop: Workshop, valkey_url: str, desk: Desk) -> Iterator[Applier]:
    workshop.disk.save_service(workshop.service)
    workshop.begin(instances=1)
    known = config(workshop.disk.directory, valkey_url)
    scalers, reasons = platform_scalers(known)
    assert not reasons
    store = Store(valkey_url)
    made = Applier(known, store, desk, scalers)
    yield made
    made.stop()
    store.close()


def test_an_operator_scales_real_processes_and_the_platform_is_the_evidence(
    workshop: Workshop,
    applier: Applier,
    desk: Desk,
    valkey_url: str,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("console.instances.scaling.applier.ASK_SECONDS", 0.1)
    service = config(workshop.disk.directory, valkey_url).services[0]
    scaler = applier.scaler(NAME)
    assert scaler is not None
    assert (scaler.title, scaler.read()) == ("this machine", Range(1, 1))
    with pytest.raises(NotAllowed):
        applier.by_hand(EVE, service, 2, "")
    with pytest.raises(Objection, match="At most 8"):
        applier.by_hand(ANN, service, 9, "")
    applier.by_hand(ANN, service, 2, "closing")

    def over() -> bool:
        applied = applier.applied(NAME)
        return applied is not None and applied.ended

    workshop.until(
        lambda: len(workshop.controller.state.copies) == 2 and not workshop.controller.busy
    )
    wait_until(over, LIMIT)
    applied = applier.applied(NAME)
    assert applied is not None
    assert (applied.before, applied.after, applied.heard, applied.by) == (1, 2, 2, "this machine")
    wait_until(lambda: desk.journal.newest(2)[0].step != "begun", LIMIT)
    ended, begun = desk.journal.newest(2)
    assert (begun.kind, begun.actor, begun.before, begun.after) == (KIND, "ann", "1", "2")
    assert '"instances": 2' in begun.evidence  # the request, exactly
    assert (ended.outcome, ended.evidence) == ("done", "2 instances run, as this machine says")
    assert scaler.read() == Range(2, 2)


def test_fewer_are_refused_where_nobody_tells_what_is_in_flight(
    workshop: Workshop, applier: Applier, valkey_url: str
):
    workshop.disk.save_state(replace(workshop.controller.state, wanted=3))
    service = config(workshop.disk.directory, valkey_url).services[0]
    with pytest.raises(Objection, match="What is in flight is not known"):
        applier.by_hand(ANN, service, 2, "")


def test_a_controller_that_has_not_begun_is_said(tmp_path: Path):
    scalers, _ = platform_scalers(config(tmp_path, "redis://127.0.0.1:1"))
    with pytest.raises(ScalingError, match="has not begun yet"):
        scalers[NAME].read()


class Automatic:
    """A platform that chooses between two numbers by itself, as Render's autoscaling."""

    capabilities = Capabilities("the test's platform")

    def __init__(self, told: InstanceRange) -> None:
        self.told, self.sent = told, list[Scale]()

    async def instances(self) -> InstanceRange:
        return self.told

    def preview(self, action: Scale) -> Request:
        return Request("PUT https://test/scale", json.dumps([action.least, action.most]))

    async def perform(self, action: Scale) -> Receipt:
        self.sent.append(action)
        return Receipt("ok")


def scaler_of(platform: object, missing: dict[Capability, str] | None = None) -> PlatformScaler:
    @asynccontextmanager
    async def opened() -> AsyncGenerator[Platform | None]:
        yield cast("Platform | None", platform)  # it has what a scaler needs, and no more

    return PlatformScaler(opened, Capabilities("the test's platform", missing or {}), Range(1, 8))


def test_a_range_keeps_its_most_and_gets_the_planned_least():
    platform = Automatic(InstanceRange(2, None, 1, 6))
    scaler = scaler_of(platform)
    assert scaler.read() == Range(1, 6)
    assert scaler.preview(Range(3, 8)) == "PUT https://test/scale\n[3, 6]"
    assert scaler.apply(Range(3, 8)) == Range(3, 6)
    assert scaler.apply(Range(7, 8)) == Range(7, 7)
    assert platform.sent == [Scale(3, 6), Scale(7, 7)]
    assert scaler.running() == 2


def test_a_fixed_number_is_sent_where_the_platform_has_no_range():
    platform = Automatic(InstanceRange(2, 2))
    scaler = scaler_of(platform, {Capability.RANGE: "it has none."})
    assert scaler.read() == Range(2, 2)
    assert scaler.apply(Range(4, 8)) == Range(4, 4)
    assert platform.sent == [Scale(4, 4)]


def test_what_the_platform_does_not_tell_or_answer_is_a_scaling_error():
    with pytest.raises(ScalingError, match="does not tell how many"):
        scaler_of(Automatic(InstanceRange())).read()

    class Away(Automatic):
        async def instances(self) -> InstanceRange:
            raise PlatformAway("It does not answer.")

    with pytest.raises(ScalingError, match="does not answer"):
        scaler_of(Away(InstanceRange())).apply(Range(2, 2))
    with pytest.raises(ScalingError, match="names no platform"):
        scaler_of(None).read()
