"""Names of variables: which may be shown, and which one was meant. Pure."""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations

MOST_EDITS = 2  # of a misspelt name
SHORT = 6  # characters; of a shorter name one edit at most, or MODE would be NODE
LONGEST = 64  # characters of a name that is shown, and that is compared
# Names that every process has, and that are nobody's misspelling.
USUAL = ("PATH", "HOME", "LANG", "LC_*", "PWD", "SHELL", "USER", "TERM", "TZ", "PYTHON*", "PORT")
HIDDEN = "(a name that is not shown)"

_NAME = re.compile(r"[A-Z][A-Z0-9_]*+|[a-z][a-z0-9_]*+|[a-z]++(?:[A-Z][a-z0-9]++)++")
USABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+")
MOST_DIGITS = 0.3  # of a name's characters; a random text in hex has 0.6


def shown(name: str, known: Iterable[str] = ()) -> str:
    """The name, unless it may be a piece of a secret that slipped to the left of an `=`."""
    if name in known:
        return name
    usual = len(name) <= LONGEST and _NAME.fullmatch(name.lstrip("_"))
    digits = sum(c.isdigit() for c in name)
    return name if usual and digits <= MOST_DIGITS * len(name) else HIDDEN


class Meant:
    """Finds the known name that a misspelt one is near to. Quick for ten thousand names."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = {_folded(name): name for name in known}
        self._near: dict[str, set[str]] = {}
        for folded in self._known:
            for left in _without(folded):
                self._near.setdefault(left, set()).add(folded)

    def of(self, name: str) -> str:
        """The known name that is at most two edits away, or nothing."""
        folded = _folded(name)
        if folded in self._known:
            return self._known[folded] if self._known[folded] != name else ""
        if len(folded) > LONGEST:
            return ""
        candidates = {one for left in _without(folded) for one in self._near.get(left, ())}
        most = MOST_EDITS if len(folded) > SHORT else 1
        near = sorted((_edits(folded, one), one) for one in candidates)
        return self._known[near[0][1]] if near and near[0][0] <= most else ""


def _folded(name: str) -> str:
    return name.upper().replace("-", "_")


def _without(text: str) -> Iterator[str]:
    """The text, and what is left of it without one or two of its characters."""
    for count in range(MOST_EDITS + 1):
        for gone in combinations(range(len(text)), count):
            yield "".join(c for at, c in enumerate(text) if at not in gone)


def _edits(one: str, other: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two names."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        now = [row]
        for column, right in enumerate(other, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (left != right))
            swapped = row > 1 and column > 1 and left == other[column - 2] and one[row - 2] == right
            now.append(min(cost, before[column - 2] + 1) if swapped else cost)
        before, last = last, now
    return last[-1]
