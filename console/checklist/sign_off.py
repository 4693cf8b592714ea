"""What an operator does with a checklist: give a word, take it back, sign. Each is in Activity.

Every function judges the visitor again, on the server, and writes what was done to the hash-chained
log. Raises NotAllowed, Objection, StoreError.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from console.access import Visitor
from console.activity.model import Event, Kind
from console.checklist.document import digest_of, frozen_text
from console.checklist.model import DAY, Checklist, Item
from console.checklist.record import Frozen, SignOff, Word, WordKind
from console.controls.desk import Desk
from console.errors import Objection
from console.health.model import Status
from console.store.read import Store
from console.words import iso

LOCAL = "local user"  # who sits at the machine and is not signed in has to say who it is
REASON_LEAST, REASON_LIMIT = 10, 500  # characters
NAME_LEAST, NAME_LIMIT = 2, 80  # characters
LONGEST_WAIVER = 90 * DAY  # seconds; a waiver that outlives a quarter is a changed question


@dataclass(frozen=True, slots=True)
class Wish:
    """A word as an operator wants to give it."""

    kind: WordKind
    reason: str
    seconds: float  # that it holds
    name: str = ""  # of who sits at the machine


def signer(visitor: Visitor, typed: str) -> str:
    """The name that a word is given under. Raises Objection where there is none."""
    if visitor.name != LOCAL:
        return visitor.name
    name = " ".join(typed.split())
    if not NAME_LEAST <= len(name) <= NAME_LIMIT or not name.isprintable():
        raise Objection(
            "Say who you are: nobody is signed in at this console, and a word needs a name."
        )
    return f"{name} ({LOCAL})"


def objections(wish: Wish, item: Item) -> list[str]:
    """Why a word cannot be given, sentences."""
    found: list[str] = []
    if not REASON_LEAST <= len(wish.reason.strip()) <= REASON_LIMIT:
        what = "what you looked at" if wish.kind is WordKind.ATTEST else "why it may be left"
        found.append(f"Say {what}, in {REASON_LEAST} to {REASON_LIMIT} characters.")
    longest = item.question.longest if wish.kind is WordKind.ATTEST else LONGEST_WAIVER
    if not 0 < wish.seconds <= longest:
        found.append(f"It can hold for {longest / DAY:g} days at most.")
    return found


class Signing:
    """The checklist's actions of one web process."""

    def __init__(self, desk: Desk, store: Store, clock: Callable[[], float]) -> None:
        self._desk, self._store, self._clock = desk, store, clock

    def say(self, visitor: Visitor, found: Checklist, item: Item, wish: Wish) -> Word:
        """Attest or waive one question."""
        now, question = self._clock(), item.question
        begun = self._desk.act(
            visitor, wish.kind.value, found.service, target=question.text, reason=wish.reason,
            before=item.answer.value,
        )  # fmt: skip
        try:
            reasons = objections(wish, item)
            if reasons:
                raise Objection(*reasons)
            by = signer(visitor, wish.name)
        except Objection as objection:
            self._desk.journal.end(begun, "refused", str(objection))
            raise
        word = Word(
            secrets.token_hex(8), question.key, wish.kind, by, wish.reason.strip(), now,
            now + wish.seconds, found.release.commit, found.release.fingerprint,
        )  # fmt: skip
        # one word of a kind for a question: the newest; earlier ones are in the log
        self._desk.records.words.keep(found.service, place_of(word), word)
        self._desk.journal.end(
            begun, "done", f"by {by}, until {iso(word.until)}", after=wish.kind.value
        )
        return word

    def withdraw(self, visitor: Visitor, service: str, place: str) -> None:
        """Take a word back."""
        begun = self._desk.act(visitor, "withdraw", service, target=place)
        word = self._desk.records.words.find(service, place)
        if word is None or not word.holds(self._clock()):
            self._desk.journal.end(begun, "refused", "it does not hold any more")
            raise Objection("It does not hold any more.")
        taken = replace(word, withdrawn_by=visitor.name)
        self._desk.records.words.keep(service, place, taken)
        self._desk.journal.end(begun, "done", f"{word.kind.value} of {word.by}: {word.reason}")

    def sign(
        self,
        visitor: Visitor,
        found: Checklist,
        seen: bool | None,
        note: str,
        name: str = "",
        *,
        key: str = "",
    ) -> SignOff:
        """Freeze the whole list with its evidence. `seen`: whether the visitor was shown a go.

        With a key that was used before it gives that sign-off: a double click signs once.
        """
        known = self._desk.records.sign_offs.find(found.service, key) if key else None
        if known is not None:
            return known
        text = frozen_text(found)
        digest, release, now = digest_of(text), found.release, self._clock()
        word = "go" if found.go else "no-go"
        begun = self._desk.act(
            visitor, "sign_off", found.service, target=word, reason=note, after=word
        )
        try:
            self._judge(found, seen, note)
            by = signer(visitor, name)
        except Objection as objection:
            self._desk.journal.end(begun, "refused", str(objection))
            raise
        signed = SignOff(
            key or secrets.token_hex(8), found.service, by, now, found.go, found.sentence,
            note.strip(), digest, release.commit, release.fingerprint,
        )  # fmt: skip
        records = self._desk.records
        records.frozen.keep(found.service, signed.id, Frozen(signed.id, found.service, now, text))
        ended = self._desk.journal.end(begun, word, f"{found.sentence} By {by}. SHA-256 {digest}")
        signed = replace(signed, entry=ended.sequence)
        records.sign_offs.keep(found.service, signed.id, signed)
        status = Status.PASS if found.go else Status.FAIL
        title = f"Checklist signed off by {by}: {word}"
        self._store.record(
            found.service,
            Event(f"sign-off-{signed.id}", now, Kind.SIGN_OFF, title, "checklist", status.value,
                  by, found.sentence),
        )  # fmt: skip
        return signed

    def _judge(self, found: Checklist, seen: bool | None, note: str) -> None:
        if seen is True and not found.go:
            raise Objection(f"The list changed while you looked at it. {found.sentence}")
        if not found.go and len(note.strip()) < REASON_LEAST:
            raise Objection(
                f"This is a no-go: to sign it all the same, say why in at least {REASON_LEAST} "
                "characters."
            )
        if len(note) > REASON_LIMIT:
            raise Objection(f"The note may have {REASON_LIMIT} characters.")


def place_of(word: Word) -> str:
    """Under which a word is kept."""
    return f"{word.kind.value}:{word.question}"


def tampered(signed: SignOff, frozen: Frozen | None, logged: str) -> str:
    """What shows that a frozen list is not the one that was signed; empty where nothing does.

    `logged` is the evidence of its entry in the activity log, whose chain Activity verifies.
    """
    if frozen is None:
        return "The frozen list is not in the store any more."
    if digest_of(frozen.text) != signed.digest:
        return "The frozen list was changed after it was signed."
    if signed.digest not in logged:
        return f"The activity log does not hold this sign-off as its entry {signed.entry}."
    return ""
