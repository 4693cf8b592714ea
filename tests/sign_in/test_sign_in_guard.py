"""The guard where sign-in is absent, broken, or meant and missing; and a log that is away."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from console.access import Role
from console.config import Settings
from console.errors import NotAllowed
from console.sign_in.model import Provider
from console.store.journal import Journal
from console.ui.guard import current_visitor, provider, require
from tests.processes import free_port

APP = Path(__file__).parents[1] / "apps" / "guard_app.py"


class Secrets:
    """Streamlit's secrets, of choice."""

    def __init__(self, content: Mapping[str, object] | None) -> None:
        self.content = content

    def load_if_toml_exists(self) -> bool:
        return self.content is not None

    def get(self, name: str) -> object:
        return (self.content or {}).get(name)


@pytest.mark.parametrize("content", [None, {}, {"SERVICE_URL": "https://shop.test"}])
def test_without_auth_in_the_secrets_there_is_no_sign_in(
    monkeypatch: pytest.MonkeyPatch, content: Mapping[str, object] | None
) -> None:
    monkeypatch.setattr(streamlit, "secrets", Secrets(content))
    assert provider() == Provider()


@pytest.mark.parametrize("auth", ["yes", {"client_id": "id"}])
def test_sign_in_that_is_half_set_up_lets_nobody_in(
    monkeypatch: pytest.MonkeyPatch, auth: object
) -> None:
    monkeypatch.setattr(streamlit, "secrets", Secrets({"auth": auth}))
    visitor = current_visitor()
    assert visitor.role is Role.NOBODY
    assert "[auth]" in visitor.why


def test_headers_that_could_claim_a_sign_in_let_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamlit, "secrets", Secrets({"auth": {"client_id": "id"}}))

    def option(name: str) -> object:
        return {"X-Email": "email"} if name == "server.trustedUserHeaders" else None

    monkeypatch.setattr(streamlit, "get_option", option)
    assert "trustedUserHeaders" in current_visitor().why


@pytest.mark.usefixtures("operator")
def test_a_page_of_a_console_whose_sign_in_is_broken_shows_only_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("console.ui.guard.provider", lambda: Provider(True, "It is broken."))
    page = AppTest.from_file(APP).run()
    assert not page.exception
    assert not page.text
    assert not page.button
    assert "It is broken." in page.error[0].value


@pytest.mark.usefixtures("viewer")
def test_viewers_on_a_list_without_sign_in_let_no_stranger_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    console = SimpleNamespace(config=SimpleNamespace(settings=Settings(viewers="@example.com")))
    monkeypatch.setattr("console.ui.guard.running", lambda: console)
    visitor = current_visitor()
    assert visitor.role is Role.NOBODY
    assert "CONSOLE_VIEWERS" in visitor.why


@pytest.mark.usefixtures("viewer")
def test_without_a_provider_a_stranger_looks_and_is_told_what_to_set() -> None:
    visitor = current_visitor()
    assert visitor.role is Role.VIEWER
    assert "CONSOLE_OPERATORS" in visitor.how_to_change


@pytest.mark.usefixtures("viewer")
def test_a_log_that_is_away_lets_nobody_act() -> None:
    journal = Journal(f"redis://127.0.0.1:{free_port()}")
    with pytest.raises(NotAllowed):
        require(Role.OPERATOR, "probe", "shop", journal)
    journal.close()
