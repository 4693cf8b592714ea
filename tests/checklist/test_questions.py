"""Questions of a team's own: the file, what is wrong with one, and where they go."""

from pathlib import Path

import pytest

from console.checklist.model import DAY, Phase
from console.checklist.questions import QUESTIONS, Asked, every, read_file
from console.config import Config, load
from console.errors import ConfigError

FILE = """
[[questions]]
question = "Backups restored this quarter?"
attest_days = 90

[[questions]]
question = "Export of last night there?"
phase = "during"
check = "export"
service = "shop"
"""
SERVICES = """
[[services]]
name = "shop"
[[services.checks]]
name = "export"
type = "push"
[[services]]
name = "bank"
[[services.checks]]
name = "api"
url = "https://bank.test"
"""


def configured(tmp_path: Path, text: str, services: str = SERVICES) -> Config:
    (tmp_path / "services.toml").write_text(services)
    (tmp_path / "checklist.toml").write_text(text)
    return load(
        {
            "CONSOLE_SERVICES_FILE": str(tmp_path / "services.toml"),
            "CONSOLE_CHECKLIST_FILE": str(tmp_path / "checklist.toml"),
        }
    )


def test_a_file_adds_questions_to_the_services_they_are_of(tmp_path: Path):
    made = configured(tmp_path, FILE)
    shop, bank = (every(made.questions, name)[9:] for name in ("shop", "bank"))
    assert [one.text for one in bank] == ["Backups restored this quarter?"]
    assert (bank[0].phase, bank[0].attested, bank[0].longest) == (Phase.BEFORE, True, 90 * DAY)
    assert [(one.phase, one.check, one.attested) for one in shop[1:]] == [
        (Phase.DURING, "export", False)
    ]
    assert every(made.questions, "bank")[:9] == QUESTIONS


def test_the_questions_go_with_the_configuration_to_the_collector(tmp_path: Path):
    made = configured(tmp_path, FILE)
    assert Config.from_dict(made.to_dict()).questions == made.questions


def test_the_key_of_a_question_is_made_of_its_words():
    one, other = Asked(question="Customers told?"), Asked(question="Customers  TOLD!")
    assert one.key == other.key == "own:customers-told"
    assert len(every((one, other), "shop")) == 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[questions]]\nquestion = "Hm"', "questions[0].question"),
        ('[[questions]]\nquestion = "Fine?"\nphase = "after"', "questions[0].phase"),
        ('[[questions]]\nquestion = "Fine?"\nattest_days = 0', "questions[0].attest_days"),
        ('[[questions]]\nquestion = "Fine?"\nstatus = "pass"', "questions[0].status"),
        ('[[questions]]\nquestion = "Fine?"\ncheck = "nothing"', "there is no check nothing"),
        ('[[questions]]\nquestion = "Fine?"\nservice = "x"', "there is no service x"),
        ('[[questions]]\nquestion = "Fine\\u0007?"', "do not print"),
        ('questions = "all"', "needs 1 to 50 tables"),
        ("", "needs 1 to 50 tables"),
        ("[[question]]\n", "question: is not known"),
        ("[[questions]\n", "is not TOML"),
        ("questions = [1]", "questions[0]"),
    ],
)
def test_everything_that_is_wrong_with_the_file_is_said_at_the_start(
    tmp_path: Path, text: str, words: str
):
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, text)
    assert words in str(caught.value)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path):
    with pytest.raises(ConfigError, match="there is no file"):
        read_file(str(tmp_path / "nothing.toml"))


def test_the_sample_takes_questions_as_well(tmp_path: Path):
    (tmp_path / "checklist.toml").write_text('[[questions]]\nquestion = "Customers told?"')
    made = load({"CONSOLE_CHECKLIST_FILE": str(tmp_path / "checklist.toml")})
    assert made.sample
    assert len(every(made.questions, "invoice-relay")) == 10
