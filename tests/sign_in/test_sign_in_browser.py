"""Sign-in against a real provider, in a real browser, and clients that only pretend."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from playwright.sync_api import Browser, BrowserContext, Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from console.activity.chain import Entry
from console.store.journal import Journal
from tests.chromium import chromium
from tests.processes import free_port
from tests.sign_in.oidc import CLIENT_ID, CLIENT_SECRET, Oidc, provider
from tests.valkey_process import ValkeyProcess
from tests.visiting import messages, open_stream

pytestmark = pytest.mark.browser
LIMIT = 20_000  # milliseconds
ANN: dict[str, object] = {"email": "ann@example.com", "email_verified": True}
BOB: dict[str, object] = {"email": "bob@example.com", "email_verified": True}


@pytest.fixture(scope="module")
def oidc() -> Iterator[Oidc]:
    with provider() as running:
        yield running


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds by how many seconds the clock of the console's guard is ahead."""
    return tmp_path_factory.mktemp("clock") / "ahead"


@pytest.fixture(autouse=True)
def right_clock(ahead: Path) -> None:
    ahead.write_text("0")


@pytest.fixture(scope="module")
def app(
    serve,
    oidc: Oidc,
    valkey_process: ValkeyProcess,
    ahead: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """A console with sign-in, bound to loopback."""
    port = free_port()
    secrets = {
        "redirect_uri": f"http://localhost:{port}/oauth2callback",
        "cookie_secret": "c" * 32,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "server_metadata_url": f"{oidc.url}/.well-known/openid-configuration",
    }
    file: Path = tmp_path_factory.mktemp("secrets") / "secrets.toml"
    file.write_text("[auth]\n" + "".join(f"{n} = {json.dumps(v)}\n" for n, v in secrets.items()))
    return serve(
        "sign_in_app.py",
        port=port,
        STREAMLIT_SECRETS_FILES=str(file),
        TEST_STORE_URL=valkey_process.url,
        TEST_CLOCK=str(ahead),
        TEST_OPERATORS="ann@example.com",
        TEST_VIEWERS="@example.com",
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    yield made
    made.close()


def sign_in(context: BrowserContext, app: str, oidc: Oidc, claims: dict[str, object]) -> Page:
    """Sign in as somebody, up to what the console then shows."""
    oidc.claims, oidc.signing_key = dict(claims), None
    page = context.new_page()
    page.goto(app)
    page.get_by_role("button", name="Sign in").click(timeout=LIMIT)
    return page


def refusals(server: ValkeyProcess) -> list[Entry]:
    journal = Journal(server.url)
    found = [one for one in journal.newest(50) if one.outcome == "refused"]
    journal.close()
    return found


def test_an_operator_signs_in_acts_and_signs_out(
    context: BrowserContext, app: str, oidc: Oidc
) -> None:
    page = sign_in(context, app, oidc, ANN)
    expect(page.get_by_text("role=operator name=ann@example.com")).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Act", exact=True).click()
    expect(page.get_by_text("acted=done by ann@example.com")).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=LIMIT)
    expect(page.get_by_text("role=")).to_have_count(0)


def test_a_viewer_who_calls_the_action_is_refused_and_that_is_logged(
    context: BrowserContext, app: str, oidc: Oidc, valkey_process: ValkeyProcess
) -> None:
    page = sign_in(context, app, oidc, BOB)
    expect(page.get_by_text("role=viewer name=bob@example.com")).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Act", exact=True).click()
    expect(page.get_by_text("acted=refused: You are on CONSOLE_VIEWERS")).to_be_visible(
        timeout=LIMIT
    )
    newest = refusals(valkey_process)[0]
    assert (newest.actor, newest.role, newest.kind) == ("bob@example.com", "viewer", "probe")
    assert "CONSOLE_OPERATORS" in newest.evidence


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"email": "eve@evil.test", "email_verified": True}, "is on neither CONSOLE_VIEWERS"),
        ({"email": "ann@example.com", "email_verified": False}, "does not confirm"),
        ({"email": "ann@example.com"}, "does not confirm"),
        ({**ANN, "iat": 1_700_000_000}, "has expired"),
    ],
)
def test_who_is_not_let_in_sees_why_and_nothing_else(
    context: BrowserContext, app: str, oidc: Oidc, claims: dict[str, object], said: str
) -> None:
    page = sign_in(context, app, oidc, claims)
    expect(page.get_by_text(said)).to_be_visible(timeout=LIMIT)
    expect(page.get_by_text("role=")).to_have_count(0)
    expect(page.get_by_role("button", name="Act", exact=True)).to_have_count(0)


def test_a_token_signed_with_another_key_signs_nobody_in(
    context: BrowserContext, app: str, oidc: Oidc
) -> None:
    oidc.claims = dict(ANN)
    oidc.signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    page = context.new_page()
    page.goto(app)
    with page.expect_response(lambda answer: "/oauth2callback" in answer.url, timeout=LIMIT):
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=LIMIT)
    assert not [one for one in context.cookies() if one.get("name") == "_streamlit_user"]


def test_a_sign_in_that_expires_while_the_page_is_open_may_not_act(
    context: BrowserContext, app: str, oidc: Oidc, valkey_process: ValkeyProcess
) -> None:
    page = sign_in(context, app, oidc, {**ANN, "iat": int(time.time()) - 11.5 * 3600})
    expect(page.get_by_text("role=operator")).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Wait and act").click()
    expect(page.get_by_text("acted=refused: Your sign-in has expired")).to_be_visible(timeout=LIMIT)
    expect(page.get_by_role("button", name="Act", exact=True)).to_have_count(0)
    newest = refusals(valkey_process)[0]
    assert (newest.actor, newest.role) == ("ann@example.com", "nobody")


def test_a_page_left_open_shows_nothing_any_more_once_the_sign_in_has_expired(
    context: BrowserContext, app: str, oidc: Oidc, ahead: Path
) -> None:
    page = sign_in(context, app, oidc, {**ANN, "iat": int(time.time()) - 11.5 * 3600})
    expect(page.get_by_text("live figures")).to_be_visible(timeout=LIMIT)
    ahead.write_text("3600")
    expect(page.get_by_text("has expired")).to_be_visible(timeout=LIMIT)
    expect(page.get_by_text("live figures")).to_have_count(0)
    expect(page.get_by_role("button", name="Act", exact=True)).to_have_count(0)


def cookie(context: BrowserContext, name: str) -> str:
    """The value of a cookie of the browser."""
    return next(one.get("value", "") for one in context.cookies() if one.get("name") == name)


def pretend(
    context: BrowserContext, app: str, user: str, *, session: str = "", click: str = ""
) -> list[ForwardMsg]:
    """What the page says to a program that sends this cookie, as Streamlit's own page would."""
    token = cookie(context, "_streamlit_xsrf")
    headers = {"Cookie": f"_streamlit_xsrf={token}; _streamlit_user={user}"}
    with open_stream(app, headers=headers, session=session, xsrf=token) as websocket:
        return [message for message, _ in messages(websocket, click=click)]


def text_of(said: list[ForwardMsg]) -> str:
    return " ".join(str(message) for message in said)


def test_a_forged_or_altered_cookie_is_nobody(
    context: BrowserContext, app: str, oidc: Oidc
) -> None:
    page = sign_in(context, app, oidc, ANN)
    expect(page.get_by_text("role=operator")).to_be_visible(timeout=LIMIT)
    true = cookie(context, "_streamlit_user")
    assert "role=operator" in text_of(pretend(context, app, true))
    middle = len(true) // 4
    other = "A" if true[middle] != "A" else "B"
    altered = true[:middle] + other + true[middle + 1 :]
    claims = json.dumps({**ANN, "is_logged_in": True, "iat": time.time(), "origin": app})
    unsigned = base64.urlsafe_b64encode(claims.encode()).decode()
    for forged in (altered, true[:-2], unsigned, ""):
        said = text_of(pretend(context, app, forged))
        assert "role=" not in said
        assert "not signed in" in said


def test_a_forged_cookie_cannot_take_over_the_session_of_an_operator(
    context: BrowserContext, app: str, oidc: Oidc
) -> None:
    page = sign_in(context, app, oidc, ANN)
    expect(page.get_by_text("role=operator")).to_be_visible(timeout=LIMIT)
    true = cookie(context, "_streamlit_user")
    drawn = pretend(context, app, true)
    buttons = (one.delta.new_element.button for one in drawn)
    act = next(button.id for button in buttons if button.label == "Act")
    session = next(id for one in drawn if (id := one.new_session.initialize.session_id))
    said = text_of(pretend(context, app, "forged", session=session, click=act))
    assert "acted=no" in said
    assert "not signed in" in said
    assert "done by" in text_of(pretend(context, app, true, session=session, click=act))
