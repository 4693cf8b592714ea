import pytest

from console.ui.format import plain, raw


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("All is well.", "All is well."),
        ("**bold** _and_ `code`", r"\*\*bold\*\* \_and\_ \`code\`"),
        ("<b>x</b>", r"\<b\>x\</b\>"),
        ("[a](http://x)", r"\[a\](http" + "\\:\u2060//x)"),
        ("$x^2$", r"\$x\^2\$"),
        (":red[stop]", r"\:red\[stop\]"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("# head", r"\# head"),
        ("a | b", r"a \| b"),
        ("~~gone~~", r"\~\~gone\~\~"),
    ],
)
def test_markup_of_every_sort_is_escaped(text: str, shown: str):
    assert plain(text) == shown


@pytest.mark.parametrize(
    "text", [":material/delete:", ":smile:", ":+1:", "www.evil.example", "a@b"]
)
def test_what_is_searched_for_after_parsing_is_broken_invisibly(text: str):
    assert plain(text).replace("\u2060", "").replace("\\", "") == text
    assert "\u2060" in plain(text)


def test_a_time_of_day_is_left_in_one_piece():
    assert "\u2060" not in plain("09:57:12")


def test_characters_that_hide_or_reorder_are_gone():
    assert plain("a\u202eb\u200bc\x00d\ufeffe") == "abcde"
    assert raw("a\u202eb\x1b[31m") == "ab[31m"


def test_everything_is_on_one_line_and_cut_after_the_limit():
    assert plain("a\n\n b\t c") == "a b c"
    assert plain("x" * 50, 10) == "x" * 10 + "…"
    assert raw("x" * 50, 10) == "x" * 10 + "\n… (40 more)"


def test_other_scripts_and_emoji_stay():
    assert plain("مرحبا 😀 日本") == "مرحبا 😀 日本"
