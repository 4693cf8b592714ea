"""Whatever a platform answers: a typed error or an honest answer, soon, and no token goes away."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from typing import Any

import httpx
import pytest

from console.errors import (
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformMissing,
    PlatformRefused,
    PlatformUnreadable,
)
from console.platforms import api
from console.platforms.model import DeploymentState, Redeploy, Rollback, Scale, SetVariable
from tests.platforms.adversity import (
    ADAPTERS,
    NOW,
    Line,
    bent,
    dots,
    good,
    readings,
    says,
    sent,
)
from tests.platforms.good_answers import GOOD

HTML = "<!doctype html><html><body>Welcome to nginx!</body></html>"
MOST_ASKED = 400  # requests of all readings together, whatever pages there are


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause between two tries."""
    monkeypatch.setattr(api, "RETRY_AFTER", 0.0)
    monkeypatch.setattr(api, "PATIENCE", -1.0)


def ever_later() -> Callable[[], float]:
    """A clock by which every pause and every budget is soon over."""
    ticks = itertools.count(int(NOW), 3700)
    return lambda: float(next(ticks))


def still() -> float:
    return NOW


@pytest.mark.parametrize("kind", ADAPTERS)
async def test_bytes_that_no_platform_should_send_are_one_typed_error(kind: str):
    line = Line()
    platform = ADAPTERS[kind](line, ever_later())
    truncated = '{"data": {"deployments": {"edges": [{"node": {"id": "d'
    answers = [
        (says(200, truncated), PlatformUnreadable),
        (says(200, HTML, {"Content-Type": "text/html"}), PlatformUnreadable),
        (says(502, HTML), PlatformAway),
        (says(200, b"\xff\xfe\x00"), PlatformUnreadable),
        (says(200, "[" * 100_000), PlatformUnreadable),
        (says(200, b"x", {"Content-Encoding": "gzip"}), PlatformUnreadable),
        (says(202), None),
        (says(204), None),
        (says(200, "null"), None),
        (says(200, "[]"), None),
        (says(200, "3"), None),
        (says(200, '"' + "x" * 50_000 + '"'), None),
        (says(401, '{"message": "no"}'), PlatformRefused),
        (says(403, '{"message": "no"}'), PlatformRefused),
        (says(404, HTML), PlatformMissing),
        (says(410), PlatformMissing),
        (says(429), PlatformLimited),
        (says(418, HTML), PlatformError),
        (says(500), PlatformAway),
        (says(302, "", {"Location": "https://evil.example/x"}), PlatformMissing),
    ]
    for answer, error in answers:
        line.answer = lambda _, told=answer: httpx.Response(
            told.status_code, headers=told.headers, stream=told.stream
        )
        found = await readings(platform)
        if error is not None:
            assert isinstance(found["deployments"], error), (answer, found["deployments"])
    await platform.close()
    assert "evil.example" not in line.hosts()


ODD = [
    None,
    True,
    -1,
    10**30,
    1e999,
    "",
    "quantum_superposition",
    "2026-11-24 06:40:00.123456789 +0000 UTC",
    "0001-01-01T00:00:00Z",
    1795502400000,
    "1795502400000",
    "../../../etc/passwd",
    "<script>alert(1)</script>\0\ud83d",
    [],
    {},
    [[]],
    {"a": {"b": []}},
]


@pytest.mark.parametrize("kind", ADAPTERS)
async def test_leaves_of_any_kind_leave_unknown_what_they_would_have_told(kind: str):
    line = Line()
    platform = ADAPTERS[kind](line, ever_later())
    for leaf in ODD:
        line.answer = lambda request, odd=leaf: sent(bent(good(kind, request), odd))
        found = await readings(platform)
        told = found["deployments"]
        if not isinstance(told, PlatformError):
            live = [one for one in told if one.state is DeploymentState.LIVE]
            assert live == [] or kind == "kubernetes", leaf  # no word of it was understood
    await platform.close()
    assert not [one.url for one in line.asked if dots(one)]


@pytest.mark.parametrize("kind", ADAPTERS)
async def test_a_page_that_leads_to_itself_or_for_ever_ends(kind: str):
    line, turn = Line(), itertools.count()
    platform = ADAPTERS[kind](line, ever_later())

    def same(request: httpx.Request) -> httpx.Response:
        answer = sent(full(kind, good(kind, request)))
        answer.headers["Link"] = f'<{request.url}>; rel="next"'
        answer.headers["fly-next-cursor"] = "c"
        return answer

    def another(request: httpx.Request) -> httpx.Response:
        number = next(turn)
        answer = sent(counted(full(kind, good(kind, request)), number))
        answer.headers["Link"] = f'<{request.url.copy_set_param("page", number)}>; rel="next"'
        answer.headers["fly-next-cursor"] = f"c{number}"
        return answer

    for endless in (same, another):
        line.asked.clear()
        line.answer = endless
        await readings(platform)
        assert len(line.asked) <= MOST_ASKED
    await platform.close()


def full(kind: str, told: Any) -> Any:
    """A page of Render is the last one where it has less than was asked for."""
    return told * 100 if kind == "render" and isinstance(told, list) else told


def counted(told: Any, number: int) -> Any:
    """The same with another cursor."""
    if isinstance(told, dict):
        return {
            key: f"c{number}"
            if key in ("cursor", "endCursor", "continue", "nextPageToken", "nextStartTime")
            else counted(value, number)
            for key, value in told.items()
        }
    return [counted(one, number) for one in told] if isinstance(told, list) else told


@pytest.mark.parametrize("kind", ADAPTERS)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "51"}, 51),
        ({"Retry-After": formatdate(NOW + 51, usegmt=True)}, 51),
        ({"Retry-After": "soon"}, 60),
        ({"Ratelimit-Reset": "51"}, 51),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{NOW + 51:.0f}"}, 51),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{NOW + 51:.0f}000"}, 51),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-11-24T06:40:51Z"}, 51),
        ({"Retry-After": "-5"}, 60),
        ({"Retry-After": "99999999999999999999"}, 60),
    ],
)
async def test_every_dialect_of_a_limit_says_when_to_ask_again(
    kind: str, headers: dict[str, str], seconds: float
):
    line = Line()
    platform = ADAPTERS[kind](line, still)
    line.answer = lambda _: says(429, "{}", headers)
    for _ in range(2):
        with pytest.raises(PlatformLimited) as raised:
            await platform.deployments(5)
        assert raised.value.retry_at == NOW + seconds
    await platform.close()
    assert len(line.asked) == 1  # nobody asks before


@pytest.mark.parametrize("kind", ADAPTERS)
async def test_an_answer_without_end_is_given_up(kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(api, "TOTAL_SECONDS", 0.1)

    class Endless(httpx.AsyncByteStream):
        def __init__(self, part: bytes, pause: float) -> None:
            self._part, self._pause = part, pause

        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                await asyncio.sleep(self._pause)
                yield self._part

    line = Line()
    platform = ADAPTERS[kind](line, still)
    for part, pause in ((b" ", 0.01), (b" " * 1024 * 1024, 0.0), (b"", 0.01)):
        line.answer = lambda _, told=(part, pause): httpx.Response(200, stream=Endless(*told))
        async with asyncio.timeout(60):  # of a loaded machine; it takes a tenth of a second
            with pytest.raises((PlatformAway, PlatformUnreadable)):
                await platform.deployments(5)
    await platform.close()


@pytest.mark.parametrize("kind", ADAPTERS)
@pytest.mark.parametrize("now", [0.0, 4_000_000_000.0])
async def test_a_clock_that_is_off_stops_nothing(kind: str, now: float):
    line = Line()
    platform = ADAPTERS[kind](line, lambda: now)
    line.answer = lambda request: sent(good(kind, request))
    found = await readings(platform)
    await platform.close()
    assert found["deployments"]


@pytest.mark.parametrize("kind", ADAPTERS)
@pytest.mark.parametrize("name", ["..", ".", "../../admin", "a/../../b", "%2e%2e", "a?b=c#d", "\0"])
async def test_a_name_that_would_lead_elsewhere_leads_nowhere(kind: str, name: str):
    line = Line()
    platform = ADAPTERS[kind](line, ever_later())
    line.answer = lambda request: sent(bent(good(kind, request), name))
    await readings(platform)
    for stage in ("build", "deploy"):
        try:
            await platform.log(name, stage)
        except PlatformError:
            continue
    for action in (Rollback(name), SetVariable(name, "b"), Scale(1, 1), Redeploy()):
        try:
            await platform.perform(action)
        except PlatformError:
            continue
    await platform.close()
    assert not [one.url for one in line.asked if dots(one)]
    own = {part.split("/")[1] for part in OWN[kind]}
    assert {one.url.path.split("/")[1] for one in line.asked} <= own


OWN = {
    "render": ["/v1"],
    "railway": ["/graphql"],
    "kubernetes": ["/apis", "/api"],
    "cloud_run": ["/v2", "/v3"],
    "fly": ["/v1", "/graphql", "/api", "/prometheus"],
    "github": ["/repos"],
}


@pytest.mark.parametrize("kind", ADAPTERS)
async def test_what_is_well_is_read_by_every_adapter(kind: str):
    """Else the tests here would test nothing."""
    line = Line()
    platform = ADAPTERS[kind](line, still)
    line.answer = lambda request: sent(good(kind, request))
    found = await readings(platform)
    await platform.close()
    if kind == "github":
        del found["build"]  # its log is on another host
    wrong = {name: str(told) for name, told in found.items() if isinstance(told, PlatformError)}
    assert wrong == {}
    assert found["deployments"]
    seen = {part for one in line.asked for part, _ in GOOD[kind] if part in one.url.path}
    assert seen == {part for part, _ in GOOD[kind]}
