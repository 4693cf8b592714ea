"""Who may act: every way in but the real one leads to a viewer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.access import (
    Role,
    Visitor,
    decide,
    require_operator,
    turned_away,
)
from console.connection import Connection, hosting_platform
from console.errors import NotAllowed

BROWSER = (
    ("host", "localhost:8501"),
    ("origin", "http://localhost:8501"),
    ("user-agent", "Mozilla/5.0"),
    ("accept-language", "en"),
    ("cookie", "_streamlit_xsrf=1"),
    ("upgrade", "websocket"),
    ("sec-websocket-key", "x"),
)
LOCAL = Connection("localhost", "127.0.0.1", BROWSER, websocket=True)
CURL = Connection("localhost", "127.0.0.1", (("host", "localhost:8501"), ("accept", "*/*")))


def named(host: str, *, origin: str | None = None) -> Connection:
    """A browser on this machine that addressed the console as `host`."""
    return replace(
        LOCAL, headers=(("host", host), ("origin", origin if origin else f"http://{host}"))
    )


def also(connection: Connection, *headers: tuple[str, str]) -> Connection:
    return replace(connection, headers=(*connection.headers, *headers))


def test_a_browser_on_the_machine_of_a_console_that_listens_only_there_is_the_operator() -> None:
    visitor = decide(LOCAL)
    assert visitor.may_act
    assert visitor.name == "local user"
    assert visitor.how_to_change == ""
    require_operator(visitor)


def test_a_program_on_the_machine_needs_no_origin_for_plain_http() -> None:
    assert decide(CURL).may_act


def test_a_websocket_without_an_origin_comes_from_no_browser() -> None:
    assert not decide(replace(CURL, websocket=True)).may_act


@pytest.mark.parametrize("bound_to", ["localhost", "LOCALHOST", "127.0.0.1", "::1", "127.0.0.2"])
def test_loopback_can_be_written_in_several_ways(bound_to: str) -> None:
    assert decide(replace(LOCAL, bound_to=bound_to)).may_act


@pytest.mark.parametrize(
    "bound_to",
    [
        None,
        "",
        "0.0.0.0",
        "::",
        "192.168.1.5",
        "localhost.evil.com",
        "127.0.0.1 ",
        "[::1]",
        "::ffff:127.0.0.1",
        "unix:///run/console.sock",
        "console.internal",
    ],
)
def test_a_server_that_listens_elsewhere_makes_everyone_a_viewer(bound_to: str | None) -> None:
    visitor = decide(replace(LOCAL, bound_to=bound_to))
    assert visitor.role is Role.VIEWER
    assert "listens beyond its own machine" in visitor.why
    assert "STREAMLIT_SERVER_ADDRESS=localhost" in visitor.how_to_change


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1"])
def test_a_loopback_peer_is_local(peer: str) -> None:
    assert decide(replace(LOCAL, peer=peer)).may_act


@pytest.mark.parametrize(
    "peer",
    [
        None,
        "",
        "192.168.1.9",
        "10.0.0.1",
        "172.17.0.1",
        "169.254.1.1",
        "fe80::1",
        "0.0.0.0",
        "::",
        "::ffff:127.0.0.1",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0177.0.0.1",
        "localhost.evil.com",
        "testclient",
    ],
)
def test_a_peer_from_elsewhere_or_from_nowhere_is_a_viewer(peer: str | None) -> None:
    assert not decide(replace(LOCAL, peer=peer)).may_act


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:1", "LOCALHOST:8501", "LocalHost", "127.0.0.1:8501", "[::1]:8501"],
)
def test_the_loopback_names_are_known_with_and_without_a_port(host: str) -> None:
    assert decide(named(host)).may_act


@pytest.mark.parametrize(
    "host",
    [
        "",
        " localhost",
        "localhost ",
        "localhost\n",
        "localhost.",
        "localhost.:8501",
        "localhost:",
        "localhost:abc",
        "localhost:8501:1",
        "localhost:123456",
        "localhost:８５０１",
        "localhoſt:8501",
        "localhost.evil.com",
        "localhost.evil.com:8501",
        "evil.com",
        "evil.com:localhost",
        "localhost@evil.com",
        "evil.com@localhost",
        "localhost/evil.com",
        "localhost,evil.com",
        "localhost#evil.com",
        "foo.localhost",
        "127.0.0.1.nip.io",
        "127.0.0.1.nip.io:8501",
        "127.0.0.1.",
        "127.1",
        "127.0.0.2",
        "2130706433",
        "0.0.0.0",
        "0.0.0.0:8501",
        "::1",
        "[::1",
        "[::]",
        "[::1%25lo]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]:8501",
        "console.example.com",
    ],
)
def test_every_other_name_is_no_loopback_name(host: str) -> None:
    assert not decide(named(host)).may_act
    assert not decide(named(host, origin="http://localhost:8501")).may_act


def test_a_request_without_a_host_or_with_two_is_a_viewer() -> None:
    assert not decide(replace(CURL, headers=())).may_act
    assert not decide(also(CURL, ("host", "localhost:8501"))).may_act
    assert not decide(also(CURL, ("Host", "evil.com"))).may_act


@pytest.mark.parametrize(
    "header",
    [
        "Forwarded",
        "X-Forwarded-For",
        "x-forwarded-for",
        "X_FORWARDED_FOR",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "X-Forwarded-User",
        "X-Forwarded-Anything-New",
        "X-Real-IP",
        "X-Client-IP",
        "X-Cluster-Client-IP",
        "X-Original-Host",
        "X-Original-Forwarded-For",
        "X-Request-Id",
        "X-Envoy-External-Address",
        "X-Amzn-Trace-Id",
        "Via",
        "CF-Connecting-IP",
        "CF-Ray",
        "Cdn-Loop",
        "True-Client-IP",
        "Fastly-Client-IP",
        "Fly-Client-IP",
        "Tailscale-User-Login",
    ],
)
@pytest.mark.parametrize("value", ["127.0.0.1", "::1", "localhost", ""])
def test_what_was_handed_on_is_a_viewer_whatever_the_header_says(header: str, value: str) -> None:
    for connection in (LOCAL, CURL):
        visitor = decide(also(connection, (header, value)))
        assert not visitor.may_act
        assert "proxy" in visitor.why


def test_codespaces_rewrites_host_and_origin_and_is_still_recognised() -> None:
    assert not decide(also(LOCAL, ("x-forwarded-host", "space-8501.app.github.dev"))).may_act


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:3000",  # a page of another program: Streamlit lets it in
        "http://localhost",
        "http://127.0.0.1:8501",
        "http://evil.com",
        "http://localhost:8501.evil.com",
        "http://localhost:8501@evil.com",
        "http://evil.com#localhost:8501",
        "http://localhost:8501/",
        "file://localhost:8501",
        "chrome-extension://abcdef",
        "null",
        "",
    ],
)
def test_a_page_of_another_origin_is_a_viewer(origin: str) -> None:
    other = tuple(h for h in BROWSER if h[0] != "origin")
    visitor = decide(replace(LOCAL, headers=(*other, ("origin", origin))))
    assert not visitor.may_act
    assert "a page of this console" in visitor.why
    assert not decide(also(CURL, ("origin", origin))).may_act


def test_two_origins_are_one_too_many() -> None:
    assert not decide(also(LOCAL, ("Origin", "http://localhost:8501"))).may_act


def test_an_https_console_has_an_https_origin() -> None:
    assert decide(named("localhost:8501", origin="https://localhost:8501")).may_act


@pytest.mark.parametrize(
    ("site", "may_act"),
    [("same-origin", True), ("none", True), ("same-site", False), ("cross-site", False)],
)
def test_the_browser_tells_when_another_site_asks(site: str, may_act: bool) -> None:
    assert decide(also(CURL, ("Sec-Fetch-Site", site))).may_act is may_act


def test_a_second_fetch_header_does_not_outvote_the_first() -> None:
    crossed = also(CURL, ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-origin"))
    assert not decide(crossed).may_act


@pytest.mark.parametrize(
    ("environ", "platform"),
    [
        ({}, ""),
        ({"HOSTNAME": "laptop"}, ""),
        ({"HOSTNAME": "streamlit"}, "Streamlit Community Cloud"),
        ({"CODESPACES": "true"}, "GitHub Codespaces"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "Kubernetes"),
        ({"RENDER": ""}, ""),
    ],
)
def test_a_hosting_platform_is_known_by_its_variables(
    environ: dict[str, str], platform: str
) -> None:
    assert hosting_platform(environ) == platform


def test_nobody_is_local_on_a_hosting_platform() -> None:
    visitor = decide(replace(LOCAL, platform="Streamlit Community Cloud"))
    assert not visitor.may_act
    assert "Streamlit Community Cloud" in visitor.why


def test_a_viewer_is_stopped_with_the_reason_and_the_way_out() -> None:
    visitor = Visitor("visitor", Role.VIEWER, "You look.", "Come closer.")
    with pytest.raises(NotAllowed, match=r"^You look\. Come closer\.$"):
        require_operator(visitor)


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "**bold** [x](y)"])
def test_no_text_of_a_request_reaches_the_sentences(hostile: str) -> None:
    for connection in (
        named(hostile),
        also(LOCAL, ("x-forwarded-for", hostile)),
        replace(LOCAL, peer=hostile),
        replace(LOCAL, bound_to=hostile),
        also(CURL, ("origin", hostile)),
    ):
        visitor = decide(connection)
        assert hostile not in visitor.why + visitor.how_to_change + visitor.name


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["host", "Host", "origin", "sec-fetch-site", "x-forwarded-for", "a"]),
            st.sampled_from(["localhost", "http://localhost", "same-origin", "evil", ""])
            | st.text(max_size=12),
        ),
        max_size=6,
    ),
    st.booleans(),
)
def test_only_one_loopback_host_and_no_stranger_ever_makes_an_operator(
    headers: list[tuple[str, str]], websocket: bool
) -> None:
    if decide(Connection("localhost", "127.0.0.1", tuple(headers), websocket)).may_act:
        lower = [(name.lower(), value.lower()) for name, value in headers]
        assert [value for name, value in lower if name == "host"] == ["localhost"]
        assert {v for n, v in lower if n == "origin"} <= {"http://localhost", "https://localhost"}
        assert "x-forwarded-for" not in dict(lower)


@pytest.mark.parametrize("connection", [LOCAL, CURL, named("127.0.0.1:8501"), named("[::1]:8501")])
def test_the_console_itself_and_programs_on_the_machine_are_let_in(connection: Connection) -> None:
    assert turned_away(connection) == ""


@pytest.mark.parametrize("bound_to", ["localhost", "0.0.0.0", None])
@pytest.mark.parametrize(
    "origin", ["http://evil.com", "null", "http://localhost:3000", "http://127.0.0.1:8501", ""]
)
def test_a_websocket_of_another_sites_page_is_turned_away(
    bound_to: str | None, origin: str
) -> None:
    headers = (("host", "localhost:8501"), ("origin", origin))
    foreign = replace(LOCAL, bound_to=bound_to, headers=headers)
    assert turned_away(foreign)
    assert turned_away(also(foreign, ("x-forwarded-for", "192.0.2.1")))
    assert not turned_away(foreign, any_origin=True)
    assert not turned_away(replace(foreign, platform="Render"))


@pytest.mark.parametrize(
    "name", ["evil.com", "localhost.evil.com", "127.0.0.1.nip.io", "localhost.", "", "localhoſt"]
)
def test_a_name_that_may_lead_anywhere_is_turned_away_where_the_console_listens_on_loopback(
    name: str,
) -> None:
    rebound = named(f"{name}:8501")
    assert turned_away(rebound)
    assert not turned_away(rebound, any_name=True)
    assert not turned_away(also(rebound, ("x-forwarded-for", "192.0.2.1")))
    assert not turned_away(replace(rebound, bound_to="0.0.0.0"))
    assert not turned_away(replace(rebound, platform="Render"))


@pytest.mark.parametrize("host", ["192.168.1.5:8501", "[fe80::1]", "127.0.0.2", "10.0.0.1:80"])
def test_an_address_in_figures_cannot_be_made_to_lead_elsewhere(host: str) -> None:
    assert not turned_away(named(host))


@given(st.text(max_size=20), st.booleans())
def test_whoever_is_turned_away_could_not_have_acted(host: str, websocket: bool) -> None:
    connection = replace(named(host), websocket=websocket)
    if decide(connection).may_act:
        assert turned_away(connection) == ""
        assert connection.is_direct
