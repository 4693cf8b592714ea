"""A template shown to people, and why its lines were put together. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from console.logs.masks import VARIABLE, Piece, pieces
from console.logs.varying import WORD, Reason, Rule, Template
from console.words import counted, listed

CONSTANT_EXAMPLES = 5  # a value that is the same in so many different examples is shown as it is
VALUES_SHOWN = 3
TEXT_LIMIT = 40  # characters of a value
_NAMES = {
    "time": "a time",
    "uuid": "a UUID",
    "url": "a URL",
    "address": "a network address",
    "place": "a host, or a place in the code",
    "value": "a value after =",
    "text": "a quoted text",
    "size": "a size",
    "duration": "a duration",
    "number": "a number",
    "id": "something with digits in it",
    "path": "a path",
    "flag": "true, false or none",
    "nothing": "a value in brackets",
    "values": "values in a row",
    "word": "a word",
}
_RULES = {
    Rule.WORD: "{count} different words stood there",
    Rule.FIRST: "{count} different words stood at the beginning",
    Rule.PREPOSITION: "{count} different words stood after the same preposition",
    Rule.ROLE: "what follows `user` or `host` is a name",
    Rule.IDENTIFIER: "identifiers stood there",
    Rule.PAIR: "{count} different words stood there while another word varied too",
}


class _Slot(NamedTuple):
    """A place of a template in the examples."""

    kind: str  # of a mask, or `word`
    values: tuple[str, ...]  # different ones
    place: int  # among the template's words


def display(template: Template, examples: Sequence[str]) -> str:
    """The template with the kinds of what varies: `Failed password for <word> from <address>`."""
    aligned = [_align(template, one) for one in examples]
    aligned = [one for one in aligned if one]
    if not aligned:
        return str(template).replace(VARIABLE, "<*>")
    slots = iter(_slots(aligned))
    shown: list[str] = []
    for piece in aligned[0]:
        if not piece.kind:
            shown.append(piece.text)
            continue
        slot = next(slots)
        constant = len(slot.values) == 1 and len(examples) >= CONSTANT_EXAMPLES
        shown.append(slot.values[0] if constant else f"<{slot.kind}>")
    return "".join(shown)


def explain(
    template: Template, examples: Sequence[str], reasons: Sequence[Reason]
) -> tuple[str, ...]:
    """Sentences: what is the same in all lines, and what varies and why it may."""
    words = [word for word in template.words if word != VARIABLE]
    same = f"The same {counted(len(words), 'word')} in the same order" if words else "The same form"
    aligned = [one for example in examples if (one := _align(template, example))]
    because = {one.place: one for one in reasons}
    sentences = [f"{same}, with the same punctuation."]
    sentences += [
        _sentence(number, slot, because.get(slot.place))
        for number, slot in enumerate(_slots(aligned), 1)
    ]
    return tuple(sentences)


def _sentence(number: int, slot: _Slot, reason: Reason | None) -> str:
    """About one place: `Place 1, a number, may vary: 6725, 6726 and 4 more.`"""
    values = [value.strip()[:TEXT_LIMIT] or "nothing" for value in slot.values]
    told = f"Place {number}, {_NAMES[slot.kind]}, may vary: {listed(values, VALUES_SHOWN)}"
    return (
        f"{told}; {_RULES[reason.rule].format(count=reason.different)}." if reason else f"{told}."
    )


def _align(template: Template, example: str) -> list[Piece]:
    """An example's text cut at the template's variables; empty where it does not fit."""
    found: list[Piece] = []
    at = 0  # among the words
    for piece in pieces(example):
        if piece.kind:
            found.append(piece)
            at += 1
            continue
        begin = 0
        for match in WORD.finditer(piece.text):
            if at < len(template.words) and template.words[at] == VARIABLE:
                found.append(Piece(piece.text[begin : match.start()]))
                found.append(Piece(match[0], "word"))
                begin = match.end()
            at += 1
        found.append(Piece(piece.text[begin:]))
    return [one for one in found if one.text or one.kind] if at == len(template.words) else []


def _slots(aligned: Sequence[list[Piece]]) -> list[_Slot]:
    """What stood at each variable, over the examples."""
    rows = [[piece for piece in one if piece.kind] for one in aligned]
    places = _places(aligned[0]) if aligned else []
    return [
        _Slot(
            "word" if any(piece.kind == "word" for piece in column) else column[0].kind,
            tuple(dict.fromkeys(piece.text for piece in column)),
            place,
        )
        for place, column in zip(places, zip(*rows, strict=False), strict=False)
    ]


def _places(aligned: list[Piece]) -> list[int]:
    """Where each variable is among the template's words."""
    places: list[int] = []
    at = 0
    for piece in aligned:
        if piece.kind:
            places.append(at)
            at += 1
        else:
            at += len(WORD.findall(piece.text))
    return places
