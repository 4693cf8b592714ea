import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.health.wildcard import compile_wildcard


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("", "", True),
        ("*", "", True),
        ("*", "any\nthing", True),
        ("j*", "john", True),
        ("*hn", "john", True),
        ("j*h*n", "john", True),
        ("j?hn", "john", True),
        ("j?hn", "jhn", False),
        ("jo", "john", False),
        ("ab*ba", "aba", False),
        ("[a-j]ohn", "john", True),
        ("[^a-j]ohn", "john", False),
        ("\\*", "*", True),
        ("\\*", "x", False),
        ("a.c", "abc", False),
        ("*[0-9]*", "v1", True),
    ],
)
def test_a_text_fits_a_pattern(pattern: str, text: str, fits: bool) -> None:
    assert compile_wildcard(pattern).matches(text) is fits


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_it_decides_as_a_regular_expression_would(pattern: str, text: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    assert compile_wildcard(pattern).matches(text) is bool(
        re.fullmatch(expression, text, re.DOTALL)
    )


def test_a_hostile_text_costs_time_in_proportion_to_its_length() -> None:
    pattern = compile_wildcard("*a" * 30 + "*b")
    started = time.process_time()
    assert not pattern.matches("a" * 1_000_000)
    assert time.process_time() - started < 1
