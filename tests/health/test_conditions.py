import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from console.errors import ConditionError
from console.health.answer import Answer
from console.health.conditions import evaluate, parse
from console.health.model import Status

DOCUMENT = {
    "status": "UP",
    "user": {"name": "john", "age": 42, "a.b": "dotted", "tags": ["x", "y"]},
    "items": [{"id": 1, "price": 3.5}, {"id": 2, "price": 4.0}],
    "errors": [],
    "none": None,
    "flag": True,
    "text": "0x1F",
    "access_token": "hunter22",
}
HOUR = 3600.0


def answer(body: object = DOCUMENT, **more: Any) -> Answer:
    fields: dict[str, Any] = {
        "status": 200,
        "response_time": 0.15,
        "connected": True,
        "ip": "192.0.2.7",
        "certificate_expires_in": 100 * HOUR,
        **more,
    }
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(body=raw, **fields)


def holds(condition: str, found: Answer | None = None) -> bool:
    return evaluate(parse(condition), found or answer()).status is Status.PASS


@pytest.mark.parametrize(
    "condition",
    [
        "[STATUS] == 200",
        "200 == [STATUS]",
        "[STATUS] != 500",
        "[STATUS] == any(200, 204)",
        "any(200, 204) == [STATUS]",
        "[STATUS] != any(500, 503)",
        "[STATUS] <= 200",
        "[RESPONSE_TIME] < 300",
        "[RESPONSE_TIME] < 300ms",
        "[RESPONSE_TIME] < 0.2s",
        "300 > [RESPONSE_TIME]",
        "[CONNECTED] == true",
        "[IP] == 192.0.2.7",
        "[IP] == pat(192.0.2.*)",
        "[CERTIFICATE_EXPIRATION] > 48h",
        "[CERTIFICATE_EXPIRATION] > 2d",
        "[CERTIFICATE_EXPIRATION] <= 99h60m",
        "[BODY].user.name == john",
        '[BODY].user.name == "john"',
        "[BODY].user.name == pat(j*)",
        "[BODY].user.name != pat(k*)",
        "[BODY].user.name == any(jane, pat, john)",
        '[BODY]["user"]["a.b"] == dotted',
        "[BODY].user.age > 18",
        "[BODY].user.age == 42.0",
        "[BODY].items[1].id == 2",
        "[BODY].items[0].price > 3.4",
        "[BODY].items[1].price == 4",
        "[BODY].items[0].id < [BODY].items[1].id",
        "[BODY].flag == true",
        "[BODY].none == null",
        "[BODY].nowhere == null",
        "[BODY].text == 31",
        "len([BODY].items) > 0",
        "len([BODY].items) == 2",
        "len([BODY].user.name) == 4",
        "len([BODY].user.tags) < 3",
        "has([BODY].errors) == true",
        "has([BODY].nowhere) == false",
        "has([BODY].user.name) == true",
        "has([BODY].none) == false",
        "[BODY] == pat(*john*)",
        "len([BODY]) > 10",
    ],
)
def test_a_condition_holds(condition: str) -> None:
    assert holds(condition)


@pytest.mark.parametrize(
    "condition",
    [
        "[STATUS] == 201",
        "[STATUS] == any(201, 204)",
        "[STATUS] > 200",
        "[RESPONSE_TIME] < 100",
        "[RESPONSE_TIME] < 100ms",
        "[CERTIFICATE_EXPIRATION] > 101h",
        "[CONNECTED] == false",
        "[BODY].user.name == jane",
        "[BODY].user.name == pat(J*)",
        "[BODY].user.name > 3",  # no number
        "[BODY].nowhere < 3",  # Gatus takes what is missing for 0
        "[BODY].nowhere == 0",
        "[BODY].items[2].id == 3",
        "[BODY].items.id == 1",
        "[BODY].user[0] == john",
        "[BODY].flag != true",
        "len([BODY].nowhere) == 0",
        "len([BODY].items) > 2",
        "has([BODY].errors) == false",
    ],
)
def test_a_condition_does_not_hold(condition: str) -> None:
    assert not holds(condition)


@pytest.mark.parametrize("body", [b"<html>502</html>", b"", b"{", b"\xff\xfe", b"[" * 100_000])
@pytest.mark.parametrize(
    "condition", ["[BODY].a != 1", "[BODY].a == null", "has([BODY].errors) == false"]
)
def test_a_body_that_is_no_json_fails_whatever_asks_for_a_place_in_it(
    body: bytes, condition: str
) -> None:
    assert not holds(condition, answer(body))


@pytest.mark.parametrize("condition", ["[STATUS] != 500", "[IP] != x", "[RESPONSE_TIME] < 9s"])
def test_what_an_answer_does_not_have_fails_also_a_negation(condition: str) -> None:
    assert not holds(condition, Answer())


def test_a_json_list_at_the_top_is_indexed_and_counted() -> None:
    assert holds("[BODY][1].id == 7", answer([{"id": 6}, {"id": 7}]))
    assert holds("len([BODY]) == 2", answer([{"id": 6}, {"id": 7}]))


def test_an_expired_certificate_has_less_than_no_time_left() -> None:
    assert holds("[CERTIFICATE_EXPIRATION] < 0", answer(certificate_expires_in=-5.0))


def test_the_part_tells_what_was_compared() -> None:
    part = evaluate(parse("[BODY].user.name == pat(k*)"), answer())
    assert part.detail == "[BODY].user.name (john) == pat(k*)"
    assert part.name == "[BODY].user.name == pat(k*)"
    part = evaluate(parse("[CERTIFICATE_EXPIRATION] > 200h"), answer())
    assert part.detail == "[CERTIFICATE_EXPIRATION] (100h) > 200h"


def test_the_value_of_a_place_named_like_a_secret_is_not_told() -> None:
    part = evaluate(parse("[BODY].access_token == other"), answer())
    assert "hunter22" not in part.detail
    part = evaluate(parse("[BODY] == other"), answer())
    assert "hunter22" not in part.detail


def test_a_long_value_is_cut_in_what_is_told() -> None:
    assert len(evaluate(parse("[BODY].a == x"), answer({"a": "y" * 10_000})).detail) < 100


@pytest.mark.parametrize(
    ("condition", "column", "why"),
    [
        ("", 1, "comparison is missing"),
        ("[STATUS]", 9, "comparison is missing"),
        ("[STATUS] = 200", 10, "write =="),
        ("[STATUS]==200", 9, "space on both sides"),
        ("[STATUS] ==", 12, "nothing to compare"),
        ("== 200", 1, "nothing to compare"),
        ("[STATSU] == 200", 1, "did you mean [STATUS]?"),
        ("200 == 200", 1, "neither side has a placeholder"),
        ("[STATUS] < potato", 12, "needs a number or a duration"),
        ("[STATUS] < any(1, 2)", 10, "goes with == and != only"),
        ("[STATUS] == any()", 17, "needs values"),
        ("[STATUS] == any(200", 20, "the ) of any( is missing"),
        ("len(200) > 0", 5, "len( ) is of a placeholder"),
        ("[STATUS].code == 3", 9, "only [BODY] has places"),
        ("[BODY].a..b == 3", 9, "a place in the body"),
        ("[BODY].a[x] == 3", 9, "a place in the body"),
        ("[BODY] == pat([a)", 15, "a [ without its ]"),
        ("[DNS_RCODE] == NOERROR", 1, "not offered"),
    ],
)
def test_a_malformed_condition_names_the_place(condition: str, column: int, why: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(condition)
    assert why in caught.value.why
    assert caught.value.column == column


def test_a_comparison_inside_a_pattern_or_quotes_is_part_of_it() -> None:
    assert holds("[BODY].a == pat(x == *)", answer({"a": "x == y"}))
    assert holds('[BODY].a == "x == y"', answer({"a": "x == y"}))


WORDS = ("[STATUS]", "[BODY]", '["x"]', "len(", "has(", "pat(", "any(", " == ", " < ", "48h", "200")
PIECES = st.sampled_from([*WORDS, ".a", "==", *"()[]=\"'`*?\\, -٣"])


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=60))
@example("[BODY] == pat([z-a])")
def test_any_text_is_a_condition_or_an_error_with_a_place_inside(text: str) -> None:
    place = 1
    try:
        condition = parse(text)
    except ConditionError as error:
        place = error.column
    else:
        for found in (answer(), Answer()):
            assert evaluate(condition, found).status in (Status.PASS, Status.FAIL)
    assert 1 <= place <= len(text) + 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(JSON)
def test_any_body_is_evaluated_and_a_comparison_and_its_negation_never_both_hold(
    document: object,
) -> None:
    found = answer({"a": document})
    for other in ("1", "true", "null", '"x"', "pat(*)", "any(1, x)", "[BODY].a"):
        equal = holds(f"[BODY].a == {other}", found)
        assert equal is not holds(f"[BODY].a != {other}", found)


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_numbers_are_ordered_as_numbers(left: int, right: int) -> None:
    found = answer({"a": left})
    assert holds(f"[BODY].a < {right}", found) is (left < right)
    assert holds(f"[BODY].a == {right}", found) is (left == right)
