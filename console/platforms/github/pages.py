"""Lists of GitHub, page by page."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from console.platforms.api import Api

PAGE = 100  # the most that GitHub gives at once
MOST_PAGES = 20


async def pages(api: Api, path: str, params: Mapping[str, Any]) -> AsyncGenerator[Any]:
    """Every page, by the `Link` header, to the end; none twice. Raises PlatformError."""
    page = await api.page(path, params)
    yield page.told
    seen = set[str]()
    while page.following and page.following not in seen and len(seen) < MOST_PAGES - 1:
        seen.add(page.following)
        page = await api.page(page.following)
        yield page.told
