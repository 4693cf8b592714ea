"""Log lines that say the same thing, found with no configuration. Pure.

A `Miner` takes messages in any portions and keeps their shapes (`masks.py`), counted, with a few
examples each; `patterns()` merges the shapes (`merging.py`) and tells what came of it. How the
messages were cut into portions changes nothing. Memory is bounded: at `MOST_SHAPES` the shapes are
merged for good, and what still does not fit is counted under one heading.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from console.logs.explain import display, explain
from console.logs.masks import VARIABLE, shape
from console.logs.merging import Merged, merge
from console.logs.varying import Reason, Template, Thresholds, split

ALGORITHM = 1  # part of every pattern's id: another way of grouping never meets old ids
MOST_SHAPES = 10_000  # about 20 MB
EXAMPLES = 5  # shown of a pattern
MOST_EXAMPLES = 20  # kept of one, to tell what varies
EXAMPLE_LIMIT = 1000  # characters
WORTH_MERGING = 0.9  # of them left: where more are, merging is not tried again
OTHER = 0  # the shape number of whatever no longer fits


@dataclass(frozen=True, slots=True)
class Pattern:
    """Lines that say the same thing."""

    id: str
    template: str  # for people: `Failed password for <word> from <address>`
    count: int
    examples: tuple[str, ...]
    why: tuple[str, ...]  # sentences
    shapes: frozenset[int]  # numbers, as `Miner.add` gave them
    key: str = ""  # the template with `VARIABLE` where something varies


@dataclass(slots=True)
class _Shape:
    text: str
    count: int = 0
    examples: list[str] = field(default_factory=list[str])

    def see(self, message: str) -> None:
        """Count a message; the 1st, 2nd, 4th, 8th, … stay as examples, spread over all of them."""
        self.count += 1
        if (
            not self.count & (self.count - 1)
            and (example := message[:EXAMPLE_LIMIT]) not in self.examples
        ):
            self.examples.append(example)


class Miner:
    """Groups messages. Not thread-safe."""

    def __init__(self, thresholds: Thresholds | None = None, most_shapes: int = MOST_SHAPES):
        self._thresholds = thresholds
        self._most = most_shapes
        self._shapes = [_Shape("")]  # by number; the first is OTHER
        self._numbers: dict[str, int] = {}
        self._moved: dict[int, int] = {}  # numbers of merged shapes to where their lines are
        self._full = False  # merging makes no more room
        self._kept: dict[Template, tuple[Reason, ...]] = {}  # merged for good
        self._places: dict[tuple[str, ...], set[tuple[int, ...]]] = defaultdict(set)

    def add(self, messages: Iterable[str]) -> list[int]:
        """Count messages. Returns a shape number for each, which a pattern's `shapes` contains."""
        return [self._add(message) for message in messages]

    def patterns(self) -> list[Pattern]:
        """The patterns of everything added so far, the most frequent first."""
        merged = merge(self._numbers, self._thresholds)
        members: dict[Template, list[int]] = defaultdict(list)
        for text, number in self._numbers.items():
            members[merged.templates[text]].append(number)
        found = [self._pattern(one, numbers, merged) for one, numbers in members.items()]
        if self._shapes[OTHER].count:
            found.append(self._other())
        return sorted(found, key=lambda one: (-one.count, one.template, one.id))

    def _add(self, message: str) -> int:
        text = shape(message)
        number = self._numbers.get(text)
        if number is None:
            number = self._number(text)
        self._shapes[number].see(message)
        return number

    def _number(self, text: str) -> int:
        """The number of a shape that was not seen, or is no longer kept on its own."""
        if len(self._numbers) >= self._most and not self._full:
            self._compact()
        if self._kept and (known := self._generalised(text)) is not None:
            return known
        if len(self._numbers) >= self._most:
            return OTHER
        self._numbers[text] = len(self._shapes)
        self._shapes.append(_Shape(text))
        return self._numbers[text]

    def _compact(self) -> None:
        """Merge for good, so that there is room; the first of each template's shapes stays."""
        merged = merge(self._numbers, self._thresholds)
        numbers: dict[str, int] = {}
        for text, number in self._numbers.items():
            template = merged.templates[text]
            into = numbers.setdefault(str(template), number)
            if into == number:
                self._shapes[number].text = str(template)
            else:
                self._absorb(into, number)
        self._full = len(numbers) > WORTH_MERGING * self._most
        self._numbers = numbers
        self._keep(merged)

    def _keep(self, merged: Merged) -> None:
        for template, reasons in merged.reasons.items():
            if not reasons:
                continue
            self._kept[template] = reasons
            self._places[template.separators].add(tuple(one.place for one in reasons))

    def _absorb(self, into: int, number: int) -> None:
        one, other = self._shapes[into], self._shapes[number]
        one.count += other.count
        room = MOST_EXAMPLES - len(one.examples)
        one.examples += [e for e in other.examples if e not in one.examples][: max(0, room)]
        self._moved[number] = into
        self._shapes[number] = one

    def _generalised(self, text: str) -> int | None:
        """The number of a template merged for good that a shape belongs to."""
        words, separators = split(text)
        for places in sorted(self._places.get(separators, ())):
            general = tuple(VARIABLE if at in places else word for at, word in enumerate(words))
            template = Template(general, separators)
            if template in self._kept:
                return self._numbers.get(str(template))
        return None

    def _pattern(self, template: Template, numbers: list[int], merged: Merged) -> Pattern:
        kept = [self._shapes[number].examples for number in numbers]
        each = max(1, MOST_EXAMPLES // len(kept))
        examples = [one for some in kept for one in some[:each]][:MOST_EXAMPLES]
        members = set(numbers)
        members |= {old for old, new in self._moved.items() if new in members}
        reasons = merged.reasons.get(template) or self._kept.get(template, ())
        return Pattern(
            pattern_id(template),
            display(template, examples),
            sum(self._shapes[number].count for number in numbers),
            tuple(examples[:EXAMPLES]),
            explain(template, examples, reasons),
            frozenset(members),
            str(template),
        )

    def _other(self) -> Pattern:
        other = self._shapes[OTHER]
        why = f"More different messages than the {self._most:,} that are told apart."
        return Pattern(
            f"{ALGORITHM}-other",
            "(other messages)",
            other.count,
            tuple(other.examples),
            (why,),
            frozenset((OTHER,)),
        )


def covers(key: str, other: str) -> bool:
    """Whether a pattern is as general as another, or more: every line of that one is its too."""
    general, special = split(key), split(other)
    return (
        bool(key)
        and general.separators == special.separators
        and all(
            word in (VARIABLE, there)
            for word, there in zip(general.words, special.words, strict=True)
        )
    )


def pattern_id(template: Template) -> str:
    """A stable name: the same words and separators have it in every run and on every machine."""
    digest = hashlib.blake2b(str(template).encode("utf-8", "surrogatepass"), digest_size=6)
    return f"{ALGORITHM}-{digest.hexdigest()}"
