"""What people say about a checklist, and what they signed. Plain data; times are Unix seconds."""

from dataclasses import dataclass
from enum import StrEnum


class WordKind(StrEnum):
    """What somebody said."""

    ATTEST = "attest"  # I looked, and it is so
    WAIVE = "waive"  # it need not be so until then


@dataclass(frozen=True, slots=True)
class Word:
    """A named person's word about one question. It ends by itself, and can be taken back."""

    id: str
    question: str  # its key
    kind: WordKind
    by: str
    reason: str  # for an attestation: what was looked at
    at: float
    until: float
    commit: str = ""  # that ran then
    fingerprint: str = ""
    withdrawn_by: str = ""

    def holds(self, now: float) -> bool:
        """Whether it counts now."""
        return not self.withdrawn_by and now < self.until


@dataclass(frozen=True, slots=True)
class SignOff:
    """One sign-off: the verdict, who gave it, and the fingerprint of the frozen list."""

    id: str
    service: str
    by: str
    at: float
    go: bool
    verdict: str
    note: str
    digest: str  # SHA-256 of the frozen text, in hex; the activity log holds it as well
    commit: str = ""
    fingerprint: str = ""
    entry: int = 0  # its number in the activity log


@dataclass(frozen=True, slots=True)
class Frozen:
    """The whole list with its evidence as it was signed: canonical JSON."""

    id: str
    service: str
    at: float
    text: str
