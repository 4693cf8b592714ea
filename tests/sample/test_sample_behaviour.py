"""How the parts of the sample world behave: moods, limits and rhythm, without a clock."""

import random
from pathlib import Path

import httpx
import pytest

from console.sample import accounting, traffic
from console.sample.accounting import Api, create
from console.sample.serving import CYCLE, SLOW_FACTOR, SLOW_FOR, delay

QUIET, SLOW = SLOW_FOR + 1, SLOW_FOR - 1  # seconds in a cycle


@pytest.fixture(autouse=True)
def always_the_same() -> None:
    random.seed(20261124)


@pytest.fixture
async def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A caller of the accounting API without a process, a mood or a delay."""
    monkeypatch.setattr(accounting, "ERROR_SHARE", 0.0)
    monkeypatch.setattr(accounting, "MEDIAN_WORK", 0.0)
    app = create(Api("relay", "secret", tmp_path / "faults.json"))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://accounting") as client:
        yield client


async def sign_in(api: httpx.AsyncClient, secret: str = "secret") -> httpx.Response:
    form = {"grant_type": "client_credentials", "client_id": "relay", "client_secret": secret}
    answer = await api.post("/oauth/token", data=form)
    if answer.status_code == 200:
        api.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer


def test_work_takes_different_times_around_its_median_and_longer_in_a_slow_phase():
    usual = sorted(delay(0.01, QUIET) for _ in range(1001))
    slow = sorted(delay(0.01, CYCLE + SLOW) for _ in range(1001))
    assert 0.009 < usual[500] < 0.011
    assert usual[950] > 1.5 * usual[500] > 2.5 * usual[50]
    assert slow[500] / usual[500] == pytest.approx(SLOW_FACTOR, rel=0.1)


def test_the_shapes_of_the_traffic_take_turns():
    hour = [traffic.shape(minute * 60.0) for minute in range(60)]
    assert set(hour) == set(traffic.SHAPES)
    for name, rate in traffic.SHAPES.items():
        pauses = [traffic.pause(hour.index(name) * 60.0) for _ in range(2000)]
        assert len(pauses) / sum(pauses) == pytest.approx(rate, rel=0.1)


def test_a_few_items_are_asked_for_often_so_that_a_cache_is_worth_it():
    asked = [traffic.item() for _ in range(2000)]
    assert all(0 <= item < accounting.INVOICES for item in asked)
    assert sum(item < accounting.INVOICES / 10 for item in asked) > 0.4 * len(asked)


async def test_without_a_token_there_is_nothing(api: httpx.AsyncClient):
    assert (await api.get("/v1/invoices")).status_code == 401
    assert (await sign_in(api, "wrong")).status_code == 401
    assert (await api.get("/status")).json() == {"status": "ok"}


async def test_a_token_opens_the_door_until_it_expires(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    assert (await sign_in(api)).json()["expires_in"] == accounting.TOKEN_LIFETIME
    assert (await api.get("/v1/invoices/3")).json()["number"] == "INV-00003"
    monkeypatch.setattr(accounting, "TOKEN_LIFETIME", -1.0)
    await sign_in(api)
    assert (await api.get("/v1/invoices/3")).status_code == 401


async def test_the_rate_limit_is_announced_and_then_held(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(accounting, "RATE_LIMIT", 2)
    await sign_in(api)
    answers = [await api.get("/v1/invoices/1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert 0 < int(answers[2].headers["retry-after"]) <= accounting.RATE_WINDOW


async def test_it_has_its_moods(api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(accounting, "ERROR_SHARE", 0.5)
    monkeypatch.setattr(accounting, "RATE_LIMIT", 100)
    await sign_in(api)
    answers = [(await api.get("/v1/invoices/1")).status_code for _ in range(60)]
    assert set(answers) == {200, 500}


async def test_the_pages_are_numbered_and_the_last_one_says_so(api: httpx.AsyncClient):
    await sign_in(api)
    first = (await api.get("/v1/invoices", params={"page": 1})).json()
    last_page = accounting.INVOICES // accounting.PAGE_SIZE
    last = (await api.get("/v1/invoices", params={"page": last_page})).json()
    assert (first["next"], last["next"]) == (2, None)
    assert (await api.get(f"/v1/invoices/{accounting.INVOICES}")).status_code == 404
