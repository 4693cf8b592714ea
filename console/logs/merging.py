"""Which shapes of messages are one template, because a word in them varies. Pure and deterministic.

Shapes with the same separators and the same words but one are put side by side. Enough different
words at that place are values of something, and the shapes become one template. The decision looks
at the set of shapes alone: neither their order nor how often each was seen matters.

The thresholds are fitted to no log: of 480 combinations far to both sides of them, the worst still
groups the labelled sets within four points of these (`tests/bench/bench_logs.py` prints it).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from console.logs.masks import VARIABLE
from console.logs.varying import (
    Reason,
    Rule,
    Template,
    Thresholds,
    is_key,
    reason_of,
    rule_of,
    split,
    strongest,
)


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome for a set of shapes."""

    templates: dict[str, Template]  # by shape
    reasons: dict[Template, tuple[Reason, ...]]


SINGLE_WORDS = 40  # of longer messages only crowds are merged: this costs the square of it, too
PAIR_MEMBERS = 500  # in larger families no pairs are tried either
PAIR_WORDS = 24  # of longer messages no pairs are tried: their number grows with the square


_Families = dict[tuple[str, ...], list[tuple[str, ...]]]  # words by separators
_Step = dict[Template, tuple[Template, tuple[Reason, ...]]]  # what becomes what, and why


class _Bucket(NamedTuple):
    """Templates that are equal but for one word, by what is around it."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    separators: tuple[str, ...]


def merge(shapes: Iterable[str], thresholds: Thresholds | None = None) -> Merged:
    """Templates of shapes. The same set of shapes always gives the same templates."""
    limits = thresholds or Thresholds()
    templates = {shape: split(shape) for shape in shapes}
    reasons: dict[Template, set[Reason]] = defaultdict(set)
    while True:
        families = _families(set(templates.values()))
        step = _crowds(families, limits) or _single(families, limits) or _pairs(families, limits)
        if not step:
            break
        for old, (new, why) in step.items():
            reasons[new] |= reasons.get(old, set()) | set(why)
        templates = {
            shape: step[template][0] if template in step else template
            for shape, template in templates.items()
        }
    return Merged(templates, {one: strongest(reasons[one]) for one in set(templates.values())})


def _families(templates: set[Template]) -> _Families:
    """Words by their separators, where there are several."""
    families: _Families = defaultdict(list)
    for words, separators in templates:
        families[separators].append(words)
    return {one: members for one, members in families.items() if len(members) > 1}


def _single(families: _Families, limits: Thresholds) -> _Step:
    """Templates that differ in one word; where a word could go two ways, more words decide."""
    buckets: dict[_Bucket, set[str]] = defaultdict(set)
    for separators, members in families.items():
        if len(separators) > SINGLE_WORDS:
            continue
        for words in members:
            for place, word in enumerate(words):
                buckets[_Bucket(words[:place], words[place + 1 :], separators)].add(word)
    several = [(bucket, words) for bucket, words in buckets.items() if len(words) > 1]
    step: _Step = {}
    for bucket, words in sorted(several, key=lambda one: (-len(one[1]), one[0])):
        rule, least = rule_of(bucket.before, bucket.separators, words, limits)
        if len(words) < least or not _says_something(bucket.before + bucket.after):
            continue
        new = Template((*bucket.before, VARIABLE, *bucket.after), bucket.separators)
        why = (reason_of(len(bucket.before), rule, words),)
        for word in words - {VARIABLE}:
            old = Template((*bucket.before, word, *bucket.after), bucket.separators)
            step.setdefault(old, (new, why))
        if VARIABLE in words:
            step.setdefault(new, (new, why))
    # What only keeps its own form is no step.
    return step if any(old != new for old, (new, _) in step.items()) else {}


def _crowds(families: _Families, limits: Thresholds) -> _Step:
    """Many templates of the same form: those that share most words, while the others vary widely.

    It is tried first, because its cost grows with the number of templates only, and what it merges
    need not be looked at pair by pair.
    """
    step: _Step = {}
    for separators, family in families.items():
        groups = [family]
        while groups:
            group = groups.pop()
            if len(group) < limits.crowd:
                continue
            columns = [set(column) for column in zip(*group, strict=True)]
            varying = [place for place, words in enumerate(columns) if len(words) > 1]
            if _is_crowd(columns, varying, separators, limits):
                free = set(varying)
                general = tuple(
                    VARIABLE if place in free else word for place, word in enumerate(group[0])
                )
                new = Template(general, separators)
                why = tuple(reason_of(place, Rule.PAIR, columns[place]) for place in varying)
                step |= {Template(words, separators): (new, why) for words in group}
                continue
            _, narrowest = min((len(columns[place]), place) for place in varying)
            parts: dict[str, list[tuple[str, ...]]] = defaultdict(list)
            for words in group:
                parts[words[narrowest]].append(words)
            groups += parts.values()
    return step


def _is_crowd(
    columns: list[set[str]], varying: list[int], separators: tuple[str, ...], limits: Thresholds
) -> bool:
    """Whether each place that varies has words enough, and more places do not vary."""
    same = sum(len(words) == 1 and VARIABLE not in words for words in columns)
    return same > len(varying) and all(
        len(columns[place]) >= (limits.first if place == 0 else 2 * limits.word)
        and not is_key(separators, place)
        for place in varying
    )


def _pairs(families: _Families, limits: Thresholds) -> _Step:
    """Templates that differ in two words at once, where many of them do."""
    buckets: dict[tuple[Template, int, int], list[tuple[str, ...]]] = defaultdict(list)
    for separators, members in families.items():
        if not limits.pair <= len(members) <= PAIR_MEMBERS:
            continue
        for words in members:
            free = [place for place, word in enumerate(words) if place and word != VARIABLE]
            if len(free) > PAIR_WORDS:
                continue
            for number, first in enumerate(free):
                for second in free[number + 1 :]:
                    rest = list(words)
                    rest[first] = rest[second] = VARIABLE
                    buckets[Template(tuple(rest), separators), first, second].append(words)
    step: _Step = {}
    for (new, first, second), members in sorted(
        buckets.items(), key=lambda one: (-len(one[1]), one[0])
    ):
        if len(members) < limits.pair or not _says_something(new.words):
            continue
        sides = [(place, {words[place] for words in members}) for place in (first, second)]
        if any(len(words) < limits.word or is_key(new.separators, place) for place, words in sides):
            continue
        why = tuple(reason_of(place, Rule.PAIR, words) for place, words in sides)
        for words in members:
            step.setdefault(Template(words, new.separators), (new, why))
    return step


def _says_something(words: tuple[str, ...]) -> bool:
    """At least one word must stay, or everything would be one template."""
    return any(word != VARIABLE for word in words)
