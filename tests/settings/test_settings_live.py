"""Trials against real servers on loopback."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from console.config import Config, Settings
from console.health.check import Check, Service
from console.settings.at_hand import at_hand
from console.settings.gather.live import SERVICE_URL, filled, to_try, try_all, way_of
from console.settings.model import Kind, Spec, Variable
from console.settings.spec import read_spec
from console.settings.trial import Outcome
from console.settings.trials import start
from tests.processes import free_port
from tests.valkey_process import ValkeyProcess

TOKEN = "hunter2-Zq9-hunter2-Zq9"
SPEC, PROBLEMS = read_spec(
    """
[variables.API_URL]
type = "url"
[variables.CACHE]
type = "url"
schemes = ["redis", "rediss"]
[variables.TOKEN]
live = "bearer"
live_url = "${API_URL}/me"
[variables.SEED]
live = "never"
[variables.NAME]
"""
)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        codes = {"/me": 200 if allowed else 401, "/broken": 503, "/gone/me": 404}
        self.send_response(codes.get(self.path, 200))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        """As the kit answers an order without an idempotency key."""
        allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        code = {"/ops/run": 400 if allowed else 401, "/none/ops/run": 501}.get(self.path, 404)
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


async def told(values: dict[str, str]) -> dict[str, tuple[Outcome, str]]:
    found = await try_all(to_try(SPEC, values), values)
    return {one.name: (one.outcome, one.text) for one in found}


async def test_what_works_works(api: str, valkey_process: ValkeyProcess):
    found = await told({"API_URL": api, "CACHE": valkey_process.url, "TOKEN": TOKEN, "NAME": "x"})
    assert {name: outcome for name, (outcome, _) in found.items()} == dict.fromkeys(
        ("API_URL", "CACHE", "TOKEN"), Outcome.WORKS
    )
    assert found["TOKEN"][1].startswith("is accepted (200) (")


@pytest.mark.parametrize(
    ("more", "name", "outcome", "words"),
    [
        ({"TOKEN": "wrong-token"}, "TOKEN", Outcome.FAILS, "is not accepted (401)"),
        ({"TOKEN": "a\nb"}, "TOKEN", Outcome.FAILS, "fails (LocalProtocolError)"),
        ({"TOKEN": "é"}, "TOKEN", Outcome.FAILS, "cannot be sent"),
        ({"CACHE": "redis://127.0.0.1:1"}, "CACHE", Outcome.FAILS, "cannot be reached"),
        ({"CACHE": "nonsense"}, "CACHE", Outcome.FAILS, "is no Redis URL"),
        ({"API_URL": "http://127.0.0.1:1"}, "API_URL", Outcome.FAILS, "cannot be reached"),
        ({"API_URL": "nonsense"}, "API_URL", Outcome.FAILS, "cannot be sent"),
        ({"API_URL": "http://[::1"}, "API_URL", Outcome.FAILS, "cannot be sent"),
        ({"API_URL": "http://api.acme.invalid"}, "TOKEN", Outcome.UNKNOWN, "unencrypted"),
        ({"API_URL": ""}, "TOKEN", Outcome.UNKNOWN, "where it is accepted is not set"),
    ],
)
async def test_what_does_not_work_is_a_sentence(
    api: str, more: dict[str, str], name: str, outcome: Outcome, words: str
):
    found = await told({"API_URL": api, "TOKEN": TOKEN, **more})
    assert found[name][0] is outcome
    assert words in found[name][1]
    assert not any(value in found[name][1] for value in more.values() if len(value) > 2)


@pytest.mark.parametrize(
    ("path", "token", "outcome", "words"),
    [
        ("/", TOKEN, Outcome.WORKS, "is accepted by the service; nothing was run"),
        ("", "wrong-token", Outcome.FAILS, "is not accepted (401)"),
        ("/none", TOKEN, Outcome.UNKNOWN, "offers no runs"),
        ("/else", TOKEN, Outcome.UNKNOWN, "got 404"),
        (None, TOKEN, Outcome.UNKNOWN, "does not know where the service answers"),
    ],
)
async def test_a_run_token_is_shown_to_the_service_without_a_run(
    api: str, path: str | None, token: str, outcome: Outcome, words: str
):
    values = {"RUN": token} | ({} if path is None else {SERVICE_URL: f"{api}{path}"})
    variable = Variable("RUN", secret=True, live="run")
    (found,) = await try_all([variable], values)
    assert (found.outcome, words in found.text) == (outcome, True), found.text


async def test_a_run_token_does_not_travel_unencrypted():
    values = {"RUN": TOKEN, SERVICE_URL: "http://relay.acme.invalid"}
    (found,) = await try_all([Variable("RUN", live="run")], values)
    assert "would travel unencrypted" in found.text


def test_what_the_console_works_with_itself_is_at_hand():
    variables = {
        "REDIS_URL": Variable("REDIS_URL", kind=Kind.URL, schemes=("redis",)),
        "RUN_TOKEN": Variable("RUN_TOKEN", live="run"),
        "OTHER": Variable("OTHER", live="bearer"),
    }
    check = Check(name="cache", type="redis", url_env="THE_CACHE")
    service = Service(name="relay", url="http://relay", checks=(check,), run_token_env="THE_TOKEN")
    secrets = {"THE_CACHE": "redis://h", "THE_TOKEN": TOKEN}
    config = Config(Settings(), (service,), secrets=secrets)
    held = at_hand(config, service, Spec(variables=variables))
    assert held.values == {
        "REDIS_URL": "redis://h",
        "RUN_TOKEN": TOKEN,
        SERVICE_URL: "http://relay",
    }
    assert TOKEN not in repr(held)
    two = {**variables, "REPLICA": Variable("REPLICA", live="redis")}
    assert "REDIS_URL" not in at_hand(config, service, Spec(variables=two)).values
    assert at_hand(Config(Settings(), (service,)), service, Spec()).values == {}


async def test_a_server_error_fails_and_another_path_says_nothing(api: str):
    found = await told({"API_URL": f"{api}/broken"})
    assert found["API_URL"] == (Outcome.FAILS, found["API_URL"][1])
    assert "answers 503" in found["API_URL"][1]
    found = await told({"API_URL": f"{api}/gone", "TOKEN": TOKEN})
    assert found["TOKEN"][0] is Outcome.UNKNOWN


async def test_who_accepts_and_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("console.settings.gather.live.TOTAL_SECONDS", 0.2)
    port = free_port()
    server = await asyncio.start_server(lambda _r, _w: asyncio.sleep(0), "127.0.0.1", port)
    async with server:
        found = await told({"API_URL": f"http://127.0.0.1:{port}"})
    assert found["API_URL"][0] is Outcome.FAILS
    assert "does not answer" in found["API_URL"][1]


async def test_no_log_line_holds_an_address_or_a_token(api: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    await told({"API_URL": f"{api}/?key={TOKEN}", "TOKEN": TOKEN})
    assert TOKEN not in caplog.text


def test_a_seed_is_never_tried_and_urls_are_tried_by_their_scheme():
    assert PROBLEMS == []
    values = dict.fromkeys(SPEC.variables, "x")
    assert [one.name for one in to_try(SPEC, values)] == ["API_URL", "CACHE", "TOKEN"]
    assert way_of(Variable("A", kind=Kind.URL, schemes=("postgres",))) == ""
    assert way_of(Variable("A", kind=Kind.URL, live="never")) == "never"


def test_an_address_is_filled_in():
    values = {"A": "https://a.co/"}
    assert filled("${A}/me", values) == "https://a.co/me"
    assert filled("${A}${B}", values) == ""
    assert filled("https://a.co", values) == "https://a.co"


def test_an_attempt_runs_beside_and_at_most_two_at_once(api: str):
    attempts = [start(SPEC, {"API_URL": f"{api}/", "NAME": TOKEN}) for _ in range(2)]
    for attempt in attempts:
        assert attempt is not None
        assert attempt.done.wait(10)
        assert [one.outcome for one in attempt.results] == [Outcome.WORKS]
    again = start(SPEC, {"API_URL": api})
    assert again is not None
    assert again.done.wait(10)
