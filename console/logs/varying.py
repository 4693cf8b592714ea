"""When different words at one place of a template are values of something. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from console.logs.masks import VARIABLE

SHOWN_WORDS = 5
# Words: runs of letters and digits, with what joins them; of scripts without spaces, runs of one
# script, so that a name inside a sentence can vary.
WORD = re.compile(
    r"\0|[\u3041-\u309f]+|[\u30a0-\u30ff]+|[\u3400-\u9fff々]+"
    r"|(?:(?![\u3041-\u30ff\u3400-\u9fff々])\w)+"
    r"(?:[.$@/\\-]+(?<!\.\.)(?:(?![\u3041-\u30ff\u3400-\u9fff々])\w)+)*"
)
_IDENTIFIER = re.compile(r"[._$@/\\\d]|\w-\w")
_ROLES = frozenset(("user", "username", "account", "host", "hostname"))
_PREPOSITIONS = frozenset(("for", "from", "by", "to"))
_NEVER = 1 << 60


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How many different words at one place make it a variable."""

    word: int = 10
    first: int = 40  # the first word of a message usually says who speaks
    after_preposition: int = 3  # `for root from …`
    after_role: int = 2  # `user root`
    identifier: int = 2  # `com.example.app`, `rpc/statd`, `my_table`
    pair: int = 20  # shapes, where two words vary at once
    crowd: int = 100  # shapes, where any number of words vary at once


class Rule(StrEnum):
    """Why a word became a variable."""

    WORD = "word"
    FIRST = "first"
    PREPOSITION = "preposition"
    ROLE = "role"
    IDENTIFIER = "identifier"
    PAIR = "pair"


class Template(NamedTuple):
    """Words, `VARIABLE` among them, and the separators around them: always one more."""

    words: tuple[str, ...]
    separators: tuple[str, ...]

    def __str__(self) -> str:
        """With `VARIABLE` where something varies."""
        parts = [self.separators[0]]
        for word, separator in zip(self.words, self.separators[1:], strict=True):
            parts += (word, separator)
        return "".join(parts)


class Reason(NamedTuple):
    """One word that became a variable."""

    place: int  # among the words
    rule: Rule
    different: int  # words that were seen there
    some: tuple[str, ...]  # of them, in order of the alphabet


def split(shape: str) -> Template:
    """A shape as words and separators."""
    return Template(tuple(WORD.findall(shape)), tuple(WORD.split(shape)))


def rule_of(
    before: tuple[str, ...], separators: tuple[str, ...], words: set[str], limits: Thresholds
) -> tuple[Rule, int]:
    """Which rule holds for a place, and how many different words it wants."""
    place = len(before)
    if is_key(separators, place):
        return Rule.WORD, _NEVER
    if place == 0:
        return Rule.FIRST, limits.first
    if all(word == VARIABLE or _IDENTIFIER.search(word) for word in words):
        return Rule.IDENTIFIER, limits.identifier
    previous = before[-1].lower()
    if previous in _ROLES:
        return Rule.ROLE, limits.after_role
    if previous in _PREPOSITIONS:
        return Rule.PREPOSITION, limits.after_preposition
    return Rule.WORD, limits.word


def is_key(separators: tuple[str, ...], place: int) -> bool:
    """A name before `=` is no value."""
    return separators[place + 1].lstrip().startswith("=")


def reason_of(place: int, rule: Rule, words: set[str]) -> Reason:
    """Why a word became a variable, with some of what stood there."""
    named = sorted(words - {VARIABLE})
    return Reason(place, rule, len(words), tuple(named[:SHOWN_WORDS]))


def strongest(reasons: set[Reason]) -> tuple[Reason, ...]:
    """One reason a place: the one that saw the most words."""
    best: dict[int, Reason] = {}
    for one in sorted(reasons, key=lambda reason: (-reason.different, reason)):
        best.setdefault(one.place, one)
    return tuple(best[place] for place in sorted(best))
