"""Text of logs as it may be shown: no secrets, no terminal escapes, nothing hidden. Pure."""

import re

from console.masking import mask, printable

# Whole escape sequences (colours, cursor, window titles, links), or their remains would stay.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*+[ -/]*+[@-~]|\x1b[\]PX^_][^\x07\x1b\x9c]{0,2000}+(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*+[0-~]|\x9b[0-?]*+[ -/]*+[@-~]"
)
# No pattern of `console.masking` matches without one of these; a test holds it. Looking for them
# costs a twentieth of masking, and most lines have none.
HINTS = (
    "token", "secret", "passw", "passphrase", "pwd", "credential", "authorization", "cookie",
    "session", "signature", "bearer", "basic", "digest", "jwt", "dsn", "key", "eyj", "github_pat_",
    "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "k_live_", "k_test_", "sk-", "xox", "akia",
    "aiza",
)  # fmt: skip


def safe(text: str) -> str:
    """The text without secrets, escapes and unprintable characters; tabs and line feeds stay."""
    text = uncoloured(text)
    if not text.isprintable():
        text = printable(text)
    return mask(text) if _may_hold_a_secret(text) else text


def uncoloured(text: str) -> str:
    """The text without escape sequences of a terminal."""
    return _ESCAPES.sub("", text) if "\x1b" in text or "\x9b" in text else text


def _may_hold_a_secret(text: str) -> bool:
    low = text.lower()
    for hint in HINTS:  # a generator inside of any() would take twice as long
        if hint in low:
            return True
    return "://" in low and "@" in low
