"""Log lines from Loki, or what answers as it does (`/loki/api/v1/query_range`).

Read backwards, page by page: each page ends at the oldest line of the one before, whose lines of
the very same nanosecond come again and are left out. Labels and structured metadata are fields.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, cast

import httpx

from console.logs.fields import flatten, level_of, named
from console.logs.model import Level, Line, Page
from console.logs.parse import parse
from console.logs.times import Clock
from console.masking import one_line

CONNECT_SECONDS = 2.0
READ_SECONDS = 10.0
TOTAL_SECONDS = 20.0  # of all pages
PAGE_LINES = 1000  # Loki refuses more than 5,000 as it is set up by default
MOST_PAGES = 20
ANSWER_LIMIT = 32_000_000  # bytes of one page
WORDS_LIMIT = 200  # characters of the server's own words
BILLION = 1_000_000_000
_LEVEL_LABELS = ("level", "detected_level", "severity")
_REFUSALS = {
    401: "does not accept the credentials",
    403: "does not allow this query",
    404: "has no Loki API at this address",
    429: "is asked too often; try again in a minute",
}


@dataclass(frozen=True, slots=True)
class Loki:
    """A back end. `token` is sent as a bearer, `tenant` as `X-Scope-OrgID`."""

    url: str  # before /loki/api/v1
    token: str = ""
    tenant: str = ""

    def headers(self) -> dict[str, str]:
        """What every request carries."""
        found: dict[str, str] = {}
        if self.token:
            found["Authorization"] = f"Bearer {self.token}"
        if self.tenant:
            found["X-Scope-OrgID"] = self.tenant
        return found


@dataclass(frozen=True, slots=True)
class _Entry:
    at: int  # Unix nanoseconds
    text: str
    labels: tuple[tuple[str, str], ...]
    more: tuple[tuple[str, str], ...] = ()  # structured metadata


class _Failed(Exception):
    """A page that could not be read; the text is a sentence."""


async def read_loki(
    loki: Loki,
    selector: str,
    since: float,
    until: float,
    clock: Clock,
    *,
    most: int = 5 * PAGE_LINES,
) -> Page:
    """The newest lines that a LogQL query selects between two times. Never raises."""
    entries: dict[_Entry, None] = {}
    problem = ""
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    try:
        async with (
            asyncio.timeout(TOTAL_SECONDS),
            httpx.AsyncClient(timeout=timeout, headers=loki.headers()) as client,
        ):
            await _collect(client, loki, selector, since, until, most, entries)
    except _Failed as error:
        problem = str(error)
    except TimeoutError:
        problem = f"Loki did not answer within {TOTAL_SECONDS:.0f} s."
    except httpx.TimeoutException:
        problem = "Loki does not answer in time."
    except (httpx.HTTPError, httpx.InvalidURL):
        problem = "Loki cannot be reached."
    ordered = sorted(entries, key=lambda one: one.at)[-most:]
    lines = await asyncio.to_thread(_all_lines, ordered, clock)
    return Page(
        lines,
        str(ordered[0].at) if len(ordered) == most else "",
        str(ordered[-1].at) if ordered else "",
        problem,
    )


async def _collect(
    client: httpx.AsyncClient,
    loki: Loki,
    selector: str,
    since: float,
    until: float,
    most: int,
    entries: dict[_Entry, None],
) -> None:
    end = int(until * BILLION)
    for _ in range(MOST_PAGES):
        page = await _page(client, loki, selector, int(since * BILLION), end)
        before = len(entries)
        entries.update(dict.fromkeys(page))
        if len(page) < PAGE_LINES or len(entries) >= most:
            return
        oldest = min(one.at for one in page)
        # The end is exclusive: the oldest nanosecond is asked for again, unless it fills a page.
        end = oldest + 1 if len(entries) > before and oldest + 1 < end else oldest


async def _page(
    client: httpx.AsyncClient, loki: Loki, selector: str, start: int, end: int
) -> list[_Entry]:
    url = f"{loki.url.rstrip('/')}/loki/api/v1/query_range"
    asked = {
        "query": selector, "start": str(start), "end": str(end), "limit": str(PAGE_LINES),
        "direction": "backward",
    }  # fmt: skip
    async with client.stream("GET", url, params=asked) as answer:
        body = bytearray()
        async for portion in answer.aiter_bytes():
            body += portion
            if len(body) > ANSWER_LIMIT:
                raise _Failed(f"Loki answers with more than {ANSWER_LIMIT / 1e6:.0f} MB at once.")
        if answer.status_code != HTTPStatus.OK:
            raise _Failed(_refusal(answer.status_code, bytes(body)))
    return _entries(bytes(body))


def _refusal(status: int, body: bytes) -> str:
    if status in _REFUSALS:
        return f"Loki {_REFUSALS[status]} (status {status})."
    words = one_line(body[: 4 * WORDS_LIMIT].decode("utf-8", "replace"), WORDS_LIMIT)
    if status == HTTPStatus.BAD_REQUEST:
        return f"Loki does not understand the query: {words}"
    return f"Loki answers with status {status}: {words}" if words else f"Loki answers {status}."


def _entries(body: bytes) -> list[_Entry]:
    try:
        told: Any = json.loads(body)
        kind, result = told["data"]["resultType"], told["data"]["result"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _Failed("Loki answers with something else than its documented JSON.") from None
    if kind != "streams":
        raise _Failed("The query counts lines; one that selects lines is needed.")
    found: list[_Entry] = []
    try:
        for stream in result:
            labels = _pairs(stream["stream"])
            for at, text, *more in stream["values"]:
                found.append(_Entry(int(at), str(text), labels, _pairs(more[0] if more else {})))
    except (ValueError, KeyError, TypeError):
        raise _Failed("Loki answers with lines in a form that is not documented.") from None
    return found


def _pairs(told: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in told.items())


def _all_lines(entries: Sequence[_Entry], clock: Clock) -> tuple[Line, ...]:
    return tuple(line for n, one in enumerate(entries, 1) for line in _lines(one, n, clock))


def _lines(entry: _Entry, number: int, clock: Clock) -> list[Line]:
    """An entry as it was written, with its labels beside what the line tells."""
    told = {**dict(entry.labels), **dict(entry.more)}
    level = next((level_of(told[name]) for name in _LEVEL_LABELS if name in told), Level.UNKNOWN)
    fields = named(flatten(cast("Mapping[str, object]", told)))
    for name in ("time", "level", "message", "detected_level"):
        fields.pop(name, None)
    return [
        replace(
            line,
            time=entry.at / BILLION if line.time is None else line.time,
            level=level if line.level is Level.UNKNOWN else line.level,
            fields={**fields, **line.fields},
        )
        for line in parse(entry.text, clock, number)
    ]
