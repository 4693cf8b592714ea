"""Where two places have a setting otherwise. Pure; nothing is compared but fingerprints."""

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from console.settings.model import Finding, Given, Rule, Severity, Spec
from console.settings.names import USUAL, shown
from console.settings.reports import KEY, Seen, Variant
from console.settings.secrecy import NOT_COMPARABLE, fingerprint, length_class
from console.words import listed

MOST = 200  # changes that are told
MOST_WHO = 3  # instances that a sentence names
DEPLOY = "Deploy again: a process reads its environment when it starts."
GONE = (
    "Removed there: deploy again. Not meant to be there: it comes from the image, or from another "
    "place that the process reads."
)


class Kind(StrEnum):
    """How two places differ in one variable."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "from another source"  # the same value
    UNKNOWN = "cannot be told"  # set in both, and their fingerprints do not compare


@dataclass(frozen=True, slots=True)
class Change:
    """One variable that differs, or may."""

    name: str
    kind: Kind
    before: Seen | None
    after: Seen | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two places beside each other."""

    changes: tuple[Change, ...]
    same: int  # variables that are set in both and equal
    comparable: bool  # whether the fingerprints were made with one key
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Drift:
    """One variable that instances have otherwise; the largest group first."""

    name: str
    kinds: tuple[tuple[str, tuple[str, ...]], ...]  # what they have, and who


@dataclass(frozen=True, slots=True)
class PlatformNames:
    """The variables that a platform has for a service: names, and when each was changed."""

    platform: str
    at: float  # Unix seconds, when it was read
    names: Mapping[str, float | None]  # when it was changed, where the platform says so


def seen_of(given: Given, spec: Spec, key: str) -> dict[str, Seen]:
    """The variables of a file or an environment, without their values.

    `key` makes the fingerprints; with a service's own OPS_FINGERPRINT_KEY they compare with what
    its instances report.
    """
    return {
        name: Seen(
            name,
            bool(text.strip()),
            given.source,
            length_class(text),
            fingerprint(key, name, text),
            name in spec.variables and spec.variables[name].secret,
        )
        for name, text in given.values.items()
        if shown(name, spec.variables) == name
    }


def compare(before: Mapping[str, Seen], after: Mapping[str, Seen]) -> Comparison:
    """What changed from one place to another."""
    comparable = _same_key(before, after)
    changes: list[Change] = []
    same = 0
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        kind = _kind(one, other, comparable)
        if kind is not None:
            changes.append(Change(name, kind, one, other))
        elif one is not None and one.is_set:
            same += 1
    order = list(Kind)
    changes.sort(key=lambda change: order.index(change.kind))
    return Comparison(tuple(changes[:MOST]), same, comparable, max(0, len(changes) - MOST))


def between_instances(variants: Sequence[Variant]) -> tuple[Drift, ...]:
    """Every variable that not all instances have the same."""
    if len(variants) < 2:
        return ()
    by_name: dict[str, dict[str, list[str]]] = {}
    for variant in variants:
        seen = variant.report.seen
        for name in {one for each in variants for one in each.report.seen}:
            groups = by_name.setdefault(name, {})
            groups.setdefault(_state(seen.get(name)), []).extend(variant.instances)
    found: list[Drift] = []
    for name, groups in sorted(by_name.items()):
        if len(groups) > 1:
            kinds = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
            found.append(Drift(name, tuple((state, tuple(who)) for state, who in kinds)))
    return tuple(found)


def drift_findings(variants: Sequence[Variant], starts: Mapping[str, float]) -> list[Finding]:
    """What to do about instances that differ. `starts`: when each began, Unix seconds."""
    what_next = "Deploy again, so that all start with the same; or end the older ones."
    if len(_keys(variants)) > 1:
        told = "differs between instances, so nothing else of theirs can be compared."
        return [Finding(Rule.DIFFERS, Severity.ERROR, KEY, told, what_next)]
    return [
        Finding(Rule.DIFFERS, Severity.ERROR, drift.name, _differs(drift, starts), what_next)
        for drift in between_instances(variants)
    ]


def _differs(drift: Drift, starts: Mapping[str, float]) -> str:
    """Who has what; where most have the same, first who has not."""
    (most, many), *others = drift.kinds
    if len(others) == 1 and len(many) > len(others[0][1]):
        state, few = others[0]
        verb = "has" if len(few) == 1 else "have"
        return f"differs on {listed(few)}: {verb} {state}, the other {len(many)} have {most}."
    each = [
        f"{listed(who, MOST_WHO)} {'has' if len(who) == 1 else 'have'} {state}"
        for state, who in drift.kinds
    ]
    names = [name for _, who in drift.kinds for name in who]
    known = {name: starts[name] for name in names if name in starts}
    last = max(known, key=lambda name: known[name]) if len(known) == len(names) > 1 else ""
    more = f" {last} started last." if last else ""
    return f"differs between instances: {'; '.join(each)}.{more}"


def platform_findings(
    platform: PlatformNames, variants: Sequence[Variant], started_at: float | None, spec: Spec
) -> list[Finding]:
    """Where the platform has it otherwise than the running processes: changed, not deployed."""
    found: list[Finding] = []
    title = platform.platform
    for name in sorted({one for each in variants for one in each.report.seen}):
        without, with_it = _holders(name, variants)
        changed = platform.names.get(name)
        severity, what_next = Severity.ERROR, DEPLOY
        if name in platform.names and without:
            who = "no running instance has" if not with_it else f"{listed(without)} {_not(without)}"
            told = f"is set at {title}, and {who} got it."
        elif name not in platform.names and with_it:
            severity, what_next = Severity.WARN, GONE
            told = f"is in the running process, and not among the variables of {title}."
        elif changed is not None and started_at is not None and changed > started_at:
            told = f"was changed at {title} after the running process started."
        else:
            continue
        found.append(Finding(Rule.NOT_DEPLOYED, severity, name, told, what_next))
    known = {name for each in variants for name in each.report.seen} | spec.variables.keys()
    ignored = re.compile("|".join(fnmatch.translate(one) for one in (*USUAL, *spec.ignore)))
    for name in sorted(platform.names.keys() - known):
        if not ignored.match(name):
            told = f"is set at {title}, and nothing reads it."
            found.append(Finding(Rule.UNKNOWN, Severity.NOTE, shown(name), told, "Remove it."))
    return found


def _holders(name: str, variants: Sequence[Variant]) -> tuple[list[str], list[str]]:
    """The instances that have not got a variable, and those that have it from the environment."""
    without: list[str] = []
    with_it: list[str] = []
    for variant in variants:
        one = variant.report.seen.get(name)
        if one is not None and one.source in ("missing", "default"):
            without += variant.instances
        elif one is not None and one.source == "env":
            with_it += variant.instances
    return without, with_it


def _not(names: Sequence[str]) -> str:
    return "has not" if len(names) == 1 else "have not"


def _kind(one: Seen | None, other: Seen | None, comparable: bool) -> Kind | None:
    has, got = one is not None and one.is_set, other is not None and other.is_set
    if not has or not got or one is None or other is None:
        return (Kind.ADDED if got else Kind.REMOVED) if has != got else None
    if one.length and other.length and one.length != other.length:
        return Kind.CHANGED
    if not comparable or NOT_COMPARABLE in (one.fingerprint, other.fingerprint):
        return Kind.UNKNOWN
    if one.fingerprint != other.fingerprint:
        return Kind.CHANGED
    from_reports = {one.source, other.source} <= {"env", "dotenv"}
    return Kind.MOVED if from_reports and one.source != other.source else None


def _same_key(before: Mapping[str, Seen], after: Mapping[str, Seen]) -> bool:
    """Whether both sides' fingerprints were made with one key: that of the key itself says so."""
    one, other = before.get(KEY), after.get(KEY)
    if one is None or other is None or not one.is_set or not other.is_set:
        return one is None and other is None
    return one.fingerprint == other.fingerprint


def _keys(variants: Sequence[Variant]) -> set[str]:
    keys = (variant.report.seen.get(KEY) for variant in variants)
    return {one.fingerprint for one in keys if one is not None and one.is_set}


def _state(one: Seen | None) -> str:
    """What an instance has, in words that tell no value but that of a time limit."""
    if one is None:
        return "nothing to tell of it"
    if not one.is_set:
        return {"missing": "no value", "default": "the default"}.get(one.source, "a blank one")
    if one.limit:
        return one.limit
    mark = f" (fingerprint {one.fingerprint[:8]})" if one.fingerprint != NOT_COMPARABLE else ""
    where = f" from {one.source}" if one.source == "dotenv" else ""
    return f"a value of {one.length or 'some'} characters{where}{mark if one.fingerprint else ''}"
