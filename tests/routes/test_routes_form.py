"""Methods, paths and names: whatever is not ours is a problem, never a page."""

import httpx
import pytest

from tests.routes.shop import BEARER, PROTECTED, problem


@pytest.mark.parametrize("path", ["/healthz", *PROTECTED])
async def test_head_is_get_without_a_body_and_no_other_method_is_known(
    local: httpx.AsyncClient, path: str
) -> None:
    whole, head = await local.get(path), await local.head(path)
    assert (head.status_code, head.headers["content-type"]) == (
        whole.status_code,
        whole.headers["content-type"],
    )
    for method in ("OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE"):
        response = await local.request(method, path)
        problem(response, 405)
        assert response.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/healthz", *PROTECTED, "/api/push/shop/export", "/api/nothing"])
async def test_no_other_origin_is_ever_let_in(local: httpx.AsyncClient, path: str) -> None:
    preflight = {"Origin": "https://evil.com", "Access-Control-Request-Method": "POST"}
    for response in (
        await local.options(path, headers=preflight),
        await local.get(path, headers={**BEARER, "Origin": "https://evil.com"}),
    ):
        assert not [name for name in response.headers if name.startswith("access-control-")]
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/status",
        "/api/status.json/",
        "/api/push/shop",
        "/api/push/shop/export/more",
        "/badge/shop",
        "/badge/shop.png",
        "/badge/a/b/c.svg",
        "/healthz/",
        "/healthz/x",
        "/metrics/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_path_near_ours_is_no_page(
    local: httpx.AsyncClient, path: str, method: str
) -> None:
    problem(await local.request(method, path), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/badge/nothing.svg",
        "/badge/SHOP.svg",
        "/badge/shop%00.svg",
        "/badge/..%2f..%2fetc%2fpasswd.svg",
        "/badge/%2e%2e/api.svg",
        "/badge/shop/nothing.svg",
        "/badge/shop/api%0d%0aX-Evil:1.svg",
        "/badge/shop/%3Cscript%3E.svg",
        "/badge/shop/" + "a" * 3000 + ".svg",
        "/badge/console:1:lease/api.svg",
    ],
)
async def test_names_are_those_of_the_configuration_or_nothing(
    local: httpx.AsyncClient, path: str
) -> None:
    response = await local.get(path)
    assert "script" not in problem(response, 404)
    assert "x-evil" not in response.headers
