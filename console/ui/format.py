"""How text reaches a page: outside text as text, times in the console's zone.

What Streamlit shows as Markdown it also searches for directives (`:red[…]`), icon and emoji codes,
formulas, links, bare addresses and typographic arrows. Backslashes stop what the parser reads; what
is searched for after parsing has to be broken by an invisible character.
"""

import re

_JOINER = "\u2060"  # WORD JOINER: no width, no line break

# Control characters, and those that reorder or hide what follows (bidirectional overrides, tags).
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_SPACE = re.compile(r"\s+")

# Searched for in the text after parsing, whatever was escaped.
_CODES = re.compile(r":(?=[\w+/-]+:)(?!\d\d?:)")  # :smile: and :material/home:, but not 09:57:12
_ADDRESS = re.compile(r"https?:(?=//)|www(?=\.)", re.IGNORECASE)
_AT = re.compile(r"(?<=[-.\w+])@(?=[-\w])")
_ARROWS = re.compile(r"(?<!\S)(<->|->|<-|--|>=|<=|~=)(?!\S)")

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#$&~|:!^=])")
_BLOCK = re.compile(r"^(\d{0,9})([-+.)])")  # a list item, at the beginning only


def plain(text: object, limit: int = 2000) -> str:
    """Text that Markdown shows literally, on one line, cut after `limit` characters.

    For everything from outside: messages, names, titles. Not for `st.badge`, which escapes square
    brackets a second time: fixed words only there.
    """
    line = _SPACE.sub(" ", _HIDDEN.sub("", str(text))).strip()
    if len(line) > limit:
        line = f"{line[:limit].rstrip()}…"
    line = _ARROWS.sub(lambda match: f"{match[0][0]}{_JOINER}{match[0][1:]}", line)
    line = _ADDRESS.sub(lambda match: match[0] + _JOINER, line)
    line = _AT.sub(f"@{_JOINER}", _CODES.sub(f":{_JOINER}", line))
    return _BLOCK.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", line))


def raw(text: object, limit: int = 20_000) -> str:
    """Text for places that do not read Markdown (table cells, code): without hidden characters."""
    kept = _HIDDEN.sub("", str(text).replace("\r\n", "\n"))
    return kept if len(kept) <= limit else f"{kept[:limit]}\n… ({len(kept) - limit:,} more)"
