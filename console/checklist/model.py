"""Questions, what is found for each, and whether that is a go. Pure.

Unknown is never a pass, and what is older than it may be is unknown. Times are Unix seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from console.checklist.record import Word, WordKind
from console.deployments.beside import Last
from console.words import age, counted, listed, sentence

DAY = 86_400.0
MOST_NAMED = 2  # questions that the verdict names
LONGEST_ATTESTATION = 90 * DAY  # seconds; what nobody looked at for a quarter nobody knows


class Phase(StrEnum):
    """When a question is asked."""

    BEFORE = "before"
    DURING = "during"
    TROUBLE = "trouble"

    @property
    def label(self) -> str:
        """The heading of the phase."""
        return {
            Phase.BEFORE: "Before deployment",
            Phase.DURING: "During operations",
            Phase.TROUBLE: "During trouble",
        }[self]


class Answer(StrEnum):
    """How a question stands, the worst first."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    WARN = "warn"
    WAIVED = "waived"
    PASS = "pass"
    NOT_APPLICABLE = "not_applicable"


BLOCKING = (Answer.FAIL, Answer.UNKNOWN)  # any of these is a no-go


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the checklist. `check` names the check that answers it; `attested`: a person."""

    key: str
    phase: Phase
    text: str
    of_release: bool = False  # somebody's word about it ends with the commit and the settings
    longest: float = LONGEST_ATTESTATION  # seconds that somebody's word about it may hold
    check: str = ""
    attested: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """What to do next, and the page where it is done, by its script's name."""

    label: str
    page: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What was measured for a question. `at` is when; after `max_age` seconds it says nothing."""

    answer: Answer
    text: str  # one sentence or two, plain text that may quote outside text
    observed: str = ""
    unit: str = ""
    threshold: str = ""
    source: str = ""  # of the threshold
    evidence: tuple[str, ...] = ()
    page: str = ""  # that shows the evidence
    action: Action | None = None
    at: float | None = None
    max_age: float | None = None
    covered: int | None = None  # instances that it is of
    of: int | None = None  # instances that there are
    query: tuple[tuple[str, str], ...] = ()  # what of the page, as its address has it
    not_covered: str = ""  # what this answer does not say, one or two sentences


@dataclass(frozen=True, slots=True)
class Release:
    """What runs: empty where it is not known, or where instances differ."""

    commit: str = ""
    fingerprint: str = ""  # of the settings
    instances: int | None = None
    commits: int = 0  # how many different ones run
    fingerprints: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One question, answered."""

    question: Question
    answer: Answer
    text: str
    finding: Finding
    word: Word | None = None  # whose word the answer rests on

    @property
    def measured(self) -> bool:
        """Whether nobody's word was needed."""
        return self.word is None


@dataclass(frozen=True, slots=True)
class Checklist:
    """All questions of a service at one moment."""

    service: str
    at: float
    items: tuple[Item, ...]
    release: Release = Release()
    deployment: Last | None = None  # the newest one; None where none is known

    def of(self, phase: Phase) -> tuple[Item, ...]:
        """The items of one phase."""
        return tuple(one for one in self.items if one.question.phase is phase)

    def only(self, phases: Sequence[Phase]) -> "Checklist":
        """The same with the questions of these phases alone."""
        return replace(self, items=tuple(i for i in self.items if i.question.phase in phases))

    def count(self, answer: Answer) -> int:
        """How many questions stand so."""
        return sum(one.answer is answer for one in self.items)

    @property
    def go(self) -> bool:
        """Whether nothing fails and nothing is unknown. No question at all is no go."""
        return bool(self.items) and not any(one.answer in BLOCKING for one in self.items)

    @property
    def worst(self) -> Answer:
        """The worst answer."""
        order = list(Answer)
        return min((one.answer for one in self.items), key=order.index, default=Answer.UNKNOWN)

    @property
    def sentence(self) -> str:
        """Go or no-go, and why."""
        if not self.items:
            return "No-go: no question is asked."
        rest = _rest(self)
        if self.go:
            return f"Go: {rest}."
        reasons: list[str] = []
        for answer, one, many in (
            (Answer.FAIL, "fails", "fail"),
            (Answer.UNKNOWN, "is not known", "are not known"),
        ):
            names = [i.question.text.rstrip("?.") for i in self.items if i.answer is answer]
            if names:
                verb = one if len(names) == 1 else many
                reasons.append(f"{len(names)} {verb} ({listed(names, MOST_NAMED)})")
        return f"No-go: {' and '.join(reasons)}; {rest}."


def judge(
    question: Question, finding: Finding, words: Sequence[Word], release: Release, now: float
) -> Item:
    """A question with what was measured and what people said of it.

    A waiver stands for any answer but a pass. An attestation stands only where nothing is known:
    nobody's word makes a pass of what was measured as failing.
    """
    fresh = aged(finding, now)
    mine = [one for one in words if one.question == question.key and one.holds(now)]
    waiver = next((one for one in mine if one.kind is WordKind.WAIVE), None)
    if waiver is not None and fresh.answer not in (Answer.PASS, Answer.NOT_APPLICABLE):
        text = f"Waived by {waiver.by}: {sentence(waiver.reason)} Measured: {fresh.text}"
        return Item(question, Answer.WAIVED, text, fresh, waiver)
    attested = next((one for one in mine if one.kind is WordKind.ATTEST), None)
    if attested is not None and fresh.answer is Answer.UNKNOWN:
        if not question.of_release or _same_release(attested, release):
            text = f"Attested by {attested.by}: {sentence(attested.reason)}"
            return Item(question, Answer.PASS, text, fresh, attested)
        text = f"{fresh.text} The word of {attested.by} was for another commit or other settings."
        return Item(question, Answer.UNKNOWN, text, fresh)
    return Item(question, fresh.answer, fresh.text, fresh)


def aged(finding: Finding, now: float) -> Finding:
    """The same; unknown where it is older than it may be, or of a time that is yet to come."""
    if finding.at is None or finding.max_age is None:
        return finding
    old = now - finding.at
    if -finding.max_age <= old <= finding.max_age or finding.answer is Answer.UNKNOWN:
        return finding
    text = f"Not known any more: last read {age(old)}. Then: {finding.text}"
    return replace(finding, answer=Answer.UNKNOWN, text=text)


def checklist(
    service: str,
    questions: Sequence[Question],
    findings: Mapping[str, Finding],
    words: Sequence[Word],
    release: Release,
    now: float,
    deployment: Last | None = None,
) -> Checklist:
    """All questions, each judged. A question without a finding is unknown."""
    nothing = Finding(Answer.UNKNOWN, "Nothing is known about it.")
    items = [judge(one, findings.get(one.key, nothing), words, release, now) for one in questions]
    return Checklist(service, now, tuple(items), release, deployment)


def _same_release(word: Word, release: Release) -> bool:
    return (word.commit, word.fingerprint) == (release.commit, release.fingerprint)


def _rest(found: Checklist) -> str:
    parts = [f"{found.count(Answer.PASS)} of {counted(len(found.items), 'question')} pass"]
    for answer, one, many in (
        (Answer.WARN, "warns", "warn"),
        (Answer.WAIVED, "is waived", "are waived"),
        (Answer.NOT_APPLICABLE, "does not apply", "do not apply"),
    ):
        number = found.count(answer)
        if number:
            parts.append(f"{number} {one if number == 1 else many}")
    return ", ".join(parts)
