"""Access logs, and text that begins with a time and a level, as columns.

The patterns take less than those of `parse_text.py`, which tell the same of what is taken here;
whatever does not fit is left to parsing.
"""

from collections.abc import Iterator
from typing import Any

from console.logs.arrow import flags, pa, pc
from console.logs.columns import Columns
from console.logs.rows import Groups, Rows

FEW = 100  # lines that are parsed sooner
_WORD_LIMIT = 255  # bytes, as in parse_text.py
_ACCESS = (
    r'^(?P<client>[^\s"]+) (?P<ident>[^\s"]+) (?P<user>[^\s"]+) \[(?P<time>[^\]]{20,40})\] '
    r'"(?P<request>[^"]*)" (?P<status>\d{3}|-) (?P<bytes>\d{1,18}|-)'
)
_COMBINED = r'(?: "(?P<referrer>[^"]*)" "(?P<agent>[^"]*)")?'
_REQUEST = r"^(?P<method>[A-Z]{3,12}) (?P<path>\S+)(?: HTTP/[\d.]+)?$"
_TIME = r"^(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
_HEADS = (
    # 2026-11-24 03:57:12,123 INFO …
    _TIME + r" (?P<level>TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL|SEVERE)"
    r"(?:[ :|][:\s|-]*(?P<message>[^{:\s|-][^{]*)?)?$",
    # 2026-11-24 03:57:12,123 - billing.jobs - INFO - …
    _TIME + r" - (?P<logger>[\w.]+) - "
    r"(?P<level>TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL) - [^{]*$",
)


def texts(rows: Rows, chosen: Groups, names: frozenset[str]) -> Iterator[tuple[Groups, Columns]]:
    """Those of the groups, each of one clear line, that fit one of the forms, with the fields that
    are asked for."""
    if len(chosen) <= FEW:
        return
    lines = rows.first_lines(chosen)
    access = _ACCESS + _COMBINED if names & {"referrer", "agent"} else _ACCESS
    heads = _HEADS if "message" in names else [one.replace("?P<message>", "?:") for one in _HEADS]
    for form in (access, *heads):
        found = pc.extract_regex(lines, form)
        fits = flags(found.is_valid())
        parts = _parts(found.filter(pa.array(fits)))
        if form is access:
            parts = _access(parts, names)
        elif "message" in parts:
            parts["message"] = pc.utf8_trim_whitespace(parts["message"])
        if parts and fits.any():
            arrays = tuple(parts.items())
            yield chosen[fits], Columns(int(fits.sum()), arrays, by_status=form is access)
            chosen, lines = chosen[~fits], lines.filter(pa.array(~fits))


def _parts(found: Any) -> dict[str, Any]:
    names = [found.type.field(place).name for place in range(found.type.num_fields)]
    return {
        name: array.cast(pa.string()) for name, array in zip(names, found.flatten(), strict=True)
    }


def _access(parts: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """The fields of an access log's line; nothing where one is longer than parsing takes."""
    words = [parts.pop("ident"), parts["client"], parts["user"]]
    if any((pc.max(pc.binary_length(word)).as_py() or 0) > _WORD_LIMIT for word in words):
        return {}
    request = parts.pop("request")
    if names & {"method", "path"}:
        parts |= _parts(pc.extract_regex(request, _REQUEST))
    parts["message"] = request
    for name in ("status", "bytes"):
        parts[name] = _without(parts[name], "-").cast(pa.int64())
    for name in {"user", "referrer", "agent"} & parts.keys():
        parts[name] = _without(_without(parts[name], "-"), "")
    return parts


def _without(array: Any, text: str) -> Any:
    return pc.if_else(pc.equal(array, text), pa.scalar(None, pa.string()), array)
