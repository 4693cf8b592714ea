"""Answers, people's words, age, and what makes a go."""

from dataclasses import replace

import pytest

from console.checklist.model import (
    Answer,
    Checklist,
    Finding,
    Phase,
    Question,
    Release,
    aged,
    checklist,
    judge,
)
from console.checklist.questions import QUESTIONS
from console.checklist.record import WordKind
from tests.checklist.evident import COMMIT, DAY, NOW, PRINT, word

Q = Question("tokens", Phase.BEFORE, "Token expiry sufficient?")
OF_RELEASE = replace(Q, of_release=True)
RELEASE = Release(COMMIT, PRINT, 2)
SAID = {answer: Finding(answer, f"It is {answer.value}.", at=NOW, max_age=90) for answer in Answer}
PHASES = {
    Phase.BEFORE: [
        "All required environment variables set?",
        "Verified operation in dry-run mode?",
        "Token expiry sufficient?",
    ],
    Phase.DURING: [
        "Check error logs periodically.",
        "Rate limit not being reached?",
        "Response times normal?",
    ],
    Phase.TROUBLE: [
        "Identify problem area with structured logs.",
        "Switch to dry-run mode if needed.",
        "Test single item after configuration changes.",
    ],
}


def listed(*answers: Answer) -> Checklist:
    questions = [replace(Q, key=str(n), text=f"Question {n}?") for n in range(len(answers))]
    findings = {str(n): SAID[answer] for n, answer in enumerate(answers)}
    return checklist("relay", questions, findings, (), RELEASE, NOW)


def test_the_nine_questions_stand_word_for_word_in_their_phases():
    found = {phase: [one.text for one in QUESTIONS if one.phase is phase] for phase in Phase}
    assert found == PHASES
    assert [phase.label for phase in Phase] == [
        "Before deployment", "During operations", "During trouble",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "go"),
    [
        ([Answer.PASS, Answer.PASS], True),
        ([Answer.PASS, Answer.WARN], True),
        ([Answer.PASS, Answer.NOT_APPLICABLE], True),
        ([Answer.PASS, Answer.WAIVED], True),
        ([Answer.PASS, Answer.UNKNOWN], False),
        ([Answer.PASS, Answer.FAIL], False),
        ([], False),
    ],
)
def test_a_go_has_nothing_that_fails_and_nothing_unknown(answers: list[Answer], go: bool):
    assert listed(*answers).go is go


def test_the_verdict_says_how_many_and_names_what_stands_against_it():
    assert listed(Answer.PASS, Answer.WARN, Answer.NOT_APPLICABLE).sentence == (
        "Go: 1 of 3 questions pass, 1 warns, 1 does not apply."
    )
    assert listed(Answer.FAIL, Answer.UNKNOWN, Answer.UNKNOWN, Answer.PASS).sentence == (
        "No-go: 1 fails (Question 0) and 2 are not known (Question 1 and Question 2); "
        "1 of 4 questions pass."
    )
    assert listed().sentence == "No-go: no question is asked."


def test_the_worst_answer_is_that_of_the_list_and_unknown_is_worse_than_a_warning():
    assert listed(Answer.PASS, Answer.WARN, Answer.UNKNOWN).worst is Answer.UNKNOWN
    assert listed(Answer.UNKNOWN, Answer.FAIL).worst is Answer.FAIL
    assert listed().worst is Answer.UNKNOWN


def test_only_the_phases_that_are_asked_for_count():
    found = listed(Answer.PASS, Answer.FAIL)
    later = replace(found.items[1], question=replace(Q, phase=Phase.TROUBLE))
    both = replace(found, items=(found.items[0], later))
    assert both.only((Phase.BEFORE,)).go
    assert not both.only(tuple(Phase)).go


@pytest.mark.parametrize("answer", [Answer.PASS, Answer.WARN, Answer.FAIL, Answer.NOT_APPLICABLE])
def test_what_is_older_than_it_may_be_is_unknown(answer: Answer):
    assert aged(SAID[answer], NOW + 90).answer is answer
    old = aged(SAID[answer], NOW + 91)
    assert old.answer is Answer.UNKNOWN
    assert old.text == f"Not known any more: last read 1 min ago. Then: It is {answer.value}."


def test_what_is_of_a_time_that_is_yet_to_come_is_unknown():
    assert aged(SAID[Answer.PASS], NOW - 91).answer is Answer.UNKNOWN


def test_a_question_without_evidence_is_unknown():
    (item,) = checklist("relay", [Q], {}, (), RELEASE, NOW).items
    assert item.answer is Answer.UNKNOWN


@pytest.mark.parametrize("answer", [Answer.PASS, Answer.WARN, Answer.FAIL])
def test_nobodys_attestation_stands_against_what_was_measured(answer: Answer):
    said = [word(WordKind.ATTEST, "tokens")]
    assert judge(Q, SAID[answer], said, RELEASE, NOW).answer is answer


def test_an_attestation_answers_what_is_unknown_until_it_ends():
    said = [word(WordKind.ATTEST, "tokens")]
    item = judge(Q, SAID[Answer.UNKNOWN], said, RELEASE, NOW)
    assert (item.answer, item.word) == (Answer.PASS, said[0])
    assert item.text == "Attested by ann: seen it in the bank's portal."
    later = NOW + DAY
    assert judge(Q, replace(SAID[Answer.UNKNOWN], at=None), said, RELEASE, later).answer is (
        Answer.UNKNOWN
    )


def test_a_stale_pass_is_no_pass_and_may_be_attested():
    said = [word(WordKind.ATTEST, "tokens")]
    assert judge(Q, SAID[Answer.PASS], said, RELEASE, NOW + 100).word == said[0]


@pytest.mark.parametrize("release", [Release("other", PRINT, 2), Release(COMMIT, "e" * 16, 2)])
def test_a_word_about_a_release_ends_with_it(release: Release):
    said = [word(WordKind.ATTEST, "tokens")]
    assert judge(OF_RELEASE, SAID[Answer.UNKNOWN], said, RELEASE, NOW).answer is Answer.PASS
    other = judge(OF_RELEASE, SAID[Answer.UNKNOWN], said, release, NOW)
    assert other.answer is Answer.UNKNOWN
    assert "another commit or other settings" in other.text
    assert judge(Q, SAID[Answer.UNKNOWN], said, release, NOW).answer is Answer.PASS


@pytest.mark.parametrize("answer", [Answer.WARN, Answer.FAIL, Answer.UNKNOWN])
def test_a_waiver_stands_for_anything_but_a_pass_and_says_what_was_measured(answer: Answer):
    said = [word(WordKind.WAIVE, "tokens", reason="the bank is closed")]
    item = judge(Q, SAID[answer], said, RELEASE, NOW)
    assert item.answer is Answer.WAIVED
    assert item.text == f"Waived by ann: the bank is closed. Measured: It is {answer.value}."
    assert item.finding.answer is answer


@pytest.mark.parametrize("answer", [Answer.PASS, Answer.NOT_APPLICABLE])
def test_what_passes_needs_no_waiver(answer: Answer):
    said = [word(WordKind.WAIVE, "tokens")]
    assert judge(Q, SAID[answer], said, RELEASE, NOW).answer is answer


@pytest.mark.parametrize("more", [{"until": NOW}, {"withdrawn_by": "bob"}, {"question": "times"}])
def test_a_word_that_ended_was_taken_back_or_is_of_another_question_does_not_count(
    more: dict[str, object],
):
    said = [replace(word(WordKind.WAIVE, "tokens"), **more)]
    assert judge(Q, SAID[Answer.FAIL], said, RELEASE, NOW).answer is Answer.FAIL
