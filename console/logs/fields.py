"""The many names of one field: of OpenTelemetry, of ECS, and what programs use. Pure.

A field that is known here is kept under the console's name, every other under its own.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import cast

from console.logs.model import Level, Value
from console.logs.safe import safe
from console.masking import MASK, is_secret_name

MOST_FIELDS = 100
MOST_DEPTH = 6
TEXT_LIMIT = 8000  # characters of a field
NAME_LIMIT = 120

# By the console's name, the likeliest first. Compared in lower case, without `_` and `-`.
NAMES: dict[str, tuple[str, ...]] = {
    "time": ("ts", "time", "timestamp", "@timestamp", "datetime", "asctime", "timeunixnano",
             "observedtimestamp", "observedtimeunixnano", "eventtime", "date", "t"),
    "level": ("level", "severity", "severitytext", "log.level", "levelname", "loglevel", "lvl",
              "severitynumber"),
    "message": ("message", "msg", "body", "event", "log", "textpayload", "shortmessage", "text"),
    "service": ("service", "service.name", "servicename", "app", "application"),
    "instance": ("instance", "service.instance.id", "instanceid", "k8s.pod.name", "pod", "podname",
                 "replica", "dyno", "host.name", "hostname", "host"),
    "commit": ("commit", "commitsha", "sha", "gitsha", "release", "service.version"),
    "trace_id": ("traceid", "trace.id"),
    "span_id": ("spanid", "span.id"),
    "request_id": ("requestid", "reqid", "http.request.id", "xrequestid", "correlationid"),
    "method": ("method", "http.request.method", "http.method", "verb", "requestmethod",
               "httprequest.requestmethod"),
    "path": ("path", "url.path", "uri", "http.target", "requesturi", "url",
             "httprequest.requesturl"),
    "route": ("route", "http.route"),
    "status": ("status", "http.response.statuscode", "http.statuscode", "statuscode", "httpstatus",
               "httprequest.status"),
    "client": ("client", "client.address", "client.ip", "remoteaddr", "clientip", "source.ip",
               "httprequest.remoteip", "srcip"),
    "error_type": ("errortype", "error.type", "exception.type", "exctype", "error.name"),
    "error": ("error", "error.message", "exception.message", "err", "errormessage", "err.message"),
    "stack": ("stack", "error.stacktrace", "exception.stacktrace", "stacktrace", "excinfo",
              "traceback", "exception", "error.stack", "err.stack"),
    "logger": ("logger", "log.logger", "loggername", "component", "scope.name"),
    "item": ("item", "itemid"),
    "customer": ("customer", "customerid", "companyid", "tenant", "tenantid"),
    "phase": ("phase", "stage"),
    "api": ("api", "server.address", "peer.service"),
    "bytes": ("bytes", "bodybytessent", "http.response.body.bytes", "responsesize",
              "http.response.body.size"),
}  # fmt: skip
# Durations become milliseconds. A bare `duration` may be anything: only one with a unit is taken.
_DURATIONS = {
    "duration_ms": 1.0, "ms": 1.0, "elapsed_ms": 1.0, "latency_ms": 1.0, "response_time_ms": 1.0,
    "responsetime": 1.0, "event.duration": 1e-6, "request_time": 1e3, "http.server.duration": 1.0,
    "http.server.request.duration": 1e3, "http.client.request.duration": 1e3,
    "totalduration": 1.0,
}  # fmt: skip
_UNITS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "min": 6e4, "h": 3.6e6}
_WITH_UNIT = re.compile(r"(\d+(?:\.\d+)?)\s?(ns|us|µs|ms|s|min|m|h)")
WITH_UNIT_NAMES = ("duration", "elapsed", "dur", "latency", "took", "httprequest.latency")
# What wraps the fields in OpenTelemetry and in Google's records.
WRAPPERS = re.compile(
    r"^(?:resource\.attributes|resource|attributes|instrumentationscope|jsonpayload|fields)\.", re.I
)
_LEVELS = {
    "trace": Level.TRACE, "verbose": Level.TRACE, "finest": Level.TRACE, "silly": Level.TRACE,
    "debug": Level.DEBUG, "fine": Level.DEBUG, "dbg": Level.DEBUG,
    "info": Level.INFO, "information": Level.INFO, "informational": Level.INFO,
    "notice": Level.INFO, "default": Level.UNKNOWN, "log": Level.INFO, "inf": Level.INFO,
    "warn": Level.WARN, "warning": Level.WARN, "wrn": Level.WARN,
    "error": Level.ERROR, "err": Level.ERROR, "severe": Level.ERROR,
    "fatal": Level.FATAL, "critical": Level.FATAL, "crit": Level.FATAL, "alert": Level.FATAL,
    "emergency": Level.FATAL, "emerg": Level.FATAL, "panic": Level.FATAL, "dpanic": Level.FATAL,
}  # fmt: skip
_BY_WEIGHT = (Level.TRACE, Level.DEBUG, Level.INFO, Level.WARN, Level.ERROR, Level.FATAL)
_SYSLOG = (
    *(Level.FATAL,) * 3, Level.ERROR, Level.WARN, Level.INFO, Level.INFO, Level.DEBUG,
)  # fmt: skip


def plain_name(name: str) -> str:
    """A name as names are compared."""
    return name.lower().replace("_", "").replace("-", "")


CANONICAL = {alias: name for name, aliases in NAMES.items() for alias in aliases}
RANK = {alias: rank for aliases in NAMES.values() for rank, alias in enumerate(aliases)}
DURATION_NAMES = {plain_name(name): factor for name, factor in _DURATIONS.items()}


def canonical(name: str) -> str:
    """The console's name of a field, or the name itself."""
    plain = plain_name(name)
    if plain in DURATION_NAMES:
        return "duration_ms"
    return CANONICAL.get(plain, name)


def level_of(value: object, name: str = "level") -> Level:
    """A level from its word; from a number as OpenTelemetry's `severityNumber` counts (1 to 24), as
    pino's `level` does (10 to 60), or as syslog's (0 to 7)."""
    if isinstance(value, str):
        word = value.strip().lower()
        if not (word.isdecimal() and word.isascii() and len(word) <= 2):
            return _LEVELS.get(word, Level.UNKNOWN)
        value = int(word)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 60:
        return Level.UNKNOWN
    number = int(value)
    if plain_name(name) == "severitynumber":
        return _BY_WEIGHT[(number - 1) // 4] if 1 <= number <= 24 else Level.UNKNOWN
    if number >= 10:
        return _BY_WEIGHT[number // 10 - 1]
    return _SYSLOG[number] if number < len(_SYSLOG) else Level.UNKNOWN


def flatten(record: Mapping[str, object]) -> dict[str, object]:
    """Nested objects as dotted names; OpenTelemetry's lists of keys and values as fields."""
    flat: dict[str, object] = {}
    _flatten(record, "", flat, 0)
    return flat


def _flatten(
    record: Mapping[str, object], prefix: str, flat: dict[str, object], depth: int
) -> None:
    for name, value in record.items():
        if len(flat) > MOST_FIELDS:
            return
        key = WRAPPERS.sub("", f"{prefix}{name}")
        inner = _attribute_value(value)
        nested = _nested(inner)
        if nested is not None and depth < MOST_DEPTH:
            _flatten(nested, f"{key}.", flat, depth + 1)
        else:
            flat.setdefault(key[:NAME_LIMIT], inner)


def _attribute_value(value: object) -> object:
    """OpenTelemetry writes `{"stringValue": "x"}` for "x"."""
    told = _nested(value)
    if told and len(told) == 1:
        ((name, inner),) = told.items()
        if name == "intValue" and isinstance(inner, str):
            return int(inner) if inner.lstrip("-").isdecimal() and len(inner) < 20 else inner
        if name in ("stringValue", "intValue", "doubleValue", "boolValue"):
            return inner
    return value


def _nested(value: object) -> Mapping[str, object] | None:
    """An object; also where it is written as `[{"key": k, "value": v}]`."""
    if isinstance(value, dict):
        return cast("Mapping[str, object]", value)
    if not isinstance(value, list):
        return None
    found: dict[str, object] = {}
    for pair in cast("list[object]", value):
        if not isinstance(pair, dict):
            return None
        told = cast("dict[str, object]", pair)
        if told.keys() != {"key", "value"}:
            return None
        found[str(told["key"])] = told["value"]
    return found or None


def named(flat: Mapping[str, object]) -> dict[str, Value]:
    """Fields by the console's names, with safe values. Of several names of one thing the likeliest
    wins, and the others stay as they are called."""
    found: dict[str, Value] = {}
    ranks: dict[str, int] = {}
    for name, value in list(flat.items())[:MOST_FIELDS]:
        plain = plain_name(name)
        if (duration := milliseconds(plain, value)) is not None:
            found.setdefault("duration_ms", duration)
            continue
        known = CANONICAL.get(plain)
        rank = RANK.get(plain, 0)
        if known is None or (known in ranks and ranks[known] <= rank):
            known = safe(name)
        else:
            ranks[known] = rank
        if known == "level" and (level := level_of(value, name)) != Level.UNKNOWN:
            found["level"] = level.value
        elif known != "level":
            found[known] = shown(name, value)
    return found


def milliseconds(plain: str, value: object) -> float | None:
    """A duration, where the name and the value tell one."""
    factor = DURATION_NAMES.get(plain)
    if isinstance(value, str):
        if (match := _WITH_UNIT.fullmatch(value.strip())) and (
            factor is not None or plain in WITH_UNIT_NAMES
        ):
            return round(float(match[1]) * _UNITS[match[2]], 6)
        try:
            value = float(value) if factor is not None else value
        except ValueError:
            return None
    if factor is None or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(value * factor, 6)


def shown(name: str, value: object) -> Value:
    """A value that may be shown; what is neither text nor a number is written as JSON."""
    if is_secret_name(name) and value not in (None, "", True, False):
        return MASK
    if isinstance(value, bool | int | float) or value is None:
        return value if value is None or -1e300 < value < 1e300 else str(value)
    text = value if isinstance(value, str) else _as_json(value)
    return safe(text[:TEXT_LIMIT])


def _as_json(value: object) -> str:
    try:
        return json.dumps(cast("Sequence[object]", value), ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return "(too deeply nested)"
