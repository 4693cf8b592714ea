"""How the answer to a question looks: icon, word and colour together."""

from console.checklist.model import Answer
from console.health.summary import Standing
from console.ui.status import MARKS, Mark

# in the session's state: what the form of a person's word is about
WORD_QUESTION, WORD_KIND, WORD_ASKED = "word_question", "word_kind", "word_asked"
WORD_OPEN = "word_open"  # whether the form is unfolded
ANSWERS = {
    Answer.PASS: MARKS[Standing.PASS],
    Answer.WARN: MARKS[Standing.WARN],
    Answer.FAIL: MARKS[Standing.FAIL],
    Answer.UNKNOWN: MARKS[Standing.UNKNOWN],
    Answer.WAIVED: Mark("Waived", "front_hand", "■", "violet", "#8E4585", "#D8A0CB", "square"),
    Answer.NOT_APPLICABLE: Mark(
        "Not applicable", "remove_circle", "–", "blue", "#56B4E9", "#9AD0F5", "line-ew"
    ),
}


def mark_of(status: str) -> Mark:
    """The mark of a stored status; that of unknown for one that is none."""
    return ANSWERS[Answer(status) if status in set(Answer) else Answer.UNKNOWN]
