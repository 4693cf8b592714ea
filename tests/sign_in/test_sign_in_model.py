"""Every way in but a fresh, verified address on a list leads to nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.access import Role, require_role
from console.errors import NotAllowed
from console.sign_in.model import HOUR, Lists, Provider, judge, read_list, read_provider

NOW = 1_790_000_000.0
LISTS = Lists(viewers=("@example.com",), operators=("ann@example.com", "@ops.example.com"))
ANN: dict[str, object] = {
    "is_logged_in": True,
    "email": "ann@example.com",
    "email_verified": True,
    "iat": NOW - 60,
}
AUTH: dict[str, object] = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": "s" * 32,
    "client_id": "id",
    "client_secret": "secret-value",
    "server_metadata_url": "https://id.test/.well-known/openid-configuration",
}


def role(**more: object) -> Role:
    return judge(ANN | more, LISTS, 12, NOW).role


def test_an_address_on_the_list_of_operators_may_act() -> None:
    visitor = judge(ANN, LISTS, 12, NOW)
    assert (visitor.name, visitor.role) == ("ann@example.com", Role.OPERATOR)


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("Ann@Example.COM", Role.OPERATOR),
        ("eve@ops.example.com", Role.OPERATOR),
        ("bob@example.com", Role.VIEWER),
        ("bob@sub.example.com", Role.NOBODY),
        ("bob@notexample.com", Role.NOBODY),
        ("ann@example.com.evil.test", Role.NOBODY),
        ("ann@example.com@evil.test", Role.NOBODY),
        ("ann@example.com ", Role.NOBODY),
        ("ann@example.com\n", Role.NOBODY),
        ("@example.com", Role.NOBODY),
        ("mar\u212a@example.com", Role.NOBODY),
        ("", Role.NOBODY),
        (None, Role.NOBODY),
        (["ann@example.com"], Role.NOBODY),
    ],
)
def test_an_address_or_exactly_its_domain_is_on_a_list(email: object, expected: Role) -> None:
    assert role(email=email) is expected


@pytest.mark.parametrize("verified", [False, None, "true", "false", 1, []])
def test_an_address_that_the_provider_does_not_confirm_is_refused(verified: object) -> None:
    visitor = judge(ANN | {"email_verified": verified}, LISTS, 12, NOW)
    assert visitor.role is Role.NOBODY
    assert "does not confirm" in visitor.why


@pytest.mark.parametrize(
    "issued", [None, "now", True, float("nan"), NOW - 12 * HOUR, NOW + 3600, -1e300]
)
def test_a_sign_in_without_a_fresh_time_is_refused(issued: object) -> None:
    visitor = judge(ANN | {"iat": issued}, LISTS, 12, NOW)
    assert visitor.role is Role.NOBODY
    assert "expired" in visitor.why
    assert "CONSOLE_SIGN_IN_HOURS" in visitor.why


def test_the_last_second_of_a_sign_in_counts() -> None:
    assert role(iat=NOW - 12 * HOUR + 1) is Role.OPERATOR


@pytest.mark.parametrize("logged_in", [False, None, 1, "true"])
def test_who_is_not_signed_in_is_nobody(logged_in: object) -> None:
    assert role(is_logged_in=logged_in) is Role.NOBODY
    assert judge({}, LISTS, 12, NOW).role is Role.NOBODY


def test_with_empty_lists_everybody_is_refused() -> None:
    visitor = judge(ANN, Lists(), 12, NOW)
    assert visitor.role is Role.NOBODY
    assert "CONSOLE_OPERATORS" in visitor.why


ANYTHING = st.none() | st.booleans() | st.floats() | st.text() | st.lists(st.integers())


@given(st.dictionaries(st.sampled_from(sorted(ANN)), ANYTHING))
def test_odd_claims_never_raise_and_never_make_an_operator(claims: dict[str, object]) -> None:
    assert judge(claims, LISTS, 12, NOW).role is Role.NOBODY


def test_each_role_may_do_what_the_lesser_ones_may() -> None:
    viewer = judge(ANN | {"email": "bob@example.com"}, LISTS, 12, NOW)
    require_role(viewer, Role.VIEWER)
    with pytest.raises(NotAllowed, match="CONSOLE_OPERATORS"):
        require_role(viewer, Role.OPERATOR)
    with pytest.raises(NotAllowed, match="not signed in"):
        require_role(judge({}, LISTS, 12, NOW), Role.VIEWER)


def test_a_list_is_read_in_lower_case_between_commas_spaces_and_lines() -> None:
    assert read_list(" Ann@Example.com, @ops.test\nbob@x.test;") == (
        "ann@example.com",
        "@ops.test",
        "bob@x.test",
    )


@pytest.mark.parametrize("entry", ["example.com", "*", "@", "*@example.com", "a@b@c", "@*.test"])
def test_an_entry_that_is_no_address_and_no_domain_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="entry 2 is neither"):
        read_list(f"ann@example.com, {entry}")


def test_sign_in_is_absent_ready_or_named() -> None:
    assert read_provider(None) == Provider()
    assert read_provider(AUTH) == Provider(True)
    parts = {name: AUTH[name] for name in ("redirect_uri", "cookie_secret")}
    google = {name: part for name, part in AUTH.items() if name not in parts}
    assert read_provider({**parts, "google": google}) == Provider(True, name="google")


@pytest.mark.parametrize("missing", sorted(AUTH))
def test_what_is_missing_of_sign_in_is_named_and_no_value_quoted(missing: str) -> None:
    found = read_provider({name: part for name, part in AUTH.items() if name != missing})
    assert found.configured
    assert missing in found.problem
    assert "secret-value" not in found.problem


def test_a_short_cookie_secret_is_a_problem() -> None:
    assert "32 characters" in read_provider(AUTH | {"cookie_secret": "short"}).problem
