"""Structured logs: JSON lines on stdout, the last ones in a capped stream in Redis, masked.

Masking works by name of the field, by shape of the value, and by the secret values that the
settings know; it runs last, over everything including tracebacks.
"""

import json
import logging
import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, MutableMapping
from functools import lru_cache
from typing import Any, TextIO, cast

import structlog

from . import context
from .heartbeat import Post

STREAM_LINES = 10_000
"""Lines kept in the stream of a service: about 5 MB."""

WAITING_LINES = 1000
"""Lines of one instance that wait for its next heartbeat; older ones are dropped and counted."""

LINE_LIMIT = 8000
"""Characters of one line in the stream; stdout gets all of it."""

MASK = "***"
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?$|secret|token$|authori[sz]ation|api[_-]?key|credential|cookie"
    r"|private[_-]?key|refresh|session",
    re.I,
)
_SECRET_SHAPE = re.compile(
    r"\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}"  # HTTP authorization
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # JWT
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"  # user:password@ in a URL
    r"|\b(?:sk|pk|ghp|gho|ghs|xox[abpr])[-_][\w-]{16,}"  # well-known prefixes of API keys
    r"|(?<=[?&])(?:access_token|refresh_token|token|key|secret|password|code)=[^&\s]+"
)

SHORTEST = 6
"""Characters: nothing shorter has any of these shapes (`?key=x`)."""

Event = MutableMapping[str, Any]


@lru_cache(maxsize=1000)
def _names_a_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


class Masker:
    """Replaces what must not be written. `values` are exact secrets, at least 8 characters long."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        longest_first = sorted({v for v in values if len(v) >= 8}, key=len, reverse=True)
        self._values = (
            re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        )

    def text(self, text: str) -> str:
        """The text without secrets."""
        if len(text) < SHORTEST:
            return text
        if self._values is not None:
            text = self._values.sub(MASK, text)
        return _SECRET_SHAPE.sub(MASK, text)

    def value(self, name: str, value: object, depth: int = 0) -> object:
        """A field's value without secrets; what is not JSON becomes text."""
        if _names_a_secret(name) and value not in (None, ""):
            return MASK
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth > 6:
            return "..."
        if isinstance(value, dict):
            fields = cast("dict[object, object]", value)
            return {str(k): self.value(str(k), v, depth + 1) for k, v in fields.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(name, v, depth + 1) for v in cast("Iterable[object]", value)]
        return self.text(str(value))

    def __call__(self, logger: object, method: str, event: Event) -> Event:
        """The structlog processor."""
        return {name: self.value(name, value) for name, value in event.items()}


class LogSink:
    """Writes a line to stdout and keeps it for the stream. Thread-safe."""

    def __init__(self, key: str, stream: TextIO | None = None) -> None:
        self._key = key
        self._stream = stream
        self._lock = threading.Lock()
        self._waiting: deque[str] = deque(maxlen=WAITING_LINES)
        self.dropped = 0

    def __call__(self, line: str) -> None:
        """Write one line."""
        with self._lock:
            if len(self._waiting) == WAITING_LINES:
                self.dropped += 1
            self._waiting.append(line[:LINE_LIMIT])
            stream = self._stream or sys.stdout
            stream.write(line + "\n")
            stream.flush()  # into a pipe it would wait for 8 KB, and a killed process would lose it

    def posts(self) -> list[Post]:
        """Take what waits for the stream."""
        with self._lock:
            lines = list(self._waiting)
            self._waiting.clear()
        return [Post("X", self._key, STREAM_LINES, "line", line) for line in lines]

    def unsent(self, posts: list[Post]) -> None:
        """Put back lines that did not arrive, as far as there is room."""
        with self._lock:
            room = WAITING_LINES - len(self._waiting)
            self.dropped += max(0, len(posts) - room)
            if room > 0:
                self._waiting.extendleft(post.value for post in reversed(posts[-room:]))


class _Logger:
    """What structlog calls with the rendered line."""

    def __init__(self, sink: Callable[[str], None]) -> None:
        self._sink = sink

    def msg(self, line: str) -> None:
        self._sink(line)

    debug = info = warning = error = critical = exception = msg


class _Bridge(logging.Handler):
    """Hands records of the standard library's logging to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        method = getattr(log, record.levelname.lower(), log.info)
        method(record.getMessage(), logger=record.name, exc_info=record.exc_info)


def _work(logger: object, method: str, event: Event) -> Event:
    work = context.current.get()
    if work is not None:
        event.setdefault("request_id", work.request_id)
        event.setdefault("trace_id", work.trace_id)
        event.setdefault("epoch", work.epoch)
        if work.item:
            event.setdefault("item", work.item)
    return event


def _render(logger: object, method: str, event: Event) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"), default=str)


def configure(
    sink: LogSink, masker: Masker, constant: dict[str, str], level: int = logging.INFO
) -> None:
    """Make structlog, and the standard library's logging, write through the sink.

    Every line has `ts`, `level`, `event`, the `constant` fields (service, instance, commit), and
    while there is work at hand request_id, trace_id, item, epoch and phase.
    """

    def add_constant(logger: object, method: str, event: Event) -> Event:
        return {**event, **constant}

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
            structlog.processors.format_exc_info,
            _work,
            add_constant,
            masker,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Logger(sink),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Bridge()]
    root.setLevel(max(level, logging.INFO))
    # httpx reports each request at INFO with its whole URL; the kit measures them instead.
    logging.getLogger("httpx").setLevel(logging.WARNING)
