"""Take secrets and unprintable characters out of text that came from outside.

Every pattern runs in linear time: names are looked for only where a word begins, and what has been
read is not given back (possessive quantifiers). What cannot be told from a secret is masked: a
masked figure costs less than a shown password.
"""

import re
from collections.abc import Iterable

MASK = "•••"
KNOWN_MINIMUM = 6  # characters; replacing a shorter known value would tear words apart

# Names of secrets. "key" only at the end of a name, or `keyspace_hits` would be one.
_WORDS = (
    r"token|secret|passw(?:or)?d|passphrase|passwd|pwd|credential|authorization|cookie|"
    r"session_?id|signature|bearer|jwt|dsn|key(?![\w.-])"
)
_SECRET_NAME = re.compile(rf"(?i){_WORDS}")
_FLAGS = re.compile(r"(?i)(?:true|false|null|none)(?![\w.-])")

# A header line holds a secret up to its end: `Authorization: Digest a="b", …`, `Cookie: a=1; b=2`;
# a header told inside a line, which may be a quoted one, up to the next quote.
_HEADERS = r"(?:proxy-)?authorization|(?:set-)?cookie|x-api-key"
_HEADER_LINE = re.compile(rf"(?im)^([ \t]*+(?:{_HEADERS})[ \t]*+:[ \t]*+)[^\r\n]++")
_HEADER = re.compile(rf"(?i)(?<![\w.\"'-])((?:{_HEADERS})[ \t]*+:[ \t]*+)[^\r\n\"']++")
_SCHEME = re.compile(r"(?i)(?<![\w.-])(bearer|basic|digest)([ \t]++)[\w.~+/=-]{8,}+")
_USERINFO = re.compile(r"://[^\s/?#\"'<>@]*+@(?:[^\s/?#\"'<>@]*+@)*+")
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]++\.[\w-]++(?:\.[\w-]*+)*+")
_VENDOR = re.compile(
    r"(?<![\w-])(?:gh[pousr]_|github_pat_|glpat-|[sr]k_(?:live|test)_|sk-|xox[abeprs]-|AKIA|AIza)"
    r"[\w-]{12,}+"
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)", re.DOTALL
)
# `"access_token": "…"`, `password=…`, `?api_key=…`, and the same inside a JSON string (`\"`).
_NAMED = re.compile(
    rf"(?i)(?<![\w.-])((?>[\w.-]*?(?:{_WORDS}))[\w.-]*+\\*+[\"']?+\s*+[:=]\s*+)"
    r"("
    r"\"(?:[^\"\\\n]|\\.)*+\"?+"
    r"|'(?:[^'\\\n]|\\.)*+'?+"
    r"|\\++\"[^\"\\]*+"
    r"|\[[^\[\]{}]*+\]?+"
    r"|[^\s,;&\"'<>{}\[\])]++"
    r")"
)
# C0 and C1 controls but tab and line feed; characters that reorder or hide text; lone surrogates.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff]"
)


def mask(text: str, known: Iterable[str] = ()) -> str:
    """The text without secrets: tokens, authorization headers, passwords in URLs, JWTs, private
    keys, and the values of whatever is named like a secret. `known` are values to replace as such.
    """
    for value in known:
        if len(value) >= KNOWN_MINIMUM:
            text = text.replace(value, MASK)
    text = _PRIVATE_KEY.sub(MASK, text)
    text = _HEADER_LINE.sub(rf"\1{MASK}", text)
    text = _HEADER.sub(rf"\1{MASK}", text)
    text = _SCHEME.sub(rf"\1\2{MASK}", text)
    text = _USERINFO.sub(f"://{MASK}@", text)
    text = _JWT.sub(MASK, text)
    text = _VENDOR.sub(MASK, text)
    return _NAMED.sub(_masked, text)


def is_secret_name(name: str) -> bool:
    """Whether something of that name is taken for a secret: `access_token`, `DB_PASSWORD`, …"""
    return _SECRET_NAME.search(name) is not None


def printable(text: str) -> str:
    """The text without control characters, which could move a terminal or hide what is there.

    Tabs and line feeds stay. Lone surrogates, which JSON can carry and UTF-8 cannot, go as well.
    """
    return _UNPRINTABLE.sub("", text)


def one_line(text: str, limit: int, known: Iterable[str] = ()) -> str:
    """Text from outside for a sentence: printable, masked, on one line, at most `limit` characters.

    It is cut once before the patterns run, so that a large text costs no more than a small one,
    and far enough beyond the limit that a secret at the cut is still told as one.
    """
    flat = " ".join(printable(text[: 4 * limit + 200]).split())
    masked = mask(flat, known)
    return masked if len(masked) <= limit else f"{masked[: limit - 1]}…"


def _masked(match: re.Match[str]) -> str:
    name, value = match[1], match[2]
    if _FLAGS.match(value):
        return match[0]
    quote = value[0] if value[0] in "\"'" else ""
    if len(value) == 2 * len(quote):  # an empty string hides nothing
        return match[0]
    return f"{name}{quote}{MASK}{quote}"
