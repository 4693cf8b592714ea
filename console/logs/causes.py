"""What the errors have in common that the other lines have not: a phase, an API, an instance. Pure.

Each value of each field is held against both sides. *Lift* is how much likelier it is among errors
than among the other lines; *support* is how many errors have it. With fewer than `LEAST_SUPPORT`
errors nothing is told, because chance alone finds something.
"""

from collections import defaultdict
from collections.abc import Sequence

from console.logs.model import ERRORS, Cause, Diagnosis, Explained, Line

LEAST_SUPPORT = 5  # errors
LEAST_LIFT = 1.3
LEAST_CHI_SQUARE = 6.63  # one degree of freedom, p = 0.01
MOST_VALUES = 500  # a field with more different values is an id
MOST_CAUSES = 10
EXPLAINED = 0.8  # of the errors, by one area or by a few together
FEW_AREAS = 3
NAMING = ("phase", "api", "request_id")  # one of these tells where a line belongs
LEAST_NAMED = 0.8  # of the errors: with none of these in more, the logs cannot tell
# What is the error itself, or one of a kind, explains nothing.
LEFT_OUT = frozenset(
    ("error", "error_type", "stack", "duration_ms", "status", "outcome", "trace_id", "span_id",
     "request_id", "item", "bytes", "time", "message", "level", "epoch", "referrer", "agent")
)  # fmt: skip


def diagnose(lines: Sequence[Line], fields: Sequence[str] | None = None) -> Diagnosis:
    """Which values of which fields explain the errors among the lines."""
    errors = [line for line in lines if line.level in ERRORS]
    others = [line for line in lines if line.level not in ERRORS]
    named = [line for line in errors if any(map(line.text, NAMING))]
    share = len(named) / len(errors) if errors else 0.0
    having = _having(errors, fields)
    elsewhere = _counts(others, having)
    causes = _causes(having, elsewhere, len(errors), len(others))
    areas = _areas([having[one.names[0], one.values[0]] for one in causes], len(errors))
    explained = _explained(len(errors), areas, bool(causes), share)
    return Diagnosis(explained, tuple(causes[:MOST_CAUSES]), areas, len(errors), len(others), share)


def _having(
    errors: Sequence[Line], fields: Sequence[str] | None
) -> dict[tuple[str, str], frozenset[int]]:
    """Which errors have each value; of fields that are no ids."""
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    different: dict[str, int] = defaultdict(int)
    for number, line in enumerate(errors):
        for name, value in line.fields.items():
            if value is None or value == "" or not _wanted(name, fields):
                continue
            key = (name, str(value))
            if key not in found:
                different[name] += 1
            if different[name] <= MOST_VALUES:
                found[key].add(number)
    return {
        key: frozenset(numbers)
        for key, numbers in found.items()
        if len(numbers) >= LEAST_SUPPORT and different[key[0]] <= MOST_VALUES
    }


def _wanted(name: str, fields: Sequence[str] | None) -> bool:
    return name not in LEFT_OUT if fields is None else name in fields


def _counts(
    others: Sequence[Line], having: dict[tuple[str, str], frozenset[int]]
) -> dict[tuple[str, str], int]:
    """How many other lines have each of these values."""
    counts = dict.fromkeys(having, 0)
    names = {name for name, _ in having}
    for line in others:
        for name in names & line.fields.keys():
            key = (name, str(line.fields[name]))
            if key in counts:
                counts[key] += 1
    return counts


def _causes(
    having: dict[tuple[str, str], frozenset[int]],
    elsewhere: dict[tuple[str, str], int],
    errors: int,
    others: int,
) -> list[Cause]:
    """Values that are likelier among errors, those that go together as one."""
    together: dict[tuple[frozenset[int], int], list[tuple[str, str]]] = defaultdict(list)
    for key, numbers in having.items():
        together[numbers, elsewhere[key]].append(key)
    found: list[Cause] = []
    for (numbers, outside), keys in together.items():
        lift = _lift(len(numbers), errors, outside, others)
        chi = _chi_square(len(numbers), errors, outside, others)
        if lift < LEAST_LIFT or chi < LEAST_CHI_SQUARE:
            continue
        ordered = sorted(keys)
        found.append(
            Cause(
                tuple(name for name, _ in ordered),
                tuple(value for _, value in ordered),
                len(numbers),
                len(numbers) / errors,
                outside / others if others else 0.0,
                lift,
                chi,
            )
        )
    return sorted(found, key=lambda one: (-one.chi_square, one.names, one.values))


def _lift(inside: int, errors: int, outside: int, others: int) -> float:
    return ((inside + 0.5) / (errors + 1)) / ((outside + 0.5) / (others + 1))


def _chi_square(inside: int, errors: int, outside: int, others: int) -> float:
    """Of the table of errors and others, with the value and without."""
    total, having = errors + others, inside + outside
    if not errors or not others or having == total:
        return 0.0
    cross = inside * (others - outside) - outside * (errors - inside)
    return total * cross * cross / (errors * others * having * (total - having))


def _areas(causes: list[frozenset[int]], errors: int) -> int:
    """How many causes, each the one that adds most, have most of the errors; 0: all do not."""
    covered: set[int] = set()
    left = list(causes)
    for number in range(1, len(causes) + 1):
        best = max(left, key=lambda one: len(one - covered))
        left.remove(best)
        covered |= best
        if len(covered) >= EXPLAINED * errors:
            return number
    return 0


def _explained(errors: int, areas: int, anything: bool, named: float) -> Explained:
    if errors < LEAST_SUPPORT:
        return Explained.TOO_FEW
    if areas == 1:
        return Explained.ONE_AREA
    if 1 < areas <= FEW_AREAS:
        return Explained.FEW_AREAS
    if named < LEAST_NAMED and not anything:
        return Explained.NO_FIELDS
    return Explained.SPREAD
