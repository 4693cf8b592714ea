"""Where the trouble is that goes on now: the errors of the last minutes beside other lines. Pure.

An outage that is over must not hide the one of now, so the shortest of a few stretches that has
enough errors is looked at; where none has, all lines are.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from console.logs.causes import EXPLAINED, diagnose
from console.logs.model import ERRORS, Diagnosis, Line
from console.logs.triage import ErrorPattern

SPANS = (300.0, 3600.0)  # seconds before now
ENOUGH = 10  # errors of a stretch: twice the support that a cause needs (causes.py)
OTHERS = 20  # other lines of it; with fewer, those of all the time stand beside the errors


def diagnose_now(lines: Sequence[Line], now: float) -> Diagnosis:
    """What the errors that go on have in common."""
    errors = [line for line in lines if line.level in ERRORS]
    others = [line for line in lines if line.level not in ERRORS]
    for span in SPANS:
        late = _since(errors, now - span)
        if len(late) >= ENOUGH:
            beside = _since(others, now - span)
            compared = beside if len(beside) >= OTHERS else others
            return replace(diagnose([*late, *compared]), span=span)
    return diagnose(lines)


def with_kind(diagnosis: Diagnosis, found: Sequence[ErrorPattern], now: float) -> Diagnosis:
    """The same with the most frequent kind of error, if it is nearly all of them: where no field
    tells the area, that does."""
    since = None if diagnosis.span is None else now - diagnosis.span
    counts = [(len(_of(one.members, since)), one.pattern.template) for one in found]
    most, template = max(counts, default=(0, ""))
    share = most / diagnosis.errors if diagnosis.errors else 0.0
    return replace(diagnosis, kind=template, kind_share=share) if share >= EXPLAINED else diagnosis


def _of(lines: Collection[Line], since: float | None) -> Collection[Line]:
    return lines if since is None else _since(lines, since)


def _since(lines: Collection[Line], at: float) -> list[Line]:
    return [line for line in lines if line.time is not None and line.time >= at]
