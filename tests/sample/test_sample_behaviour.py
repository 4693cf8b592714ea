"""How the parts of the sample world behave: moods, limits and rhythm, without a process."""

import random
import time
from pathlib import Path

import httpx
import pytest

from console.sample import accounting, books, faults, traffic
from console.sample.accounting import Api, create
from console.sample.books import Books
from console.sample.serving import CYCLE, SLOW_FACTOR, SLOW_FOR, delay

QUIET, SLOW = SLOW_FOR + 1, SLOW_FOR - 1  # seconds in a cycle
NOW = 1_800_000_000.0
SEED = "first-refresh-token"


@pytest.fixture(autouse=True)
def always_the_same() -> None:
    random.seed(20261124)


@pytest.fixture
def ledger(tmp_path: Path):
    """The books of the API."""
    made = Books(tmp_path / "accounting.db")
    made.admit(SEED, "refresh", time.time() + 60)
    yield made
    made.close()


@pytest.fixture
def state(tmp_path: Path, ledger: Books) -> Api:
    return Api("relay", "secret", tmp_path / "faults.json", ledger)


@pytest.fixture
async def api(state: Api, monkeypatch: pytest.MonkeyPatch):
    """A caller of the accounting API without a process, a mood or a delay."""
    monkeypatch.setattr(accounting, "ERROR_SHARE", 0.0)
    monkeypatch.setattr(accounting, "CROWDED_SHARE", 0.0)
    monkeypatch.setattr(accounting, "MEDIAN_WORK", 0.0)
    transport = httpx.ASGITransport(create(state))
    async with httpx.AsyncClient(transport=transport, base_url="http://accounting") as client:
        yield client


async def sign_in(
    api: httpx.AsyncClient, token: str = SEED, secret: str = "secret"
) -> httpx.Response:
    form = {"grant_type": "refresh_token", "client_id": "relay", "client_secret": secret}
    answer = await api.post("/oauth/token", data={**form, "refresh_token": token})
    if answer.status_code == 200:
        api.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer


async def book(api: httpx.AsyncClient, number: str, key: str = "") -> httpx.Response:
    invoice = {"number": number, "customer": "C001", "amount": 12.5}
    return await api.post("/v1/invoices", json=invoice, headers={"Idempotency-Key": key or number})


def test_work_takes_different_times_around_its_median_and_longer_in_a_slow_phase():
    usual = sorted(delay(0.01, QUIET) for _ in range(1001))
    slow = sorted(delay(0.01, CYCLE + SLOW) for _ in range(1001))
    assert 0.009 < usual[500] < 0.011
    assert usual[950] > 1.5 * usual[500] > 2.5 * usual[50]
    assert slow[500] / usual[500] == pytest.approx(SLOW_FACTOR, rel=0.1)


def test_the_shapes_of_the_traffic_take_turns():
    hour = [traffic.shape(minute * 60.0) for minute in range(60)]
    assert set(hour) == set(traffic.SHAPES) == {"quiet", "normal", "month-end"}


def test_the_traffic_keeps_its_rate():
    pauses = [traffic.pause(0.5) for _ in range(2000)]
    assert len(pauses) / sum(pauses) == pytest.approx(0.5, rel=0.1)


def test_a_chosen_shape_holds_until_its_time_is_over(tmp_path: Path):
    file, quiet = tmp_path / "traffic.json", 0.0
    assert traffic.shape(quiet, file) == "quiet"
    traffic.choose(file, "month-end", 60.0)
    assert traffic.shape(59.0, file) == "month-end"
    assert traffic.shape(60.0, file) == "quiet"
    traffic.choose(file, "normal", 0.0)
    assert traffic.shape(1e9, file) == "normal"
    file.write_text("no JSON")
    assert traffic.shape(quiet, file) == "quiet"


def test_month_end_asks_for_more_than_the_accounting_api_allows():
    shape = traffic.SHAPES["month-end"]
    asked = {traffic.number() for _ in range(int(shape.reads * 60))}
    assert shape.orders * 60 + len(asked) > accounting.RATE_LIMIT


def test_a_few_invoices_are_asked_for_often_so_that_a_cache_is_worth_it():
    asked = [traffic.number() for _ in range(2000)]
    assert all(0 <= number < books.OPENING for number in asked)
    assert sum(number < books.OPENING / 10 for number in asked) > 0.4 * len(asked)


def test_every_order_has_a_number_of_its_own():
    assert len({traffic.order(NOW) for _ in range(100)}) == 100


async def test_without_a_token_there_is_nothing(api: httpx.AsyncClient):
    assert (await api.get("/v1/invoices")).status_code == 401
    assert (await sign_in(api, secret="wrong")).status_code == 401
    assert (await api.get("/status")).json() == {"status": "ok"}


async def test_a_refresh_token_works_once_and_gives_its_successor(api: httpx.AsyncClient):
    first = (await sign_in(api)).json()
    again = await sign_in(api)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    assert (await sign_in(api, first["refresh_token"])).status_code == 200


async def test_an_access_token_opens_the_door_until_it_expires(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    first = (await sign_in(api)).json()
    assert first["expires_in"] == accounting.ACCESS_LIFETIME
    assert (await api.get("/v1/invoices/INV-00003")).json()["number"] == "INV-00003"
    monkeypatch.setattr(accounting, "ACCESS_LIFETIME", -1.0)
    await sign_in(api, first["refresh_token"])
    assert (await api.get("/v1/invoices/INV-00003")).status_code == 401


async def test_the_rate_limit_is_announced_and_then_held(api: httpx.AsyncClient, state: Api):
    state.limit = 2
    await sign_in(api)
    answers = [await api.get("/v1/invoices/INV-00001") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert 0 < int(answers[2].headers["retry-after"]) <= accounting.RATE_WINDOW


async def test_it_has_its_moods(
    api: httpx.AsyncClient, state: Api, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(accounting, "ERROR_SHARE", 0.3)
    monkeypatch.setattr(accounting, "CROWDED_SHARE", 0.3)
    state.limit = 100
    await sign_in(api)
    answers = [(await api.get("/v1/invoices/INV-00001")) for _ in range(60)]
    assert {answer.status_code for answer in answers} == {200, 429, 500}
    crowded = next(answer for answer in answers if answer.status_code == 429)
    assert crowded.headers["retry-after"] == str(accounting.CROWDED_FOR)


async def test_the_pages_are_numbered_and_the_last_one_says_so(api: httpx.AsyncClient):
    await sign_in(api)
    pages = [(await api.get("/v1/invoices", params={"page": page})).json() for page in (1, 2, 3)]
    assert [page["next"] for page in pages] == [2, None, None]
    assert [len(page["items"]) for page in pages] == [100, 100, 0]
    assert (await api.get("/v1/invoices/INV-99999")).status_code == 404


async def test_an_invoice_is_booked_once_however_often_it_is_sent(
    api: httpx.AsyncClient, ledger: Books
):
    await sign_in(api)
    first, again = [await book(api, "INV-X") for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert ledger.page(1, 1000)[1] == books.OPENING + 1
    assert (await api.get("/v1/invoices/INV-X")).json()["amount"] == 12.5


async def test_a_customer_who_has_closed_the_account_gets_no_invoice(api: httpx.AsyncClient):
    await sign_in(api)
    customer = next(f"C{n:03}" for n in range(1000) if accounting.closed(f"C{n:03}"))
    invoice = {"number": "INV-Y", "customer": customer, "amount": 1}
    answer = await api.post("/v1/invoices", json=invoice)
    assert answer.status_code == 422
    assert customer in answer.json()["error"]


def test_the_pages_show_the_newest_and_the_books_forget_what_is_old(tmp_path: Path):
    made = Books(tmp_path / "accounting.db")
    made.open(NOW)
    for number in range(books.LISTED):
        made.book(f"A-{number}", "", 1.0, NOW)
    found, total = made.page(1, 100)
    assert (found[0].number, total) == ("A-0", books.LISTED)
    assert made.page(10, 100)[0][-1].number == f"A-{books.LISTED - 1}"
    made.open(NOW + books.KEPT + 1)
    assert made.page(1, 1000)[1] == books.OPENING
    made.close()


def test_the_books_outlive_the_process(tmp_path: Path):
    made = Books(tmp_path / "accounting.db")
    made.open(NOW)
    made.book("INV-X", "key", 1.0, NOW)
    token = made.issue("access", 60, NOW)
    made.close()
    again = Books(tmp_path / "accounting.db")
    again.open(NOW)
    assert again.find("INV-X") is not None
    assert again.valid(token, "access", NOW + 59)
    assert not again.valid(token, "access", NOW + 60)
    again.close()


async def test_a_broken_relay_logs_each_answer_as_an_error(tmp_path: Path):
    class Log:
        def __init__(self) -> None:
            self.lines: list[tuple[str, object]] = []

        def error(self, event: str, **told: object) -> None:
            self.lines.append((event, told["status"]))

    file, log = tmp_path / "faults.json", Log()
    faults.write(file, {"relay": faults.FOREVER})
    transport = httpx.ASGITransport(faults.Breakable(None, str(file), log))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/items")).status_code == 500
    assert log.lines == [("request", 500)]
