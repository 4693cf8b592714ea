"""Actions on a real local platform: judged, logged, carried out once, and seen to take effect."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console.access import Role, Visitor
from console.activity.chain import Entry
from console.config import Config, Settings
from console.controls.desk import Desk
from console.deployments.act import Acted, Actor
from console.deployments.act_rules import Wish
from console.deployments.gather import Around, read
from console.deployments.history import Snapshot
from console.deployments.load import ADAPTER, NAME, load
from console.errors import NotAllowed, NotOffered, Objection
from console.health.check import Check, Service
from console.platforms.local.__main__ import work
from console.platforms.local.platform import LocalPlatform
from console.platforms.model import Redeploy, Request, Rollback, Scale, SetVariable
from console.store.read import Store
from tests.kit.support import Serving
from tests.platforms.conftest import workshop
from tests.platforms.local_service import LIMIT, Workshop, app, running
from tests.processes import wait_until

__all__ = ["workshop"]

ANN = Visitor("ann", Role.OPERATOR, "")
BOB = Visitor("bob", Role.OPERATOR, "")
EVE = Visitor("eve", Role.VIEWER, "You may look.", "Ask for it.")
SECRET = "a-value-that-nobody-sees"


def until(holds: Callable[[], object]) -> None:
    wait_until(lambda: bool(holds()), LIMIT)


@dataclass
class Office:
    """An actor beside a local platform whose controller works in a thread."""

    workshop: Workshop
    service: Service
    store: Store
    desk: Desk
    actor: Actor

    def look(self) -> Snapshot:
        """Read the platform as the collector does, into the store."""
        before = load(self.store, self.service.name) or Snapshot(0.0)
        platform = LocalPlatform(self.workshop.disk)
        found = asyncio.run(
            read(platform, self.service.name, before, Around({}, None), time.time())
        )
        self.store.keep_found(self.service.name, NAME, ADAPTER.dump_json(found))
        self.store = Store(self.store_url)  # a snapshot is kept for a moment
        self.actor._store = self.store
        return found

    store_url: str = ""

    def do(self, wish: Wish, visitor: Visitor = ANN) -> None:
        self.actor.begin(visitor, self.service, wish)

    def end(self):
        until(lambda: (last := self.actor.last(self.service.name)) and last.ended)
        return self.actor.last(self.service.name)

    def log(self, count: int) -> list[Entry]:
        until(lambda: len(self.desk.journal.newest(50)) >= count)
        return self.desk.journal.newest(50)


@pytest.fixture
def office(workshop: Workshop, valkey_url: str) -> Iterator[Office]:
    check = Check(name="web", url="http://localhost:1")
    service = Service(
        name="tiny", checks=(check,), platform="local",
        platform_service=str(workshop.disk.directory),
    )  # fmt: skip
    config = Config(Settings(), (service,)).with_store(valkey_url)
    desk, store = Desk(config), Store(valkey_url)
    made = Office(workshop, service, store, desk, Actor(config, store, desk), valkey_url)
    workshop.disk.save_service(workshop.service)
    workshop.begin(1)
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(workshop.controller, 0.1, stop), daemon=True)
    thread.start()
    yield made
    stop.set()
    thread.join(LIMIT)
    desk.stop()
    made.store.close()


def test_a_rollback_is_shown_exactly_logged_and_seen_to_take_effect(office: Office):
    first = office.workshop.disk.deployments(1)[0]
    second = office.workshop.push(app("two"))
    until(lambda: running(office.workshop) == {second})
    until(lambda: not office.workshop.controller.busy)
    office.look()
    wish = Wish(Rollback(first.id), "two is slow", key="drawn-once")
    request = office.actor.preview(office.service, wish.action)
    assert (request.text, first.id in request.body) == (
        "An order for the controller on this machine", True,
    )  # fmt: skip
    with office.workshop.load() as load_:
        office.do(wish)
        office.do(wish)  # the second click of a double click
        ended = office.end()
    assert ended is not None
    assert (ended.done, ended.problem) == (True, "")
    assert f"{first.commit[:7]} is live" in ended.effect
    assert running(office.workshop) == {first.commit}
    assert load_.failures == []
    effect, accepted, begun = office.log(3)
    assert (begun.step, begun.kind, begun.actor, begun.reason) == (
        "begun", "rollback", "ann", "two is slow",
    )  # fmt: skip
    assert (begun.before, begun.after) == (second[:7], first.commit[:7])
    assert (accepted.outcome, request.body in accepted.evidence) == ("accepted", True)
    assert (effect.kind, effect.outcome, effect.evidence) == ("effect", "done", ended.effect)
    assert office.workshop.controller.state.number == 3  # one rollback, not two


def test_scaling_and_a_redeploy_take_effect_one_after_another(office: Office):
    office.look()
    office.actor._acted["tiny"] = Acted("scaling", "", Request(""), 0.0)
    with pytest.raises(Objection, match="under way"):
        office.do(Wish(Scale(2, 2)))
    del office.actor._acted["tiny"]
    office.do(Wish(Scale(2, 2)))
    assert office.end().effect == "2 instances of 2 run."
    office.look()
    request = office.actor.preview(office.service, Redeploy())
    assert office.workshop.disk.deployments(1)[0].commit in request.body  # exactly what is shipped
    office.do(Wish(Redeploy(), "a new certificate"))
    assert "is live" in office.end().effect


def test_who_may_only_look_changes_nothing_and_is_written_down(office: Office):
    office.look()
    with pytest.raises(NotAllowed):
        office.do(Wish(Scale(3, 3)), EVE)
    (entry,) = office.log(1)
    assert (entry.kind, entry.actor, entry.outcome) == ("scaling", "eve", "refused")
    assert office.workshop.controller.state.wanted == 1


def test_what_the_platform_lacks_is_refused_with_its_reason(office: Office):
    with pytest.raises(NotOffered, match="only looks whether an order"):
        office.actor.rehearse(ANN, office.service, Redeploy())
    with pytest.raises(NotAllowed):
        office.actor.rehearse(EVE, office.service, Redeploy())


def test_a_second_operators_word_is_for_one_value_and_no_value_is_kept(office: Office):
    told = Settings.model_validate({"CONSOLE_SECOND_APPROVER": "on"})
    config = Config(told, (office.service,)).with_store(office.store_url)
    office.desk._config = office.actor._config = config
    office.look()
    wish = Wish(SetVariable("LOG_LEVEL", SECRET), "too quiet", typed="tiny")
    office.actor.ask_approval(ANN, office.service, wish)
    (asked,) = office.desk.records.approvals.newest("tiny")
    office.desk.approve(BOB, office.service, asked.id)
    with pytest.raises(Objection, match="second operator"):
        office.do(replace(wish, action=SetVariable("LOG_LEVEL", "another value")))
    assert SECRET not in office.actor.preview(office.service, wish.action).body
    office.do(wish)
    assert office.end().done is True
    assert SECRET not in repr((wish, asked, office.end(), office.log(4)))


def test_a_controller_that_has_not_begun_is_a_readable_failure(office: Office):
    office.look()
    missing = replace(office.workshop.service, name="other")
    assert missing.name == "other"
    (office.workshop.disk.path("state.json")).unlink()
    office.do(Wish(Scale(2, 2)))
    assert "has not begun" in office.end().problem
    assert office.log(2)[0].outcome == "failed"


def test_two_people_are_asked_for_but_never_to_take_back_what_failed(office: Office):
    told = Settings.model_validate({"CONSOLE_SECOND_APPROVER": "on"})
    config = Config(told, (office.service,)).with_store(office.store_url)
    office.desk._config = office.actor._config = config
    office.look()
    wish = Wish(Redeploy(), "a new certificate")
    with pytest.raises(Objection, match="second operator"):
        office.do(wish)
    office.actor.ask_approval(ANN, office.service, wish)
    (asked,) = office.desk.records.approvals.newest("tiny")
    assert asked.what == "redeploy of the newest commit"
    with pytest.raises(Objection, match="Two people"):
        office.desk.approve(ANN, office.service, asked.id)
    office.desk.approve(BOB, office.service, asked.id)
    office.do(wish)
    assert office.end().done is True
    with pytest.raises(Objection, match="second operator"):
        office.do(wish)  # one approval, one action
    office.look()
    office.do(replace(wish, override=True))
    assert office.end().done is True
    (emergency,) = office.desk.records.emergencies.newest("tiny")
    assert (emergency.by, emergency.reason) == ("ann", "a new certificate")


def test_one_word_of_a_second_operator_is_for_one_console(office: Office):
    told = Settings.model_validate({"CONSOLE_SECOND_APPROVER": "on"})
    config = Config(told, (office.service,)).with_store(office.store_url)
    office.desk._config = office.actor._config = config
    office.look()
    wish = Wish(Redeploy(), "a new certificate")
    office.actor.ask_approval(ANN, office.service, wish)
    (asked,) = office.desk.records.approvals.newest("tiny")
    office.desk.approve(BOB, office.service, asked.id)
    # another console takes it between this one's look and its act
    assert office.store.claim("tiny", f"approval:{asked.id}", 60.0)
    with pytest.raises(Objection, match="used for another action"):
        office.do(wish)
    assert office.end().problem.startswith("The second operator's word was used")
    assert office.log(1)[0].outcome == "refused"
    assert office.desk.records.emergencies.newest("tiny") == []
    office.do(Wish(Scale(1, 1)))  # and nothing is held up by it
    assert office.end().done is True


@pytest.mark.parametrize(
    ("reads", "outcome", "told"), [(200, "unknown", "Sent: POST"), (401, "failed", "the token")]
)
def test_an_answer_that_got_lost_is_no_refusal_and_what_was_never_sent_is_not_called_sent(
    valkey_url: str, reads: int, outcome: str, told: str
):
    async def answer(asked: Asked) -> Response:
        return JSONResponse([], reads if asked.method == "GET" else 502)

    serving = Serving(Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])]))
    service = Service(
        name="tiny", checks=(Check(name="web", url="http://localhost:1"),), platform="render",
        platform_service="srv-1", platform_token_env="KEY", platform_url=serving.begin(),
    )  # fmt: skip
    config = Config(Settings(), (service,), secrets={"KEY": "a-token-of-render"})
    config = config.with_store(valkey_url)
    desk, store = Desk(config), Store(valkey_url)
    actor = Actor(config, store, desk)
    store.keep_found("tiny", NAME, ADAPTER.dump_json(Snapshot(time.time(), "Render")))
    try:
        actor.begin(ANN, service, Wish(Redeploy()))
        until(lambda: len(desk.journal.newest(2)) == 2)
        ended = desk.journal.newest(2)[0]
    finally:
        desk.stop()
        store.close()
        serving.end()
    assert (ended.outcome, told in ended.evidence) == (outcome, True)
    assert ("Sent:" in ended.evidence) == (outcome == "unknown")
