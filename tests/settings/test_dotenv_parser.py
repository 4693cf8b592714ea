"""The parser reads a file exactly as python-dotenv, which is what services read it with."""

import io
import os
import time
from unittest.mock import patch

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.settings.dotenv import MOST_BINDINGS, parse, values
from console.settings.interpolation import resolve
from console.settings.model import Place

# What a .env is made of, so that the grammar is met, and everything else as well.
PIECES = st.sampled_from(
    [
        "A", "B", "KEY", "é", "export ", "export\t", "=", " = ", "= ", "'", '"', "\\", '\\"', "\\'",
        "\\n", "\\t", "\\x", "#", " # c", " ", "\t", "\n", "\r\n", "\r", "\x0b", "\x0c", "\x85",
        "\u2028", "\xa0", "\x00", "\ufeff", "${A}", "${B:-x}", "$", "value", "1", "'q'", '"q"',
    ]
)  # fmt: skip
FILES = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=60))


@given(FILES)
@settings(max_examples=1500, deadline=None)
@example("\ufeffA=1")
@example("A='x\ny' # c\nB=2")
@example('A="x\\"y" z\nB=2')
@example("export A\r\nB = 'é'\r\n'my key'=1")
@example("A= #c\nB=#c\nC=c # d # e\nD")
@example("A='x\n=\nB=1")
def test_every_text_is_read_as_python_dotenv_reads_it(text: str):
    theirs = list(parse_stream(io.StringIO(text, newline="")))
    ours = parse(text)
    assert [(b.key, b.value, bool(b.problem)) for b in ours] == [
        (b.key, b.value, b.error) for b in theirs
    ]


@given(FILES)
@settings(max_examples=500, deadline=None)
def test_the_values_are_those_of_python_dotenv(text: str):
    theirs = dotenv_values(stream=io.StringIO(text, newline=""), interpolate=False)
    with_none = {b.key: b.value for b in parse(text) if b.key is not None}
    assert with_none == theirs
    assert values(parse(text)) == {k: v for k, v in theirs.items() if v is not None}


@given(FILES)
@settings(max_examples=500, deadline=None)
@example("A=1\nB='${A}'\nC=\"${A:-x}${D:-y}\"\nD=${D}\nE=$A")
def test_references_are_filled_in_as_python_dotenv_does(text: str):
    environ = {"A": "outside", "KEY": "k"}
    with patch.dict(os.environ, environ, clear=True):
        theirs = dotenv_values(stream=io.StringIO(text, newline=""))
    ours, _ = resolve(parse(text), environ)
    assert ours == {k: v for k, v in theirs.items() if v is not None}


def test_each_unreadable_line_has_its_place_and_the_rest_is_read():
    found = parse('A=1\n  =2\nB="x" y\nC = 3\nD x=4\n\'E\nF="open\n')
    problems = [(one.problem, one.place) for one in found if one.problem]
    assert problems == [
        ("there is no name before the =", Place(2, 3)),
        ("there is something after the closing quote", Place(3, 7)),
        ("there is no = after the name", Place(5, 3)),
        ("the quote of the name is not closed", Place(6, 1)),
        ("the quote is not closed", Place(7, 3)),
    ]
    assert values(found) == {"A": "1", "C": "3"}


def test_a_value_over_several_lines_counts_its_lines():
    found = parse("\r\nKEY=\"-----BEGIN\nabc\n-----END\"\r\n\rNEXT='1'\n")
    assert [(one.key, one.place) for one in found if one.key] == [
        ("KEY", Place(2, 1)),
        ("NEXT", Place(6, 1)),
    ]
    assert values(found)["KEY"] == "-----BEGIN\nabc\n-----END"


def test_exported_lines_and_quotes_are_remembered():
    one, two = parse("export A='1'\nB = 2")
    assert (one.exported, one.quote, one.raw_value, one.spaced) == (True, "'", "'1'", False)
    assert (two.exported, two.quote, two.spaced, two.value_place) == (False, "", True, Place(2, 5))


def test_no_binding_shows_its_value():
    assert "hunter2" not in repr(parse("PASSWORD='hunter2'"))


def test_hostile_files_of_five_megabytes_are_read_in_linear_time():
    size = 5 * 1024 * 1024
    files = [
        "A=" + " " * size + "x",  # python-dotenv itself takes quadratic time here
        'A="' + "\\\\" * (size // 2),
        "export " * (size // 7),
        "=\n" * (size // 2),
    ]
    for text in files:
        began = time.perf_counter()
        parse(text)
        # seconds on a busy machine; what takes quadratic time would take hours
        assert time.perf_counter() - began < 60, text[:20]


def test_a_file_that_never_ends_is_read_in_part_and_says_so():
    *_, last = parse("A=1\n" * (MOST_BINDINGS + 5))
    assert last.problem == "only the first 100,000 lines are read"
    assert last.place == Place(MOST_BINDINGS + 1, 1)
