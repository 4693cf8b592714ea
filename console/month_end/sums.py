"""The sums of a closing: how many items stand in which state, and whether they fit. Pure.

The ledger is their source. Where they do not fit, nothing is adjusted: they are shown as read.
"""

from collections import Counter
from dataclasses import dataclass

from console.words import counted


@dataclass(frozen=True, slots=True)
class Sums:
    """The items of a closing at `at`, Unix seconds, each in one state."""

    at: float
    done: int = 0
    running: int = 0
    waiting: int = 0
    held: int = 0  # deliberately not sent: a dry run, a person must look
    failed: int = 0  # of both kinds
    total: int = 0  # items of the ledger, as it counts them itself
    person: int = 0  # of those failed, how many need a person; the rest may be tried again
    expected: int | None = None  # items that the closing will have; None: not known
    late: int = 0  # of those done, how many after the deadline
    final: bool = True  # no more than `expected` will come: it was declared, or the time is over

    @property
    def retryable(self) -> int:
        """Failed items that may be tried again."""
        return self.failed - self.person

    @property
    def not_arrived(self) -> int:
        """Items that are expected and not in the ledger yet."""
        return max(0, (self.expected or 0) - self.total)

    @property
    def all(self) -> int:
        """Items of the closing, those not arrived included."""
        return self.total + self.not_arrived

    @property
    def left(self) -> int:
        """Items that must still be done before the closing is: all but those that are."""
        return self.all - self.done

    @property
    def by_itself(self) -> int:
        """Of those left, what the service does by itself. One that failed is not among them:
        nothing tries it again before an operator says so (contract)."""
        return self.waiting + self.running + self.not_arrived

    @property
    def stuck(self) -> int:
        """Of those left, what nothing goes on with before somebody acts."""
        return self.held + self.failed

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the sums do not fit; empty where they do."""
        found: list[str] = []
        states = self.done + self.running + self.waiting + self.held + self.failed
        if states != self.total:
            more = states > self.total
            told = "counted twice" if more else "in no state"
            found.append(
                f"The sums do not fit: {states:,} items in the five states, {self.total:,} in "
                f"the ledger; {counted(abs(states - self.total), 'item')} {told}."
            )
        if min(self.done, self.running, self.waiting, self.held, self.failed, self.total) < 0:
            found.append("A sum is below zero.")
        if not 0 <= self.person <= max(0, self.failed):
            found.append(
                f"The sums do not fit: {self.person:,} of {self.failed:,} failed items need a "
                "person."
            )
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the sums."""

    name: str
    items: int
    share: float  # of all, in percent with one decimal; the shares add up to 100


def shares(sums: Sums) -> tuple[Part, ...]:
    """All sums with their shares, which add up to exactly 100.0 % where the sums fit and any of
    them differs from all others.

    What rounding leaves over goes to the largest remainders, to equal sums alike or not at all,
    and the rest of it to the largest sum that has no equal.
    """
    rows = [
        ("done", sums.done),
        ("running", sums.running),
        ("waiting", sums.waiting),
        ("held", sums.held),
        ("failed, may be tried again", sums.retryable),
        ("failed, needs a person", sums.person),
    ]
    if sums.expected is not None:  # else nobody knows, which is not 0
        rows.append(("not arrived yet", sums.not_arrived))
    whole = sums.all
    if whole <= 0:
        return tuple(Part(name, items, 0.0) for name, items in rows)
    exact = [items * 1000 / whole for _, items in rows]
    tenths = [int(value // 1) for value in exact]
    if not sums.problems:
        alike = Counter(items for _, items in rows)
        for items in sorted(alike, key=lambda items: -(items * 1000 / whole % 1)):
            if items and alike[items] <= 1000 - sum(tenths):
                tenths = [t + (n == items) for t, (_, n) in zip(tenths, rows, strict=True)]
        single = [at for at, (_, items) in enumerate(rows) if items and alike[items] == 1]
        if single:
            tenths[max(single, key=lambda at: rows[at][1])] += 1000 - sum(tenths)
    return tuple(
        Part(name, items, tenth / 10) for (name, items), tenth in zip(rows, tenths, strict=True)
    )
