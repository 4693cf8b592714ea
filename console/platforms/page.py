"""One answer of a platform as a page of a list that may go on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

_NEXT = re.compile(r'<([^<>]*)>\s*;[^<]*\brel="?next"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """The JSON of an answer, where its `Link` header says that the next page is, and its headers
    (names in small letters)."""

    told: Any
    following: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def page_of(told: Any, answer: httpx.Response) -> Page:
    """The page of an answer, whose JSON is `told`."""
    following = _NEXT.search(answer.headers.get("link", ""))
    return Page(told, following[1] if following else "", dict(answer.headers))
