"""The chain of the activity log: every entry carries the hash of the one before it. Pure.

So an entry that is changed, taken out or put in afterwards shows, by itself or by the head that
somebody exported before. What retention cut away is remembered as the hash of the last entry that
was cut, and an entry in the chain says so: what is left stays verifiable.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

GENESIS = "0" * 64  # what the first entry follows on
TEXT_LIMIT = 2000  # characters of one field
FIRST = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. What is not known is empty.

    An action has two: `begun` before anything changes, and `ended` with the outcome. They share
    `action`. One that began and never ended has an outcome that is not known.
    """

    sequence: int
    at: float  # Unix seconds, by the clock of the store's server
    step: str  # begun, ended; noted for what has no duration
    kind: str  # mode, run, batch, analysis, approval, sign_in, refused, retention ...
    action: str  # id that the steps of one action share
    actor: str = ""
    role: str = ""
    service: str = ""
    target: str = ""  # what it is about: an item, a mode, a check
    reason: str = ""
    ticket: str = ""
    before: str = ""
    after: str = ""
    outcome: str = ""  # done, failed, refused ...; of `ended` and `noted`
    evidence: str = ""  # what shows that it took effect, or why it did not
    previous: str = GENESIS
    hash: str = ""

    def sealed(self) -> "Entry":
        """The same with its hash."""
        return replace(self, hash=hash_of(self))


_ADAPTER = TypeAdapter(Entry)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain, or the last entry that was cut away: what the next one follows on."""

    sequence: int = FIRST - 1
    hash: str = GENESIS
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Verified:
    """What looking at the whole chain gave. `problem` is a sentence, empty where all is well."""

    entries: int
    problem: str = ""
    sequence: int = 0  # of the first entry that does not fit


def hash_of(entry: Entry) -> str:
    """SHA-256 over the canonical JSON of everything but the hash itself."""
    told = asdict(entry)
    del told["hash"]
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def follow(head: Head, entry: Entry, at: float) -> Entry:
    """The entry as it is appended to a chain that ends with `head`. Long texts are cut."""
    cut: dict[str, Any] = {
        field.name: _text(value)
        for field in fields(entry)
        if isinstance(value := getattr(entry, field.name), str)
    }
    cut |= {"sequence": head.sequence + 1, "at": round(at, 3), "previous": head.hash}
    return replace(entry, **cut).sealed()


def encode(entry: Entry) -> bytes:
    """An entry as it is stored."""
    return json.dumps(asdict(entry), separators=(",", ":"), ensure_ascii=False).encode()


def decode(text: bytes) -> Entry | None:
    """An entry that was stored; None for what is none."""
    try:
        return _ADAPTER.validate_json(text, strict=True)
    except ValidationError:
        return None


def verify(entries: Sequence[Entry | None], tail: Head, head: Head) -> Verified:
    """Whether these entries, oldest first, are an unbroken chain from `tail` to `head`.

    None stands for an entry that is missing or cannot be read.
    """
    before, count = tail, len(entries)
    for place, entry in enumerate(entries):
        expected = tail.sequence + 1 + place
        if entry is None:
            return Verified(count, f"Entry {expected} is missing or cannot be read.", expected)
        if entry.sequence != expected:
            problem = f"Entry {expected} stands in another place: it says {entry.sequence}."
            return Verified(count, problem, expected)
        if entry.hash != hash_of(entry):
            return Verified(count, f"Entry {expected} was changed after it was written.", expected)
        if entry.previous != before.hash:
            problem = f"Entry {expected} does not follow on entry {before.sequence}."
            return Verified(count, problem, expected)
        before = Head(entry.sequence, entry.hash, entry.at)
    if (before.sequence, before.hash) != (head.sequence, head.hash):
        problem = f"The end of the log is not entry {head.sequence} as it was written."
        return Verified(count, problem, head.sequence)
    return Verified(count)


def verify_export(exported: Head, entries: Sequence[Entry | None], tail: Head) -> str:
    """Whether a head that was exported before is still part of the chain: a sentence."""
    if exported.sequence < tail.sequence:
        return f"Entry {exported.sequence} was cut away by retention: it cannot be compared."
    known = {entry.sequence: entry.hash for entry in entries if entry is not None}
    known[tail.sequence] = tail.hash
    found = known.get(exported.sequence)
    if found is None:
        return f"Entry {exported.sequence} of the exported head is not in the log."
    if found != exported.hash:
        return (
            f"Entry {exported.sequence} is not the one whose head was exported: it was rewritten."
        )
    return f"The log still holds entry {exported.sequence} as it was exported."


def _text(value: str) -> str:
    """What UTF-8 can hold, and not too much of it."""
    return value[:TEXT_LIMIT].encode("utf-8", "replace").decode()


def unfinished(entries: Sequence[Entry]) -> list[Entry]:
    """Actions that began and have no end among these entries, oldest first."""
    ended = {entry.action for entry in entries if entry.step == "ended"}
    return [entry for entry in entries if entry.step == "begun" and entry.action not in ended]
