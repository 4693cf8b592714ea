"""Runs of items over the service's HTTP; every bad answer becomes a sentence with what to do."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpx

from console.controls.target import Target
from console.errors import ConsoleError

CONNECT_SECONDS = 3.0
ANSWER_GRACE = 3.0  # seconds beyond the deadline for the way there and back
ANSWER_LIMIT = 1_000_000  # bytes
NOTHING_DONE = (501, 503)  # of the contract: answered before or instead of the work
TEXT_LIMIT = 300  # characters of a service's own words


class RunProblem(ConsoleError):
    """The service gave no usable answer to a run. `status` is that of HTTP, where there was one.

    `certain`: nothing of it is still under way, and asked again it is a new run.
    """

    def __init__(self, message: str, status: int | None = None, *, certain: bool = False) -> None:
        super().__init__(message)
        self.status, self.certain = status, certain


@dataclass(frozen=True, slots=True)
class Ask:
    """One run as it is sent."""

    key: str
    item: str
    dry: bool
    grant: str
    seconds: float
    traceparent: str


def client(longest: float) -> httpx.AsyncClient:
    """A client for runs that take so many seconds at most: an answer comes at the end of its run,
    so the total of the run bounds it."""
    timeout = httpx.Timeout(longest, connect=CONNECT_SECONDS)
    return httpx.AsyncClient(timeout=timeout, follow_redirects=False)


def traceparent() -> str:
    """A new trace, in the header's format (W3C Trace Context)."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


async def run_item(client: httpx.AsyncClient, target: Target, ask: Ask) -> dict[str, Any]:
    """Run one item; the report. Raises RunProblem. Cancelled, it closes the request."""
    mode = "dry_run" if ask.dry else "live"
    if target.generic:
        words = {"item": json.dumps(ask.item)[1:-1], "mode": mode}
        content = target.body.replace("{item}", words["item"]).replace("{mode}", mode)
        url = target.url
    else:
        body = {"item": ask.item, "mode": mode, **({"grant": ask.grant} if ask.grant else {})}
        content, url = json.dumps(body), f"{target.url.rstrip('/')}/ops/run"
    try:
        async with asyncio.timeout(ask.seconds + ANSWER_GRACE):
            async with client.stream(
                target.method, url, content=content, headers=_headers(target, ask)
            ) as answer:
                text = await _read(answer)
    except TimeoutError:
        raise RunProblem(f"The service gave no answer within {ask.seconds:g} s.") from None
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        why = f"The service cannot be reached ({type(error).__name__}): nothing was sent."
        raise RunProblem(why, certain=True) from None
    except httpx.HTTPError as error:
        raise RunProblem(f"The answer broke off ({type(error).__name__}).") from None
    return report_of(answer.status_code, answer.headers.get("content-type", ""), text, target)


async def run_batch(
    client: httpx.AsyncClient, target: Target, ask: Ask, percent: float, stop_after: int
) -> AsyncGenerator[dict[str, Any]]:
    """Run a share of what waits; a document for each item, then the summary. Raises RunProblem."""
    body = {"percent": percent, "mode": "dry_run" if ask.dry else "live", "stop_after": stop_after}
    url = f"{target.url.rstrip('/')}/ops/batch"
    try:
        async with asyncio.timeout(ask.seconds + ANSWER_GRACE):
            async with client.stream(
                "POST", url, content=json.dumps(body), headers=_headers(target, ask)
            ) as answer:
                if not answer.is_success:
                    kind = answer.headers.get("content-type", "")
                    text = await _read(answer)
                    report_of(answer.status_code, kind, text, target, answers_first=True)
                async for line in answer.aiter_lines():
                    if line.strip():
                        yield _object(line)
    except TimeoutError:
        raise RunProblem(f"The batch did not end within {ask.seconds:g} s.") from None
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        why = f"The service cannot be reached ({type(error).__name__}): nothing was sent."
        raise RunProblem(why, certain=True) from None
    except httpx.HTTPError as error:
        raise RunProblem(f"The answer broke off ({type(error).__name__}).") from None


def report_of(
    status: int, kind: str, text: bytes, target: Target, *, answers_first: bool = False
) -> dict[str, Any]:
    """The report in an answer. Raises RunProblem with what to do.

    `answers_first`: the contract answers its problems before the work begins, never after.
    """
    if 200 <= status < 300 and target.generic:
        return {"outcome": "done", "reason": "", "result": text.decode("utf-8", "replace")[:2000]}
    if status == 202 or (200 <= status < 300 and not text.strip()):
        raise RunProblem(
            f"The service answered {status} without a report: it may still work on the item. "
            "Look at its log before running it again.", status,
        )  # fmt: skip
    if "html" in kind:
        raise RunProblem(
            f"Something that is not the service answered {status} with a page of HTML: a proxy, a "
            "sign-in, or another address. Check the service's url.", status,
        )  # fmt: skip
    try:
        document = _object(text.decode("utf-8", "replace"))
    except RunProblem as problem:
        begins = text[:80].decode("utf-8", "replace")
        told = f"{problem} It begins with {begins!r}, status {status}."
        raise RunProblem(told, status) from None
    if 200 <= status < 300 and "outcome" in document:
        return document
    told = str(document.get("type", ""))
    under_way = status == 409 and told.endswith("already-running")
    before = answers_first and told.startswith("urn:ops:")
    certain = before or (not under_way and (status < 500 or status in NOTHING_DONE))
    raise RunProblem(_problem(status, document), status, certain=certain)


def _problem(status: int, document: Mapping[str, Any]) -> str:
    """A problem document in words, with what to do about those of the contract."""
    title = str(document.get("title") or f"The service answers {status}")[:TEXT_LIMIT]
    detail = str(document.get("detail") or "")[:TEXT_LIMIT]
    help_texts = {
        401: "The run token of the console is not the service's RUN_TOKEN.",
        404: "The service has no /ops/run: install the kit, or set run_url and run_body.",
        501: "The service offers no runs.",
    }
    parts = [f"{title}{f': {detail}' if detail else ''}", help_texts.get(status, "")]
    return " ".join(part if part.endswith(".") else f"{part}." for part in parts if part)


def _headers(target: Target, ask: Ask) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Idempotency-Key": f'"{ask.key}"',
        "Ops-Timeout-Ms": str(int(ask.seconds * 1000)),
        "traceparent": ask.traceparent,
        **({"Authorization": f"Bearer {target.token}"} if target.token else {}),
    }


async def _read(answer: httpx.Response) -> bytes:
    parts, size = list[bytes](), 0
    async for part in answer.aiter_bytes():
        parts.append(part)
        size += len(part)
        if size > ANSWER_LIMIT:
            raise RunProblem(f"The answer is larger than {ANSWER_LIMIT:,} bytes.")
    return b"".join(parts)


def _object(text: str) -> dict[str, Any]:
    try:
        document: object = json.loads(text)
    except ValueError:
        raise RunProblem("The service answered something that is not JSON.") from None
    if not isinstance(document, dict):
        raise RunProblem("The service answered JSON that is no report.")
    return cast("dict[str, Any]", document)
