"""What controls do outside: the switch in the service's Redis, runs over the service's HTTP.

The scripts are those of the contract, read from the kit's folder, so that console and kit never
differ. Where scripts are refused the same is decided in a transaction.
"""

import asyncio
import json
import math
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx

from console.controls.model import Mode
from console.errors import ConsoleError
from console.instances.gather import key, present
from console.service_redis import ServiceRedis, ServiceRedisError

SCRIPTS = Path(__file__).resolve().parents[1] / "kit" / "opskit" / "scripts"
CONNECT_SECONDS = 3.0
ANSWER_GRACE = 3.0  # seconds beyond the deadline for the way there and back
ANSWER_LIMIT = 1_000_000  # bytes
TEXT_LIMIT = 300  # characters of a service's own words
GRANT_SECONDS = 60.0  # that a grant outlives the deadline of its run
GRANT_WRITES = 20  # that one live run may make


@dataclass(frozen=True, slots=True)
class Switched:
    """What came of a switch: set, or somebody was first."""

    done: bool
    epoch: int


async def switch(
    redis: ServiceRedis,
    service: str,
    mode: Mode,
    *,
    epoch: int,
    by: str,
    reason: str,
    expires_at: float | None,
    on_expiry: Mode,
    floor: int,
) -> Switched:
    """Set the mode if the epoch is still that. Raises ServiceRedisError.

    `floor` is the greatest epoch known from elsewhere: a server restored from an old copy must not
    go back.
    """
    end = "" if expires_at is None else f"{expires_at:.3f}"
    after = "" if expires_at is None else on_expiry.value
    keys = (key(service, "mode"), key(service, "epoch"))
    bell = key(service, "bell")
    source = "\n".join(
        (SCRIPTS / f"{name}.lua").read_text("utf-8") for name in ("present", "switch")
    )
    try:
        done, now_epoch = await redis.command(
            "EVAL", source, 2, *keys, epoch, mode.value, by, reason, end, after, floor, bell
        )
        return Switched(bool(int(done)), int(now_epoch))
    except ServiceRedisError as error:
        if error.code not in ("NOPERM", "UNSUPPORTED"):
            raise
    fields = {"mode": mode.value, "set_by": by, "reason": reason}
    ends = {"expires_at": end, "on_expiry": after} if end else {}
    return await _in_transaction(redis, keys, bell, epoch, floor, {**fields, **ends})


async def _in_transaction(
    redis: ServiceRedis,
    keys: tuple[str, str],
    bell: str,
    epoch: int,
    floor: int,
    fields: Mapping[str, str],
) -> Switched:
    """The same without scripts: what changes meanwhile makes it somebody else's switch."""
    mode_key, epoch_key = keys
    async with redis.watching(mode_key, epoch_key) as pipeline:
        time = await pipeline.execute_command("TIME")
        now = int(time[0]) + int(time[1]) / 1e6
        told = await pipeline.hmget(mode_key, "mode", "epoch", "expires_at", "on_expiry")
        high = await pipeline.get(epoch_key)
        _, present_epoch = present(high, told, now)
        if present_epoch != epoch:
            return Switched(False, present_epoch)
        stored = int(high) if high and high.isdigit() else 0
        new = max(present_epoch, stored, floor) + 1
        pipeline.multi()
        pipeline.set(epoch_key, new)
        pipeline.delete(mode_key)
        pipeline.hset(mode_key, mapping={**fields, "epoch": new, "set_at": f"{now:.3f}"})
        pipeline.publish(bell, new)
        await pipeline.execute()
    return Switched(True, new)


async def grant(
    redis: ServiceRedis, service: str, grant_id: str, item: str, epoch: int, seconds: float
) -> None:
    """Let one live run of an item through while the mode is dry run. Raises ServiceRedisError."""
    name = key(service, "grant", grant_id)
    ttl = math.ceil(seconds + GRANT_SECONDS)
    await redis.commands(
        ("HSET", name, "item", item, "epoch", epoch, "writes_left", GRANT_WRITES),
        ("EXPIRE", name, ttl),
    )


async def take_back(redis: ServiceRedis, service: str, grant_id: str) -> None:
    """End a grant at once. Raises ServiceRedisError."""
    await redis.command("DEL", key(service, "grant", grant_id))


async def failed_items(redis: ServiceRedis, service: str, most: int) -> list[tuple[str, str]]:
    """The items that failed last in the newest closing, with why. Raises ServiceRedisError."""
    closings = await redis.command("ZREVRANGE", key(service, "closings"), 0, 0)
    if not closings:
        return []
    closing = closings[0].decode("utf-8", "replace")
    names = await redis.command("ZREVRANGE", key(service, "ledger", closing, "failed"), 0, most - 1)
    if not names:
        return []
    texts = await redis.command("HMGET", key(service, "ledger", closing, "items"), *names)
    return [
        (name.decode("utf-8", "replace"), _reason(text))
        for name, text in zip(names, texts, strict=True)
    ]


async def log_lines(redis: ServiceRedis, service: str, request_id: str, most: int) -> list[str]:
    """The log lines of one request among the newest of the stream. Raises ServiceRedisError."""
    found = await redis.command("XREVRANGE", key(service, "logs"), "+", "-", "COUNT", most)
    lines = [_line(fields) for _, fields in found]
    return [line for line in reversed(lines) if request_id and request_id in line]


class RunProblem(ConsoleError):
    """The service gave no usable answer to a run. `status` is that of HTTP, where there was one.

    `sent`: the request left, so the item may have been worked on.
    """

    def __init__(self, message: str, status: int | None = None, *, sent: bool = True) -> None:
        super().__init__(message)
        self.status, self.sent = status, sent


@dataclass(frozen=True, slots=True)
class Target:
    """Where a service takes runs."""

    url: str
    token: str
    method: str = "POST"
    body: str = ""  # template of a service without the contract's endpoint; {item} and {mode}

    @property
    def generic(self) -> bool:
        """Whether the service has an endpoint of its own."""
        return bool(self.body)


@dataclass(frozen=True, slots=True)
class Ask:
    """One run as it is sent."""

    key: str
    item: str
    dry: bool
    grant: str
    seconds: float
    traceparent: str


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
        raise RunProblem(why, sent=False) from None
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
                    report_of(answer.status_code, kind, await _read(answer), target)
                async for line in answer.aiter_lines():
                    if line.strip():
                        yield _object(line)
    except TimeoutError:
        raise RunProblem(f"The batch did not end within {ask.seconds:g} s.") from None
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        why = f"The service cannot be reached ({type(error).__name__}): nothing was sent."
        raise RunProblem(why, sent=False) from None
    except httpx.HTTPError as error:
        raise RunProblem(f"The answer broke off ({type(error).__name__}).") from None


def report_of(status: int, kind: str, text: bytes, target: Target) -> dict[str, Any]:
    """The report in an answer. Raises RunProblem with what to do."""
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
        raise RunProblem(str(problem), status) from None
    if 200 <= status < 300 and "outcome" in document:
        return document
    raise RunProblem(_problem(status, document), status, sent=status not in (400, 401, 404, 501))


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


def _reason(text: bytes | None) -> str:
    try:
        document: object = json.loads(text or b"{}")
    except ValueError:
        return ""
    found = cast("dict[str, object]", document).get("reason") if isinstance(document, dict) else ""
    return str(found or "")[:TEXT_LIMIT]


def _line(fields: Any) -> str:
    """The text of one entry of the stream, whose fields redis-py gives flat or as a mapping."""
    if isinstance(fields, dict):
        text = cast("dict[bytes, bytes]", fields).get(b"line", b"")
    else:
        flat = cast("list[bytes]", fields)
        text = dict(zip(flat[::2], flat[1::2], strict=False)).get(b"line", b"")
    return text.decode("utf-8", "replace")
