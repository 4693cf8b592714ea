"""The guard against a real Streamlit process: a real browser, and clients that pretend."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.testing.v1 import AppTest

from tests.another_site import another_site
from tests.chromium import chromium
from tests.network import own_address
from tests.visiting import messages, open_stream

APP = Path(__file__).parents[1] / "apps" / "guard_app.py"


@pytest.fixture(scope="module")
def local(serve) -> str:
    """A page served on loopback only."""
    return serve("guard_app.py")


@pytest.fixture(scope="module")
def exposed(serve) -> str:
    """The same page on all interfaces, Streamlit's own default."""
    return serve("guard_app.py", address=None)


def role_of(
    url: str,
    *,
    origin: str | None = "own",
    peer: str = "127.0.0.1",
    headers: dict[str, str] | None = None,
) -> dict[str, str]:
    """Open the page's websocket as a program would, and read what the page says."""
    with open_stream(url, origin=origin, peer=peer, headers=headers) as websocket:
        texts = [message.delta.new_element.text.body for message, _ in messages(websocket)]
    return {name: value for name, _, value in (text.partition("=") for text in texts if text)}


def test_a_local_browser_is_the_operator_in_the_eyes_of_a_real_server(local: str) -> None:
    assert role_of(local)["role"] == "operator"


def test_on_all_interfaces_even_the_local_user_is_a_viewer(exposed: str) -> None:
    said = role_of(exposed)
    assert said["role"] == "viewer"
    assert "listens beyond its own machine" in said["why"]


def test_another_machine_is_a_viewer(exposed: str) -> None:
    assert role_of(exposed, peer=own_address())["role"] == "viewer"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"X_Forwarded_For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"CF-Connecting-IP": "127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_forged_marks_of_a_proxy_make_a_viewer_of_the_local_user(
    local: str, headers: dict[str, str]
) -> None:
    assert role_of(local, headers=headers)["role"] == "viewer"


def test_a_viewer_who_forges_the_operators_click_and_session_is_refused(local: str) -> None:
    with open_stream(local) as websocket:
        drawn = [message for message, _ in messages(websocket)]
    button = next(id for one in drawn if (id := one.delta.new_element.button.id))
    session = next(id for one in drawn if (id := one.new_session.initialize.session_id))
    with open_stream(local, headers={"Via": "1.1 proxy"}, session=session) as websocket:
        said = [message for message, _ in messages(websocket, click=button)]
    assert session in {one.new_session.initialize.session_id for one in said}
    texts = [one.delta.new_element.text.body for one in said]
    assert any(text.startswith("acted=refused: This connection was handed on") for text in texts)


def test_a_server_told_to_trust_every_proxy_still_sees_that_there_was_one(serve) -> None:
    url = serve("guard_app.py", FORWARDED_ALLOW_IPS="*")  # uvicorn takes the peer from the header
    said = role_of(url, headers={"X-Forwarded-For": "127.0.0.1"})
    assert said["role"] == "viewer"
    assert "proxy" in said["why"]


@pytest.mark.parametrize("origin", [None, "http://localhost:1", "http://127.0.0.1"])
def test_what_streamlit_lets_in_from_another_page_of_this_machine_is_a_viewer(
    local: str, origin: str | None
) -> None:
    assert role_of(local, origin=origin)["role"] == "viewer"


def test_a_hosting_platform_makes_a_viewer_of_everybody(serve) -> None:
    url = serve("guard_app.py", HOSTNAME="streamlit")
    said = role_of(url)
    assert said["role"] == "viewer"
    assert "Community Cloud" in said["why"]


def test_without_a_connection_apptest_is_a_viewer() -> None:
    page = AppTest.from_file(APP).run()
    assert page.text[0].value == "role=viewer"
    page.button(key="act").click().run()
    assert page.text[2].value.startswith("acted=refused: ")


@pytest.mark.usefixtures("operator")
def test_apptest_can_be_the_operator() -> None:
    page = AppTest.from_file(APP).run()
    assert page.text[0].value == "role=operator"
    page.button(key="act").click().run()
    assert page.text[2].value == "acted=done"


@pytest.mark.usefixtures("viewer")
def test_apptest_can_be_a_viewer_from_another_machine() -> None:
    page = AppTest.from_file(APP).run()
    assert page.text[0].value == "role=viewer"
    assert page.text[1].value == "why=You reach this console from another machine."


def test_an_action_asks_again_whoever_the_page_was_drawn_for(
    operator: None, request: pytest.FixtureRequest
) -> None:
    page = AppTest.from_file(APP).run()
    assert page.text[0].value == "role=operator"
    request.getfixturevalue("viewer")
    page.button(key="act").click().run()
    assert page.text[2].value.startswith("acted=refused: ")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.mark.browser
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_real_browser_at_the_machine_is_the_operator_and_may_act(
    browser: Browser, local: str, name: str
) -> None:
    page = browser.new_page()
    page.goto(local.replace("localhost", name))
    page.get_by_text("role=operator").wait_for(timeout=20_000)
    page.get_by_role("button", name="Act").click()
    page.get_by_text("acted=done").wait_for(timeout=20_000)
    page.close()


@pytest.mark.browser
def test_a_page_of_another_port_of_this_machine_gets_a_viewers_websocket(
    browser: Browser, local: str
) -> None:
    page = browser.new_page()
    with another_site() as site:
        page.goto(site)
        start = BackMsg()
        start.rerun_script.query_string = ""
        seen = page.evaluate(STEAL, [local.replace("http", "ws"), list(start.SerializeToString())])
    assert "role=viewer" in seen
    assert "role=operator" not in seen
    page.close()


STEAL = """([url, start]) => new Promise((resolve, reject) => {
    const socket = new WebSocket(url + "/_stcore/stream", ["streamlit"]);
    socket.binaryType = "arraybuffer";
    let seen = "";
    socket.onopen = () => socket.send(new Uint8Array(start));
    socket.onerror = () => reject("refused");
    socket.onmessage = (event) => {
        seen += new TextDecoder().decode(event.data);
        if (seen.includes("acted=")) resolve(seen);
    };
})"""
