"""What lies between two commits, by GitHub's comparison of them."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from console.errors import PlatformMissing
from console.platforms.api import Api
from console.platforms.github.memory import Memory
from console.platforms.github.pages import PAGE, pages
from console.platforms.github.words import commit_notes
from console.platforms.json_fields import fields, items

COMMITS_TOLD = 20  # of those between two deployments
_HASH = re.compile(r"[0-9a-f]{7,40}")


async def between(api: Api, path: str, memory: Memory, earlier: str, later: str) -> tuple[str, ...]:
    """The commits after `earlier` up to `later`, the newest first: `abc1234 Fix it (Ann)`.

    Raises PlatformError. What was told once is not asked for again.
    """
    if not (_HASH.fullmatch(earlier) and _HASH.fullmatch(later)):
        raise PlatformMissing(f"{api.platform} compares commits by their hash alone.")
    key = f"{quote(earlier, safe='')}...{quote(later, safe='')}"
    if key not in memory.between:
        found: list[Mapping[str, Any]] = []
        try:
            async for page in pages(api, f"{path}/compare/{key}", {"per_page": PAGE}):
                found += items(fields(page).get("commits"), api.platform)
        except PlatformMissing:
            memory.between[key] = None  # of another repository: that stays so
            raise
        told = [line for one in reversed(found) if (line := _line(one))]
        more = len(told) - COMMITS_TOLD
        if more > 0:
            told = [*told[:COMMITS_TOLD], f"and {more} more"]
        memory.between[key] = tuple(told)
    told_before = memory.between[key]
    if told_before is None:
        raise PlatformMissing(f"{api.platform} knows one of the commits not.")
    return told_before


def _line(told: Mapping[str, Any]) -> str:
    notes = commit_notes(told)
    if not notes:
        return ""
    first = notes[0].message.partition("\n")[0][:80]
    author = f" ({notes[0].author[:40]})" if notes[0].author else ""
    return f"{notes[0].commit[:7]} {first}{author}"
