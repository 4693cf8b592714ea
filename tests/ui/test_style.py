"""What a table adds to the style sheet."""

from console.ui.style import escaped, rules


def test_no_text_ends_the_style_sheet_or_its_quotes():
    hostile = '</style><img src=x onerror="alert(1)">\\"}*{display:none}'
    told = rules(
        {hostile: ["a"], "b": ["c"], hostile + "2": ["d"]}, hostile, cards=True, numbers=()
    )
    assert "<" not in told
    assert "onerror=" not in told
    assert told.count("*") == 0
    assert told.count("{") == told.count("}")
    assert escaped("p95 ≤") == r"p95 \2264 "


def test_a_card_names_all_but_its_title_and_leaves_out_what_says_nothing():
    columns = {
        "Name": ["one", "two"],
        "Status": ["on", "off"],
        "Note": ["–", "late"],
        "n": ["–", "1"],
    }
    told = rules(columns, "All", cards=True, numbers=(3,))
    assert 'td:nth-child(3)::before{content:"Note"}' in told
    assert 'content:"Status"' not in told
    assert "tr:nth-child(1) td:nth-child(3){display:none}" in told
    assert "td:nth-child(4){display:none}" not in told  # a number that is not known stays
