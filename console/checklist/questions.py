"""The nine questions, word for word, and those that a team adds."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from console.checklist.model import DAY, Phase, Question
from console.errors import ConfigError
from console.problems import describe
from console.sources import read_toml

VARIABLES, DRY_RUN, TOKENS = "variables", "dry_run", "tokens"
LOGS, LIMITS, TIMES = "logs", "limits", "times"
AREA, SWITCH, SINGLE = "area", "switch", "single"

# A review of the logs is of one day; what was said of one release must not outlive it by much.
QUESTIONS = (
    Question(VARIABLES, Phase.BEFORE, "All required environment variables set?", True, 7 * DAY),
    Question(DRY_RUN, Phase.BEFORE, "Verified operation in dry-run mode?", True, DAY),
    Question(TOKENS, Phase.BEFORE, "Token expiry sufficient?"),
    Question(LOGS, Phase.DURING, "Check error logs periodically.", longest=DAY),
    Question(LIMITS, Phase.DURING, "Rate limit not being reached?", longest=DAY),
    Question(TIMES, Phase.DURING, "Response times normal?", longest=DAY),
    Question(AREA, Phase.TROUBLE, "Identify problem area with structured logs.", longest=DAY),
    Question(SWITCH, Phase.TROUBLE, "Switch to dry-run mode if needed.", longest=DAY),
    Question(SINGLE, Phase.TROUBLE, "Test single item after configuration changes.", True, DAY),
)
OWN = "own:"  # begins the key of a question that a team added
MOST_OWN = 50  # questions of one file
TABLE = "questions"


class Asked(BaseModel):
    """A question that a team added: a check answers it, or a person does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str = Field(min_length=3, max_length=200)
    phase: Phase = Phase.BEFORE
    check: str = ""  # whose status answers it
    attest_days: float = Field(default=30, gt=0, le=366)  # that somebody's word holds
    service: str = ""  # of the file for all services: whose question it is; empty: of each

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if not self.question.isprintable():
            raise ValueError("the question holds characters that do not print")
        return self

    @property
    def key(self) -> str:
        """Made of its words, so that somebody's word is never about another question."""
        return OWN + re.sub(r"[^a-z0-9]+", "-", self.question.lower()).strip("-")[:80]

    def as_question(self) -> Question:
        """The same as a line of the checklist."""
        longest = self.attest_days * DAY
        return Question(
            self.key, self.phase, self.question, False, longest, self.check, not self.check
        )


def every(asked: Sequence[Asked], service: str) -> tuple[Question, ...]:
    """The nine questions, and those added for a service; one that is asked twice is one."""
    mine = [one.as_question() for one in asked if one.service in ("", service)]
    return (*QUESTIONS, *{one.key: one for one in mine}.values())


def read_file(named: str) -> tuple[Asked, ...]:
    """The questions in the file that CONSOLE_CHECKLIST_FILE names. Raises ConfigError."""
    path = Path(named).expanduser()
    if not path.is_file():
        raise ConfigError([f"CONSOLE_CHECKLIST_FILE: there is no file {named}"])
    content = read_toml(path)
    problems = [f"{key}: is not known in {named}" for key in content if key != TABLE]
    tables: object = content.get(TABLE, [])
    listed = cast("list[object]", tables) if isinstance(tables, list) else []
    if not listed or len(listed) > MOST_OWN:
        problems.append(f"CONSOLE_CHECKLIST_FILE: {named} needs 1 to {MOST_OWN} tables [[{TABLE}]]")
    found: list[Asked] = []
    for index, table in enumerate(listed[:MOST_OWN]):
        where = f"{TABLE}[{index}]"
        try:
            found.append(Asked.model_validate(table))
        except ValidationError as error:
            problems += [f"{problem} in {named}" for problem in describe(error, where)]
    if problems:
        raise ConfigError(problems)
    return tuple(found)


def clashes(asked: Sequence[Asked], services: Mapping[str, Sequence[str]]) -> list[str]:
    """What does not fit together. `services`: the names of the checks of each service."""
    problems: list[str] = []
    for one in asked:
        where = f'the question "{one.question}"'
        if one.service and one.service not in services:
            problems.append(f"CONSOLE_CHECKLIST_FILE: {where}: there is no service {one.service}")
        mine = {n for name, names in services.items() if one.service in ("", name) for n in names}
        if one.check and services and one.check not in mine:
            problems.append(f"CONSOLE_CHECKLIST_FILE: {where}: there is no check {one.check}")
    return problems
