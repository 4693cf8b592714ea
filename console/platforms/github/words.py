"""GitHub's words, read from its API or from its web hooks, turned into notes. Pure.

From GitHub's OpenAPI file. A commit's date is not when it was pushed: that is told by the activity
of the repository (`timestamp`, in an example of the file still `pushed_at`), and by the hook `push`
(`repository.pushed_at`, an epoch).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from console.platforms.hook.stages import Note
from console.platforms.json_fields import fields, text_of
from console.platforms.model import StageName, StageState
from console.platforms.times import time_of

MESSAGE_LIMIT = 300  # characters of a commit message
BRANCHES = "refs/heads/"
NOTHING = "0" * 40  # the commit of a branch that is not there
_W, _R, _D = StageState.WAITING, StageState.RUNNING, StageState.DONE
_F, _S = StageState.FAILED, StageState.SKIPPED

_DEPLOYMENT = {
    "queued": _W,
    "pending": _W,
    "waiting": _W,
    "in_progress": _R,
    "success": _D,
    "failure": _F,
    "error": _F,
    "inactive": _S,  # another one took its place, or it was given up
}
_CONCLUSION = {
    "success": _D,
    "neutral": _D,
    "skipped": _D,
    "failure": _F,
    "timed_out": _F,
    "startup_failure": _F,
    "action_required": _F,
    "cancelled": _S,
    "stale": _S,
}
_WAITING = ("queued", "requested", "waiting", "pending")


def commit_notes(told: Mapping[str, Any]) -> list[Note]:
    """A commit of the API: when it was made, and by whom."""
    details = fields(told.get("commit"))
    author, committer = fields(details.get("author")), fields(details.get("committer"))
    made = time_of(committer.get("date")) or time_of(author.get("date"))
    sha = text_of(told.get("sha"))
    if not sha or made is None:
        return []
    name = text_of(author.get("name")) or text_of(fields(told.get("author")).get("login"))
    message = text_of(details.get("message"), MESSAGE_LIMIT)
    return [Note(sha, StageName.PUSH, _R, made, message=message, author=name)]


def activity_notes(told: Mapping[str, Any]) -> list[Note]:
    """One push of the repository's activity."""
    at = time_of(told.get("timestamp")) or time_of(told.get("pushed_at"))
    sha, ref = text_of(told.get("after")), text_of(told.get("ref"))
    if not sha or sha == NOTHING or at is None or not ref.startswith(BRANCHES):
        return []
    return [Note(sha, StageName.PUSH, _D, at, branch=ref.removeprefix(BRANCHES))]


def run_notes(told: Mapping[str, Any], default_branch: str = "") -> list[Note]:
    """A workflow run: when it was made, began and ended."""
    sha, name = text_of(told.get("head_sha")), text_of(told.get("name")) or "A workflow"
    created, started = time_of(told.get("created_at")), time_of(told.get("run_started_at"))
    branch = text_of(told.get("head_branch"))
    if not sha or created is None:
        return []
    note = Note(
        sha,
        StageName.BUILD,
        _W,
        created,
        part=f"run-{told.get('id')}"[:40],
        production=bool(branch) and branch == default_branch,
        branch=branch,
        url=text_of(told.get("html_url")),
        word=text_of(told.get("status")),
    )
    return _course(note, told, started, time_of(told.get("updated_at")), name)


def check_notes(told: Mapping[str, Any], commit: str) -> list[Note]:
    """A check run of another CI; those of GitHub's own workflows are told by their runs."""
    app = fields(told.get("app"))
    started, ended = time_of(told.get("started_at")), time_of(told.get("completed_at"))
    if text_of(app.get("slug")) == "github-actions" or (started or ended) is None:
        return []
    note = Note(
        commit,
        StageName.BUILD,
        _W,
        started or ended or 0.0,
        part=f"check-{told.get('id')}"[:40],
        url=text_of(told.get("html_url")),
        word=text_of(told.get("status")),
    )
    return _course(note, told, started, ended, text_of(told.get("name")) or "A check")


def deployment_notes(told: Mapping[str, Any]) -> list[Note]:
    """A deployment: that it was made."""
    at, sha = time_of(told.get("created_at")), text_of(told.get("sha"))
    name = told.get("id")
    if not sha or at is None or name is None:
        return []
    ref = text_of(told.get("ref"))
    return [
        Note(
            sha,
            StageName.DEPLOY,
            _W,
            at,
            deployment=str(name)[:100],
            author=text_of(fields(told.get("creator")).get("login")),
            branch="" if ref == sha else ref.removeprefix(BRANCHES),
            word="created",
        )
    ]


def status_notes(deployment: Mapping[str, Any], told: Mapping[str, Any]) -> list[Note]:
    """One status of a deployment."""
    at = time_of(told.get("created_at")) or time_of(told.get("updated_at"))
    word = text_of(told.get("state"))
    made = deployment_notes(deployment)
    if not made or at is None:
        return []
    state = _DEPLOYMENT.get(word, StageState.UNKNOWN)
    description = text_of(told.get("description"))
    return [
        replace(
            made[0],
            state=state,
            at=at,
            author="",  # who wrote the status is mostly a robot
            url=text_of(told.get("log_url")) or text_of(told.get("target_url")),
            detail=description or ("GitHub says that it failed." if state is _F else ""),
            word=word,
        )
    ]


def counts(deployment: Mapping[str, Any], environment: str) -> bool:
    """Whether a deployment is to the environment that is watched; none named: not a passing one."""
    if environment:
        return text_of(deployment.get("environment")) == environment
    return deployment.get("transient_environment") is not True


def _course(
    note: Note, told: Mapping[str, Any], started: float | None, ended: float | None, name: str
) -> list[Note]:
    found = [note]
    status, conclusion = text_of(told.get("status")), text_of(told.get("conclusion"))
    if status in _WAITING:
        return found
    if started is not None:
        found.append(replace(note, state=_R, at=started))
    if status == "completed" or conclusion:
        state = _CONCLUSION.get(conclusion, StageState.UNKNOWN)
        bad = state in (_F, StageState.UNKNOWN)
        detail = f"{name}: {conclusion or 'no conclusion'}." if bad else ""
        at = ended if ended is not None else note.at
        found.append(replace(note, state=state, at=at, detail=detail, word=conclusion))
    elif status != "in_progress":
        found.append(replace(note, state=StageState.UNKNOWN, at=ended or note.at))
    elif started is None:
        found.append(replace(note, state=_R, at=note.at))
    return found
