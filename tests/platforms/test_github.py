"""GitHub: by its own OpenAPI file, its pages, ETags and limits, alone and beside a platform."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.requests import Request as Asked
from starlette.responses import Response

from console.errors import (
    NotOffered,
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformMissing,
    PlatformRefused,
    PlatformUnreadable,
)
from console.platforms.budget import Budget
from console.platforms.extras import TellsCommits
from console.platforms.github.platform import BesideGitHub, GitHub, beside
from console.platforms.github.reader import GitHubReader
from console.platforms.hook.reported import Reported, reported
from console.platforms.model import (
    Deployment,
    DeploymentState,
    Redeploy,
    Stage,
    StageName,
    StageState,
    Trigger,
)
from tests.platforms.github_contract import contract
from tests.platforms.github_hub import AT, REPOSITORY, Hub, sha
from tests.platforms.refusing import Serve, refusing

TOKEN = "github_pat_of-the-test-0123456789"


@asynccontextmanager
async def reading(url: str, now: float = AT + 1000, **more: Any) -> AsyncIterator[GitHubReader]:
    reader = GitHubReader(REPOSITORY, TOKEN, url=url, clock=lambda: now, **more)
    try:
        yield reader
    finally:
        await reader.close()


def filled(hub: Hub) -> Hub:
    """Three commits: one that another replaced, one whose roll-out failed, one that is live."""
    for number, at in ((1, AT), (2, AT + 300), (3, AT + 600)):
        hub.commit(number, at)
        hub.push(number, at + 20)
        hub.run(number, at + 25, "completed", "success", at + 80)
    hub.deployment(11, 1, AT + 82, ("in_progress", AT + 83), ("success", AT + 100))
    hub.status(11, "inactive", AT + 702)
    hub.deployment(12, 2, AT + 382, ("queued", AT + 383), ("failure", AT + 400))
    hub.deployment(13, 3, AT + 682, ("in_progress", AT + 683), ("success", AT + 702))
    return hub


async def test_deployments_have_the_stages_that_github_tells_of(serving: Serve):
    async with reading(serving(filled(Hub(contract())).answer)) as reader:
        found = await GitHub(reader).deployments(10)
    assert [one.id for one in found] == ["13", "12", "11"]
    states = [DeploymentState.LIVE, DeploymentState.FAILED, DeploymentState.REPLACED]
    assert [one.state for one in found] == states
    newest = found[0]
    assert (newest.message, newest.author, newest.branch) == ("Change 3", "Ann", "main")
    assert newest.trigger is Trigger.PUSH
    at = AT + 600
    spans = [(one.name, one.state, one.started_at, one.ended_at) for one in newest.stages]
    assert spans == [
        (StageName.PUSH, StageState.DONE, at, at + 20),
        (StageName.DETECT, StageState.DONE, at + 20, at + 25),
        (StageName.BUILD, StageState.DONE, at + 27, at + 80),
        (StageName.DEPLOY, StageState.DONE, at + 83, at + 102),
        (StageName.VERIFY, StageState.WAITING, None, None),
    ]
    assert found[1].reason == "GitHub says that it failed."
    assert found[1].url == "https://ci.example/12"


async def test_every_request_is_valid_by_githubs_own_specification(serving: Serve):
    hub = filled(Hub(contract(), size=2))
    hub.put(f"/compare/{sha(1)}...{sha(3)}", *hub.lists["/commits"][:2])
    async with reading(serving(hub.answer)) as reader:
        platform = GitHub(reader, "production")
        assert isinstance(platform, TellsCommits)
        assert len(await platform.deployments(10)) == 3
        between = await platform.commits(sha(1), sha(3))
        for one, other in (("", sha(3)), (sha(1), "main..x"), (sha(8), sha(9)), (sha(8), sha(9))):
            with pytest.raises(PlatformMissing):
                await platform.commits(one, other)
    assert hub.wrong == []
    assert [path for path, _ in hub.asked].count(f"/compare/{sha(8)}...{sha(9)}") == 1
    assert between == ("0000003 Change 3 (Ann)", "0000002 Change 2 (Ann)")
    asked = {path.rpartition("/")[2] for path, _ in hub.asked}
    assert {"deployments", "statuses", "activity", "runs", "check-runs", "commits"} <= asked
    for headers in hub.headers:
        assert headers["authorization"] == f"Bearer {TOKEN}"
        assert headers["x-github-api-version"] == "2022-11-28"


async def test_every_page_is_read_by_its_link_to_the_end(serving: Serve):
    hub = Hub(size=7)
    for number in range(1, 31):
        hub.deployment(number, number, AT + number, ("success", AT + number))
    for _ in range(30):
        hub.status(30, "in_progress", AT + 29)
    async with reading(serving(hub.answer)) as reader:
        found = await GitHub(reader).deployments(20)
    assert [one.id for one in found] == [str(number) for number in range(30, 10, -1)]
    pages = [path for path, _ in hub.asked if path == "/deployments"]
    assert len(pages) == 3
    assert [path for path, _ in hub.asked].count("/deployments/30/statuses") == 5


async def test_what_did_not_change_is_answered_304_and_what_ended_is_not_asked_for(serving: Serve):
    hub = filled(Hub(contract()))
    for number in range(20, 24):
        hub.deployment(number, 3, AT + number, ("success", AT + number))
    async with reading(serving(hub.answer), AT + 5000) as reader:
        platform = GitHub(reader)
        before = await platform.deployments(10)
        hub.asked.clear()
        assert await platform.deployments(10) == before
        assert {status for _, status in hub.asked} == {304}
        assert len(hub.asked) <= 5  # the list, and the statuses of the newest three
        hub.asked.clear()
        hub.status(23, "inactive", AT + 900)
        await platform.deployments(10)
        assert [status for _, status in hub.asked].count(200) == 1


class Elsewhere(Reported):
    """A platform that tells of two deployments and of no build."""

    def __init__(self, *deployments: Deployment) -> None:
        super().__init__(reported("Elsewhere", "no.", "no.", "no."))
        self.told = deployments

    async def deployments(self, limit: int) -> Sequence[Deployment]:
        return self.told[:limit]


def deployed(number: int, at: float, **more: Any) -> Deployment:
    stages = (
        Stage(StageName.PUSH, StageState.UNKNOWN),
        Stage(StageName.DETECT, StageState.DONE, None, at),
        Stage(StageName.BUILD, StageState.UNKNOWN),
        Stage(StageName.DEPLOY, StageState.DONE, at, at + 9),
        Stage(StageName.VERIFY),
    )
    told = {"stages": stages, **more}
    return Deployment(f"d{number}", sha(number), DeploymentState.LIVE, at, at + 9, **told)


async def test_beside_a_platform_it_tells_push_build_and_author(serving: Serve):
    hub = filled(Hub(contract()))
    inner = Elsewhere(
        deployed(3, AT + 690, message="As the platform says"),
        deployed(1, AT + 500, trigger=Trigger.ROLLBACK),
        deployed(1, AT + 90),
    )
    async with reading(serving(hub.answer)) as reader:
        found = await BesideGitHub(inner, reader).deployments(10)
    newest, again, first = found
    assert (newest.message, newest.author) == ("As the platform says", "Ann")
    assert newest.stage(StageName.PUSH).seconds(0) == 20
    assert newest.stage(StageName.DETECT).seconds(0) == 5  # until the workflow began
    assert newest.stage(StageName.BUILD).seconds(0) == 53
    assert newest.stage(StageName.DEPLOY) == inner.told[0].stage(StageName.DEPLOY)
    assert again.stage(StageName.PUSH).state is StageState.SKIPPED
    assert first.stage(StageName.PUSH).ended_at == AT + 20
    assert hub.wrong == []


async def test_the_same_commits_are_not_looked_at_more_often_than_is_of_use(serving: Serve):
    hub, now = filled(Hub(contract())), [AT + 1000]
    reader = GitHubReader(REPOSITORY, TOKEN, url=serving(hub.answer), clock=lambda: now[0])
    try:
        first = await beside([deployed(3, AT + 690)], reader)
        asked = len(hub.asked)
        assert await beside([deployed(3, AT + 690)], reader) == first
        assert len(hub.asked) == asked
        await beside([deployed(2, AT + 390)], reader)  # another one is asked for at once
        assert len(hub.asked) > asked
        asked = len(hub.asked)
        now[0] += 10
        await beside([deployed(2, AT + 390)], reader)
        assert len(hub.asked) > asked
    finally:
        await reader.close()


async def test_a_platform_is_told_though_github_is_away_and_the_push_says_why(serving: Serve):
    async def broken(_: Asked) -> Response:
        return Response("<html>Unicorn!</html>", 502)

    inner = Elsewhere(deployed(3, AT + 690))
    async with reading(serving(broken)) as reader:
        (found,) = await BesideGitHub(inner, reader).deployments(10)
    assert found.state is DeploymentState.LIVE
    push = found.stage(StageName.PUSH)
    assert (push.state, push.detail) == (StageState.UNKNOWN, "GitHub is out of order (502).")


async def test_a_token_without_the_right_to_checks_still_tells_pushes(serving: Serve):
    hub = filled(Hub(contract()))

    async def answer(request: Asked) -> Response:
        if request.url.path.endswith("/check-runs"):
            hub.asked.append(("/check-runs", 403))
            return Response('{"message": "Resource not accessible"}', 403)
        return await hub.answer(request)

    async with reading(serving(answer)) as reader:
        found = await GitHub(reader).deployments(10)
    assert found[0].stage(StageName.BUILD).seconds(0) == 53
    assert hub.asked.count(("/check-runs", 403)) == 1


@pytest.mark.parametrize(
    ("status", "body", "error", "text"),
    [
        (401, '{"message": "Bad credentials"}', PlatformRefused, "accept the token: Bad credent"),
        (403, '{"message": "Forbidden"}', PlatformRefused, "the token may not do this"),
        (301, '{"message": "Moved Permanently"}', PlatformMissing, "elsewhere now: Moved"),
        (404, '{"message": "Not Found"}', PlatformMissing, "knows no such thing: Not Found."),
        (200, '[{"id": 1, "sha', PlatformUnreadable, "not JSON"),
        (200, "<html>Sign in</html>", PlatformUnreadable, "not JSON"),
        (200, '{"message": "moved"}', PlatformUnreadable, "something else than a list"),
        (202, "", PlatformUnreadable, "something else than a list"),
        (200, "[" * 100_000, PlatformUnreadable, "not JSON"),
        (503, "<html>Unicorn</html>", PlatformAway, "out of order (503)."),
        (200, '[3, null, {}, {"id": 4, "sha": "a"}, {"id": {}, "sha": "a"}]', None, ""),
    ],
)
async def test_what_goes_wrong_is_one_typed_error(
    serving: Serve, status: int, body: str, error: type[PlatformError] | None, text: str
):
    async with reading(serving(refusing(status, body))) as reader:
        if error is None:
            assert await GitHub(reader).deployments(5) == []
            return
        with pytest.raises(error) as raised:
            await GitHub(reader).deployments(5)
    assert text in str(raised.value)
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "+1800"}, "API rate limit", 1800),
        ({"retry-after": "45", "x-ratelimit-remaining": "4000"}, "", 45),
        (
            {"x-ratelimit-remaining": "4000", "x-ratelimit-reset": "+1800"},
            "You have exceeded a secondary rate limit.",
            60,
        ),
    ],
)
@pytest.mark.parametrize("status", [403, 429])
async def test_both_limits_are_obeyed_and_nobody_asks_before(
    serving: Serve, status: int, headers: dict[str, str], body: str, wait: float
):
    now, asked = time.time(), []
    told = {
        name: str(int(now + float(text))) if text.startswith("+") else text
        for name, text in headers.items()
    }

    async def answer(request: Asked) -> Response:
        asked.append(request.url.path)
        return Response(f'{{"message": "{body}"}}', status, told)

    async with reading(serving(answer), now) as reader:
        for _ in range(2):
            with pytest.raises(PlatformLimited) as raised:
                await GitHub(reader).deployments(5)
            assert raised.value.retry_at == pytest.approx(now + wait, abs=2)
    assert len(asked) == 1


async def test_a_link_to_another_host_is_not_followed(serving: Serve):
    async def answer(_: Asked) -> Response:
        return Response("[]", 200, {"Link": '<https://evil.example/x>; rel="next"'})

    async with reading(serving(answer)) as reader:
        with pytest.raises(PlatformUnreadable, match="another host"):
            await GitHub(reader).deployments(5)


async def test_markup_and_a_clock_that_is_off_are_only_told(serving: Serve):
    hub = Hub(contract())
    hub.commit(1, AT + 90_000, '<img src=x onerror="alert(1)">')
    hub.push(1, AT + 90_020)
    hub.deployment(5, 1, AT, ("waiting_for_stars", AT + 1))
    hub.judge = None  # such a status is none that GitHub documents
    async with reading(serving(hub.answer)) as reader:
        (found,) = await GitHub(reader).deployments(5)
    assert found.message == '<img src=x onerror="alert(1)">'
    assert (found.state, found.raw_state) == (DeploymentState.UNKNOWN, "waiting_for_stars")
    detect = found.stage(StageName.DETECT)
    assert detect.seconds(0) is None
    assert "clocks" in detect.detail


async def test_the_budget_of_a_token_bounds_a_hundred_deployments(serving: Serve):
    hub = Hub()
    for number in range(1, 101):
        hub.commit(number, AT + number)
        hub.deployment(number, number, AT + number, ("success", AT + number))
    async with reading(serving(hub.answer), AT + 200, budget=Budget(40)) as reader:
        found = await GitHub(reader).deployments(20)
    assert len(found) == 20
    assert len(hub.asked) == 40
    assert "at most 40 requests" in found[-1].stage(StageName.PUSH).detail


async def test_it_acts_on_nothing_and_says_why(serving: Serve):
    async with reading("http://127.0.0.1:9") as reader:
        platform = GitHub(reader)
        with pytest.raises(NotOffered, match="the console only reads there"):
            platform.preview(Redeploy())
        with pytest.raises(NotOffered, match="not what runs"):
            await platform.instances()
