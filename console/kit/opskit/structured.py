"""Structured fields (RFC 9651): lists of items with parameters, as RateLimit headers use them."""

import re

Bare = str | int | float | bool | bytes
Item = tuple[Bare, dict[str, Bare]]

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_STRING = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_DECIMAL = re.compile(r"-?\d{1,12}\.\d{1,3}")
_INTEGER = re.compile(r"-?\d{1,15}")
_BYTES = re.compile(r":([A-Za-z0-9+/=]*):")
_BOOLEAN = re.compile(r"\?([01])")
_DATE = re.compile(r"@(-?\d{1,15})")
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")
_COMMA = re.compile(r"[ \t]*,[ \t]*")
_SEMICOLON = re.compile(r";[ ]*")


class Malformed(ValueError):
    """The field is not a structured field; the standard says that it must be ignored whole."""


def parse_list(text: str) -> list[Item]:
    """A list of items (inner lists do not occur in these headers). Raises Malformed."""
    text, items, at = text.strip(" \t"), list[Item](), 0
    while at < len(text):
        bare, at = _bare(text, at)
        parameters, at = _parameters(text, at)
        items.append((bare, parameters))
        if at == len(text):
            return items
        comma = _COMMA.match(text, at)
        if not comma or comma.end() == len(text):
            raise Malformed(f"column {at + 1}")
        at = comma.end()
    return items


def _parameters(text: str, at: int) -> tuple[dict[str, Bare], int]:
    found: dict[str, Bare] = {}
    while semicolon := _SEMICOLON.match(text, at):
        key = _KEY.match(text, semicolon.end())
        if not key:
            raise Malformed(f"column {semicolon.end() + 1}")
        at, value = key.end(), True
        if text[at : at + 1] == "=":
            value, at = _bare(text, at + 1)
        found[key[0]] = value
    return found, at


def _bare(text: str, at: int) -> tuple[Bare, int]:
    if m := _STRING.match(text, at):
        return re.sub(r"\\(.)", r"\1", m[1]), m.end()
    if m := _DECIMAL.match(text, at):
        return float(m[0]), m.end()
    if m := _INTEGER.match(text, at) or _DATE.match(text, at):
        return int(m[0].lstrip("@")), m.end()
    if m := _BOOLEAN.match(text, at):
        return m[1] == "1", m.end()
    if m := _BYTES.match(text, at):
        return m[1].encode(), m.end()
    if m := _TOKEN.match(text, at):
        return m[0], m.end()
    raise Malformed(f"column {at + 1}")
