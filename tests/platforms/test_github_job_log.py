"""The log of a workflow that failed at GitHub: where it leads, without the token, and its end."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response, StreamingResponse

from console.errors import PlatformError, PlatformUnreadable
from console.platforms import download
from console.platforms.download import end_of
from console.platforms.github.job_log import ending
from console.platforms.github.platform import BesideGitHub
from console.platforms.github.reader import GitHubReader
from console.platforms.hook.reported import Reported, reported
from console.platforms.model import Capability, Deployment, DeploymentState, StageName
from tests.platforms.github_contract import contract
from tests.platforms.github_hub import AT, PATH, REPOSITORY, sha
from tests.platforms.refusing import Serve, refusing

TOKEN = "github_pat_of-the-test-0123456789"
LOG = (
    "\ufeff2026-11-24T06:40:00.1234567Z Run pytest\n"
    "2026-11-24T06:40:01.1234567Z \x1b[31m1 failed\x1b[0m\n"
    "2026-11-24T06:40:02.1234567Z ##[error]Process completed with exit code 1.\n"
    "2026-11-24T06:40:03.1234567Z Post job cleanup.\n"
)


class Workflows:
    """A repository with one workflow run that failed; its log is kept elsewhere."""

    def __init__(self, address: str) -> None:
        self.address, self.refuses = address, ""
        self.asked: list[str] = []

    async def answer(self, request: Asked) -> Response:
        path = request.url.path.removeprefix(PATH)
        self.asked.append(path)
        judge = contract()
        assert judge.wrong(request) == []
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        if self.refuses and path.endswith(self.refuses):
            return JSONResponse({"message": "Resource not accessible"}, 403)
        if path == "/actions/runs":
            good = {"id": 8, "name": "Docs", "conclusion": "success"}
            return JSONResponse(
                {"workflow_runs": [good, {"id": 9, "name": "CI", "conclusion": "failure"}]}
            )
        if path == "/actions/runs/9/jobs":
            page = "https://github.com/octocat/example/actions/runs/9/job/5"
            failed = {"id": 5, "name": "test", "conclusion": "failure", "html_url": page}
            return JSONResponse(
                {"jobs": [{"id": 4, "name": "lint", "conclusion": "success"}, failed]}
            )
        assert path == "/actions/jobs/5/logs"
        return Response(status_code=302, headers={"Location": self.address})


@asynccontextmanager
async def reading(url: str) -> AsyncGenerator[GitHubReader]:
    reader = GitHubReader(REPOSITORY, TOKEN, url=url)
    try:
        yield reader
    finally:
        await reader.close()


class Told(Reported):
    """A platform that is only told of deployments, and has no log."""

    def __init__(self) -> None:
        super().__init__(reported("the test", "none.", "it has no log.", "none."))

    async def deployments(self, limit: int) -> list[Deployment]:
        return [Deployment("d1", sha(1), DeploymentState.FAILED, AT)][:limit]


async def test_the_log_of_the_job_that_failed_is_read_where_it_leads_without_the_token(
    serving: Serve,
):
    headers: list[dict[str, str]] = []

    async def kept(request: Asked) -> Response:
        headers.append(dict(request.headers))
        return Response(LOG)

    workflows = Workflows(f"{serving(kept)}/log?signature=abc")
    async with reading(serving(workflows.answer)) as reader:
        found = await reader.build_log(sha(1))
        workflows.refuses = "/logs"
        refused = await reader.build_log(sha(1))
        workflows.refuses = "/runs"
        unknown = await reader.build_log(sha(1))
    assert found == (
        "CI, job test:\nRun pytest\n1 failed\n##[error]Process completed with exit code 1."
    )
    assert "authorization" not in headers[0]
    assert "the token may not do this: Resource not accessible." in refused
    assert refused.endswith("/actions/runs/9/job/5")
    assert unknown.startswith("The log of the workflow cannot be read. GitHub: the token may not")


async def test_beside_a_platform_without_logs_a_build_has_the_log_of_its_workflow(serving: Serve):
    workflows = Workflows(f"{serving(refusing(200, LOG))}/log")

    async def answer(request: Asked) -> Response:
        if "/actions/" in request.url.path:
            return await workflows.answer(request)
        return JSONResponse([])

    async with reading(serving(answer)) as reader:
        platform = BesideGitHub(Told(), reader)
        assert platform.capabilities.offers(Capability.LOGS)
        assert not platform.capabilities.offers(Capability.INSTANCES)
        assert await platform.log("d1", StageName.BUILD) == ""  # nothing was told of it yet
        workflows.asked.clear()
        await platform.deployments(5)
        assert "1 failed" in await platform.log("d1", StageName.BUILD)
        assert await platform.log("d1", StageName.DEPLOY) == ""


@pytest.mark.parametrize(
    "address",
    [
        "http://logs.example/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://localhost/x",
        "file:///etc/passwd",
        "ftp://logs.example/x",
        "//logs.example/x",
        "https://[",
        "",
    ],
)
async def test_an_address_that_no_store_of_logs_has_is_not_asked(address: str):
    with pytest.raises(PlatformUnreadable, match="leads to an address"):
        await end_of("GitHub", address)


async def test_a_log_without_end_is_given_up_and_a_long_one_is_kept_by_its_end(
    serving: Serve, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(download, "KEPT_BYTES", 100)
    sent = b"0123456789" * 1000

    async def endless() -> AsyncGenerator[bytes]:
        while True:
            yield sent

    async def answer(request: Asked) -> Response:
        return StreamingResponse(endless()) if request.url.path == "/e" else Response(sent + b"end")

    url = serving(answer)
    assert await end_of("GitHub", f"{url}/long", plain=True) == (sent + b"end").decode()[-100:]
    with pytest.raises(PlatformUnreadable, match="more than 20000 bytes"):
        await end_of("GitHub", f"{url}/e", plain=True, most=20_000)
    with pytest.raises(PlatformError, match="does not keep it"):
        await end_of("GitHub", f"{serving(refusing(404, ''))}/x", plain=True)


def test_a_log_without_an_error_is_told_to_its_end():
    assert ending("a\nb\n") == "a\nb"
    assert ending("x" * 9000 + "\n##[error]no\nrest").endswith("x\n##[error]no")
    assert len(ending("x" * 9000)) == 3500
