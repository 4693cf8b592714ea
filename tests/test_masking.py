import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.masking import mask, one_line, printable


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hunter22hunter22",
        "authorization: Digest user='hunter22', x=1",
        "Cookie: a=1; session=hunter22",
        "curl -H 'X-Api-Key: hunter22'",
        "bearer hunter22hunter22 was refused",
        "redis://default:hunter22@cache.example:6379/0",
        "postgres://u:p@ss@hunter22@db.example/x",
        "https://a.example/?api_key=hunter22&x=1",
        '{"access_token": "hunter22"}',
        '{"text": "{\\"password\\": \\"hunter22\\"}"}',
        "DB_PASSWORD=hunter22",
        "secret: 'hunter22 with more'",
        '{"tokens": ["hunter22", "hunter22"]}',
        "-----BEGIN RSA PRIVATE KEY-----\nhunter22\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nhunter22 and cut",
        "ghp_hunter22hunter22hunter22",
        "eyJhbGciOiJI.hunter22.sig",
    ],
)
def test_a_secret_is_masked(text: str) -> None:
    assert "hunter22" not in mask(text)
    assert "•••" in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"status": "pass", "keyspace_hits": 12, "keys": ["x"]}',
        "https://a.example/path?page=2",
        "the token is valid",
        '{"has_password": true, "secret": ""}',
        "Connection refused by 127.0.0.1:80.",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text


def test_a_known_value_is_masked_wherever_it_is() -> None:
    assert mask("it said s3cr3t!", ["s3cr3t!"]) == "it said •••"
    assert mask("a short one", ["a"]) == "a short one"


def test_control_and_direction_characters_are_taken_out() -> None:
    assert printable("a\x1b[31mb\u202ec\x00d\ud800e\tf\n") == "a[31mbcde\tf\n"


@given(st.text(max_size=300), st.integers(10, 80))
def test_one_line_is_one_line_of_the_length_that_was_asked_for(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line
    line.encode()


@pytest.mark.parametrize(
    "text", ["a" * 500_000, "token" * 100_000, "://" * 150_000, "eyJ" * 150_000, '"=\\' * 150_000]
)
def test_a_hostile_text_costs_time_in_proportion_to_its_length(text: str) -> None:
    started = time.process_time()
    mask(text)
    assert time.process_time() - started < 2
