"""Terms put into the text of a query and taken out again, for clicks. Pure."""

import re

_PLAIN = re.compile(r"[\w.@/-]+")
_NOT_PLAIN = re.compile(r"[<>].*|.*\.\..*|AND|OR|NOT|[1-5]xx", re.IGNORECASE)


def term(name: str, value: str) -> str:
    """`api:accounting`, `route:"GET /items"`: the value of a field, quoted where it must be."""
    if name == "level" or (_PLAIN.fullmatch(value) and not _NOT_PLAIN.fullmatch(value)):
        return f"{name}:{value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}:"{escaped}"'


def with_term(query: str, name: str, value: str) -> str:
    """The query narrowed to lines with this value. The same term again changes nothing."""
    wanted = term(name, value)
    text = query.strip()
    if not text or text == "*":
        return wanted
    if wanted in text:
        return text
    return f"({text}) {wanted}" if re.search(r"\bOR\b|\|\|", text) else f"{text} {wanted}"


def words(template: str) -> str:
    """A query for the lines of a pattern: its constant words in their order."""
    message = template.partition(" | ")[0]  # behind it is the error of its fields or stack
    parts = [part.strip() for part in re.split(r"<[a-z*]+>", message) if part.strip()]
    quoted = [part.replace("\\", "\\\\").replace('"', '\\"') for part in parts]
    return " ".join(f'"{part}"' for part in quoted)
