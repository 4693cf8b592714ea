"""What is told to the deploy hook, in GitHub's dialect or in the console's own, as notes. Pure.

The console's own, for any CI, is one JSON object a fact:

    {"commit": "<7 to 40 hex digits>", "stage": "push" | "build" | "deploy",
     "state": "running" | "done" | "failed" | "cancelled", "at": <Unix seconds or RFC 3339>,
     "id": "…", "message": "…", "author": "…", "branch": "…", "url": "https://…", "detail": "…"}

of which the first four are needed. `at` is when it happened: a report that comes twice, or is sent
again by somebody else, then says what is known already. A build and a roll-out are told within
LATE, a push (the commit may have been made days before) within OLDEST.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from console.masking import one_line
from console.platforms.github.words import (
    BRANCHES,
    NOTHING,
    commit_notes,
    counts,
    deployment_notes,
    run_notes,
    status_notes,
)
from console.platforms.hook.stages import Note
from console.platforms.json_fields import fields, text_of
from console.platforms.model import StageName, StageState
from console.platforms.times import time_of
from console.words import duration

# Seconds that a report may be ahead of the console's clock, and that one of a build or a roll-out
# may be behind. A CI tells of them as they happen, and what nobody can watch any more is no news;
# less than an hour, because a local time that is told as UTC is off by an hour at least.
AHEAD = LATE = 45 * 60.0
OLDEST = 7 * 86400.0  # seconds back of anything else; GitHub sends again for three days
TEXT_LIMIT = 300
PROBLEMS_TOLD = 3
EVENTS = ("deployment_status", "deployment", "workflow_run", "push")

_STATES = {
    "running": StageState.RUNNING,
    "done": StageState.DONE,
    "failed": StageState.FAILED,
    "cancelled": StageState.SKIPPED,
}
_COMPARE = "compare the two clocks, and the time zone of what was sent"
_OBJECT = TypeAdapter(dict[str, Any])


class Unreadable(ValueError):
    """It is no report; the text says why, and holds nothing of it."""


class _Report(BaseModel):
    """One fact in the console's own dialect."""

    model_config = ConfigDict(extra="forbid")

    commit: str = Field(pattern=r"^[0-9a-f]{7,40}$")
    stage: Literal["push", "build", "deploy"]
    state: Literal["running", "done", "failed", "cancelled"]
    at: int | float | str
    id: str = Field(default="", max_length=100)
    message: str = ""
    author: str = ""
    branch: str = ""
    url: str = ""
    detail: str = ""


def own_notes(body: bytes, now: float) -> list[Note]:
    """A report in the console's own dialect. Raises Unreadable."""
    try:
        told = _Report.model_validate_json(body)
    except ValidationError as error:
        wrong = (
            f"{'.'.join(map(str, item['loc'][:1])) or 'body'}: {item['msg']}"
            for item in error.errors()[:PROBLEMS_TOLD]
        )
        raise Unreadable("; ".join(wrong)) from None
    at = time_of(told.at)
    if at is None:
        raise Unreadable("at: must be Unix seconds or a time as in RFC 3339")
    state = _STATES[told.state]
    note = Note(
        told.commit,
        StageName(told.stage),
        state,
        at,
        deployment="" if told.stage == "push" else told.id,
        opens=told.stage != "push",
        message=told.message,
        author=told.author,
        branch=told.branch,
        url=told.url,
        detail=told.detail,
        word=told.state,
    )
    return _examined([note], now, OLDEST if told.stage == "push" else LATE)


def github_notes(
    event: str, body: bytes, content_type: str, environment: str, repository: str, now: float
) -> tuple[list[Note], str]:
    """An event of GitHub, and why nothing of it counts where nothing does. Raises Unreadable.

    `environment` and `repository` are those that count; empty for any.
    """
    told = _payload(body, content_type)
    if event not in EVENTS:
        return [], f"The event {one_line(event, 40)} says nothing of deployments."
    whose = text_of(fields(told.get("repository")).get("full_name"))
    if repository and whose.lower() != repository.lower():
        return [], "It is of another repository."
    notes = _of_event(event, told, environment)
    if not notes:
        return [], "Nothing in it is of a deployment that counts."
    return _examined(notes, now, OLDEST), ""


def _of_event(event: str, told: Mapping[str, Any], environment: str) -> list[Note]:
    repository = fields(told.get("repository"))
    if event == "push":
        return _push(told, repository)
    if event == "workflow_run":
        run = fields(told.get("workflow_run"))
        if text_of(run.get("event")) != "push":
            return []
        return run_notes(run, text_of(repository.get("default_branch")))
    deployment = fields(told.get("deployment"))
    if not counts(deployment, environment):
        return []
    made = deployment_notes(deployment)
    if event == "deployment":
        return made
    return made + status_notes(deployment, fields(told.get("deployment_status")))


def _push(told: Mapping[str, Any], repository: Mapping[str, Any]) -> list[Note]:
    """When a commit arrived; `pushed_at` is an epoch here and a text elsewhere."""
    sha, ref = text_of(told.get("after")), text_of(told.get("ref"))
    head = fields(told.get("head_commit"))
    arrived = time_of(repository.get("pushed_at"))
    if not sha or sha == NOTHING or arrived is None or not ref.startswith(BRANCHES):
        return []
    branch = ref.removeprefix(BRANCHES)
    date = {"date": head.get("timestamp")}
    author = {"name": text_of(fields(head.get("author")).get("name"))}
    commit = {"message": head.get("message"), "committer": date, "author": author}
    made = commit_notes({"sha": sha, "commit": commit})
    return [*made, Note(sha, StageName.PUSH, StageState.DONE, arrived, branch=branch)]


def _payload(body: bytes, content_type: str) -> Mapping[str, Any]:
    """The JSON of an event; GitHub sends it as a field of a form where it is told nothing else."""
    try:
        if content_type.partition(";")[0].strip() == "application/x-www-form-urlencoded":
            sent = parse_qs(body.decode(), max_num_fields=4).get("payload", [""])
            return _OBJECT.validate_json(sent[0])
        return _OBJECT.validate_json(body)
    except ValueError:  # also ValidationError and what is no UTF-8
        raise Unreadable("body: is no JSON object") from None


def _examined(notes: list[Note], now: float, oldest: float) -> list[Note]:
    """The notes with their texts made harmless. Raises Unreadable for a time far off."""
    last = max(note.at for note in notes)
    if last > now + AHEAD:
        raise Unreadable(f"at: is {duration(last - now)} ahead of the console's clock; {_COMPARE}")
    if last < now - oldest:
        told = f"at: is {duration(now - last)} ago; older than {duration(oldest)} is not taken"
        raise Unreadable(f"{told}; {_COMPARE}")
    return [
        replace(
            note,
            commit=note.commit.lower()[:64],
            message=one_line(note.message, TEXT_LIMIT),
            author=one_line(note.author, 100),
            branch=one_line(note.branch, 100),
            url=_link(note.url),
            detail=one_line(note.detail, TEXT_LIMIT),
            word=one_line(note.word, 40),
        )
        for note in notes
    ]


def _link(url: str) -> str:
    """The address where it is one of the web; nothing else may become a link."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    web = parts.scheme in ("http", "https") and bool(parts.hostname)
    return one_line(url, TEXT_LIMIT) if web else ""
