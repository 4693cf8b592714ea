"""What Month-end shares with other views: arrivals and instances with Scaling, incidents with
Health, deployments with Deployments; from a real store."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from console.config import Settings
from console.deployments.history import Snapshot as Deployments
from console.deployments.load import ADAPTER as DEPLOYMENTS
from console.deployments.load import NAME as DEPLOYMENTS_NAME
from console.deployments.model import Record
from console.health.model import CheckState, Incident
from console.instances.heartbeat import Beat
from console.instances.history import COUNT, code_of_count
from console.instances.load import NAME as INSTANCES
from console.instances.model import Heard
from console.instances.model import Snapshot as Instances
from console.instances.scaling.load import load as load_scaling
from console.instances.scaling.measured import ITEMS
from console.instances.scaling.scaler import Range
from console.month_end.board import Board
from console.month_end.load import NAME, load_board
from console.month_end.snapshot import Snapshot
from console.platforms.model import Deployment, DeploymentState
from console.store import keys
from console.store.documents import packed
from console.store.histogram import code_of
from console.store.read import Store
from tests.valkey_process import ValkeyProcess

SERVICE = "relay"
SETTINGS = Settings.model_validate(
    {"closing_window": "20,5", "closing_freeze": "20,1", "closing_shift": "none"}
)
_SNAPSHOT = TypeAdapter(Snapshot)
_STATE = TypeAdapter(CheckState)
_INSTANCES = TypeAdapter(Instances)


@pytest.fixture
def store(valkey_url: str) -> Iterator[Store]:
    made = Store(valkey_url)
    yield made
    made.close()


def write(valkey: ValkeyProcess, items: int = 10) -> float:
    """A closing under way, two instances that do so many items a minute, an incident that is
    open, a roll-out that is under way."""
    now = time.time()
    tomorrow = f"{datetime.fromtimestamp(now + 86_400, UTC):%Y-%m-%d}"
    closing = Snapshot(now, "", tomorrow, 800, 2, 190, 1, 3, 996, (30,) * 16, now, 1)
    beats = [Beat(f"i{n}", now, now - 600, 2.0, in_flight=1) for n in range(2)]
    heard = tuple(Heard(one.instance, now, one) for one in beats)
    rolled = Deployment("d1", "abcdef0123", DeploymentState.RUNNING, now - 60, message="Layout")
    state = CheckState("web", incident=Incident("n1", "web", now - 90, "no answer"))
    cells = {
        str(ITEMS): f"{code_of(11.0)}:{items}",
        str(COUNT): f"{code_of_count(2)}:12",
    }
    with valkey.client() as client:
        place = keys.found(SERVICE)
        client.hset(place, NAME, packed(_SNAPSHOT.dump_json(closing)))
        client.hset(
            place, INSTANCES, packed(_INSTANCES.dump_json(Instances(now, now, heard=heard)))
        )
        deployments = Deployments(now, "this machine", records=(Record(rolled),))
        client.hset(place, DEPLOYMENTS_NAME, packed(DEPLOYMENTS.dump_json(deployments)))
        client.hset(keys.states(SERVICE), "web", _STATE.dump_json(state))
        client.sadd(keys.series(SERVICE), *cells)
        for series, text in cells.items():
            for n in range(1, 60):
                client.hset(keys.open_cells(SERVICE, series), f"{int(now // 60) - n}.1", text)
    return now


def loaded(store: Store, now: float, limits: Range | None = None) -> Board:
    return load_board(store, None, SETTINGS, SERVICE, now, limits=limits)


def test_arrivals_instances_and_bounds_are_those_of_scaling(
    store: Store, valkey_process: ValkeyProcess
):
    now = write(valkey_process)
    board, scaling = loaded(store, now, Range(1, 6)), load_scaling(store, SERVICE, now)
    assert board.needs.arriving == scaling.work.rate == 600
    assert board.needs.running == scaling.work.running == 2
    assert board.needs.platform is not None
    assert board.needs.platform.most == 6
    assert "arrivals 600 items an hour" in board.needs.limited


def test_what_must_still_be_done_is_counted_alike_everywhere(
    store: Store, valkey_process: ValkeyProcess
):
    board = loaded(store, write(valkey_process))
    sums = board.told.sums
    assert sums is not None
    assert sums.left == 2 + 190 + 1 + 3  # running, waiting, held, failed; nothing more is expected
    assert (sums.by_itself, sums.stuck) == (192, 4)
    assert board.needs.now is not None
    load = board.needs.now
    assert load.need.deadline is not None


def test_an_incident_that_is_open_and_the_instances_of_today_are_in_the_comparison(
    store: Store, valkey_process: ValkeyProcess
):
    seen = loaded(store, write(valkey_process)).rows[0].seen
    assert (seen.incidents, seen.most) == (1, 2)


def test_a_roll_out_under_way_in_the_freeze_is_a_risk(store: Store, valkey_process: ValkeyProcess):
    board = loaded(store, write(valkey_process))
    (risk,) = [one for one in board.risks if one.what == "Deployments in the freeze"]
    assert "abcdef0 “Layout” (is being rolled out since" in risk.text


def test_arrivals_that_nobody_saw_are_not_none(store: Store, valkey_process: ValkeyProcess):
    now = write(valkey_process)
    with valkey_process.client() as client:
        client.delete(keys.open_cells(SERVICE, str(COUNT)), keys.open_cells(SERVICE, str(ITEMS)))
    board = loaded(store, now)
    assert board.needs.arriving is None
    assert "arrivals" not in board.needs.limited


def test_whoever_needs_the_verdict_only_asks_little_and_hears_the_same(
    store: Store, valkey_process: ValkeyProcess
):
    now = write(valkey_process)
    whole = loaded(store, now)
    lean = load_board(store, None, SETTINGS, SERVICE, now, lean=True)
    assert lean.told.verdict == whole.told.verdict
    assert (lean.needs.running, lean.needs.arriving) == (2, None)
