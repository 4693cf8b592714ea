"""A repository at GitHub, as far as the console reads it: pages by `Link`, ETags, and a judge.

Every request is judged by GitHub's own OpenAPI file where this machine has it, and so is every
answer, so that what is tested against is what GitHub documents.
"""

import json
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from console.words import iso
from tests.platforms.github_contract import Contract

AT = 1_795_500_000.0  # a day in November 2026
REPOSITORY = "octocat/example"
PATH = f"/repos/{REPOSITORY}"


def sha(number: int) -> str:
    return f"{number:07x}{'a' * 33}"


class Hub:
    """The repository. With `judge`, nothing but what GitHub documents passes."""

    def __init__(self, judge: Contract | None = None, size: int = 100) -> None:
        self.judge, self.size = judge, size
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[tuple[str, int]] = []  # path and status
        self.wrong: list[str] = []
        self.headers: list[dict[str, str]] = []

    def put(self, path: str, *told: dict[str, Any]) -> None:
        """Add to a list, the newest first."""
        self.lists[path] = [*told, *self.lists.get(path, [])]

    def commit(self, number: int, at: float, message: str = "", name: str = "Ann") -> None:
        person = {"name": name, "email": "ann@example.com", "date": iso(at)}
        one = self._made("commit-items")
        one["sha"] = sha(number)
        one["commit"] |= {"message": message or f"Change {number}", "committer": person}
        one["commit"]["author"] = person
        self.put("/commits", one)
        self.lists[f"/commits/{sha(number)}"] = [one]

    def push(self, number: int, at: float, branch: str = "main") -> None:
        one = self._made("activity-items")
        for old in ("pushed_at", "pusher", "push_type"):
            one.pop(old, None)
        one |= {"after": sha(number), "ref": f"refs/heads/{branch}", "timestamp": iso(at)}
        one |= {"activity_type": "push", "actor": None, "before": sha(0), "id": number}
        one.setdefault("node_id", "n")
        self.put("/activity", one)

    def run(
        self, number: int, at: float, status: str, conclusion: str | None, ended: float
    ) -> None:
        one = self._made("workflow-run-paginated", "workflow_runs")
        one |= {"id": number, "head_sha": sha(number), "status": status, "name": "CI"}
        one |= {"conclusion": conclusion, "created_at": iso(at), "run_started_at": iso(at + 2)}
        one |= {"updated_at": iso(ended), "event": "push", "head_branch": "main"}
        self.put(f"/actions/runs?{sha(number)}", one)

    def deployment(self, number: int, commit: int, at: float, *states: tuple[str, float]) -> None:
        """One deployment with its statuses, each a state and a time, the first one first."""
        one = self._made("deployment-items")
        one |= {"id": number, "sha": sha(commit), "created_at": iso(at), "updated_at": iso(at)}
        one |= {"environment": "production", "ref": "main"}
        one |= {"transient_environment": False}
        self.put("/deployments", one)
        for state, moment in states:
            self.status(number, state, moment)

    def status(self, number: int, state: str, at: float, description: str = "") -> None:
        one = self._made("deployment-status-items")
        one |= {"state": state, "created_at": iso(at), "updated_at": iso(at)}
        one |= {"description": description, "log_url": f"https://ci.example/{number}"}
        self.put(f"/deployments/{number}/statuses", one)

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        if self.judge is not None:
            self.wrong += self.judge.wrong(request)
        self.headers.append(dict(request.headers))
        key = path.removeprefix(PATH)
        told, part = self._told(key, request)
        if told is None:
            return self._sent(path, Response('{"message": "Not Found"}', 404))
        if self.judge is not None:
            self.wrong += self.judge.wrong_answer(path, told)
        body = json.dumps(told).encode()
        tag = f'W/"{sha256(body).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            return self._sent(path, Response(status_code=304, headers={"ETag": tag}))
        headers = {"ETag": tag}
        if part is not None:
            name = "after" if key == "/activity" else "page"
            following = request.url.include_query_params(**{name: part + 1})
            headers["Link"] = f'<{request.url}>; rel="first", <{following}>; rel="next"'
        return self._sent(path, Response(body, 200, headers, "application/json"))

    def _told(self, key: str, request: Request) -> tuple[Any, int | None]:
        """What is answered, and the number of the page where another follows."""
        if key.startswith("/commits/") and key.count("/") == 2:
            found = self.lists.get(key)
            return (found[0] if found else None), None
        query = request.query_params
        if key == "/actions/runs":
            key = f"{key}?{query.get('head_sha')}"
        known = self.lists.get(key, [])
        if key.startswith("/compare/"):
            return (self._comparison(known) if known else None), None
        page = int(query.get("page") or query.get("after") or "1")
        size = min(self.size, int(query.get("per_page", "30")))
        few = known[(page - 1) * size : page * size]
        more = page if page * size < len(known) else None
        if key.startswith("/actions/runs"):
            return {"total_count": len(known), "workflow_runs": few}, more
        if key.endswith("/check-runs"):
            return {"total_count": len(known), "check_runs": few}, more
        return few, more

    def _comparison(self, commits: list[dict[str, Any]]) -> Any:
        told = self._made("commit-comparison") or {}
        return {**told, "commits": [*reversed(commits)], "total_commits": len(commits)}

    def _made(self, example: str, inside: str = "") -> dict[str, Any]:
        """One thing as GitHub's examples have it, where they are known."""
        if self.judge is None:
            return {"commit": {}} if example == "commit-items" else {}
        told = self.judge.example(example)
        told = told[inside] if inside else told
        return told[0] if isinstance(told, list) else told

    def _sent(self, path: str, response: Response) -> Response:
        self.asked.append((path.removeprefix(PATH), response.status_code))
        return response
