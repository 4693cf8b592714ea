"""Certificates that do not verify, for HTTPS and for checks of type tls."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.health.check import Check
from console.health.gather import ProbeContext, probe
from console.health.model import Outcome, Result, Status
from tests.health.gather.servers import (
    DAY,
    NOW,
    Handler,
    answers,
    certificate,
    make_authority,
    says,
    serving,
    silent,
)

Certified = Callable[..., ssl.SSLContext]


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certified:
    """Makes certificates of an authority that the console trusts."""
    file, authority = make_authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))

    def make(host: str, **more: object) -> ssl.SSLContext:
        fields: dict[str, Any] = {"authority": authority, **more}
        return certificate(tmp_path, host, **fields)

    return make


async def https(tls: ssl.SSLContext, handler: Handler = answers(b"ok"), **more: object) -> Result:  # noqa: B008 - a constant
    return await _probed("http", "https", tls, handler, **more)


async def tls_only(tls: ssl.SSLContext, **more: object) -> Result:
    return await _probed("tls", "tls", tls, silent, **more)


async def _probed(
    kind: str, scheme: str, tls: ssl.SSLContext, handler: Handler, **more: object
) -> Result:
    async with serving(handler, tls) as port, ProbeContext({}) as context:
        fields = {"name": "a", "type": kind, "url": f"{scheme}://localhost:{port}", "timeout": 2}
        return await probe(Check.model_validate({**fields, **more}), context)


async def test_a_good_certificate_passes_and_tells_how_long_it_is_valid(
    certified: Certified,
) -> None:
    for result in (await https(certified("localhost")), await tls_only(certified("localhost"))):
        assert result.status is Status.PASS, result.message
        assert result.phases.tls is not None
        assert result.certificate_expires_at == pytest.approx((NOW + 365 * DAY).timestamp(), abs=1)
    assert "its certificate is valid for 36" in result.message


async def test_a_certificate_that_ends_soon_warns(certified: Certified) -> None:
    result = await tls_only(certified("localhost", ends=NOW + 20 * DAY))
    assert (result.status, result.outcome) == (Status.WARN, Outcome.OK)
    result = await https(
        certified("localhost", ends=NOW + DAY), conditions=["[CERTIFICATE_EXPIRATION] > 48h"]
    )
    assert (result.status, result.outcome) == (Status.FAIL, Outcome.CONDITION)
    assert "[CERTIFICATE_EXPIRATION] (24h) > 48h does not hold" in result.message


@pytest.mark.parametrize("ask", [https, tls_only])
@pytest.mark.parametrize(
    ("host", "more", "words"),
    [
        ("localhost", {"ends": NOW - DAY / 2}, "certificate has expired; renew it."),
        ("localhost", {"starts": NOW + DAY}, "certificate is not yet valid; check the clocks"),
        ("elsewhere.example", {}, "use a name that it is for, or reissue it."),
        ("localhost", {"authority": None}, "self-signed certificate; install one of a known"),
    ],
)
async def test_a_certificate_that_does_not_verify_is_told_with_its_remedy(
    certified: Certified,
    ask: Callable[..., "asyncio.Future[Result]"],
    host: str,
    more: dict[str, object],
    words: str,
) -> None:
    result = await ask(certified(host, **more))
    assert (result.status, result.outcome) == (Status.FAIL, Outcome.TLS)
    assert result.message.startswith("The certificate of localhost does not verify: ")
    assert words in result.message
    if ask is tls_only:
        assert result.certificate_expires_at is not None


async def test_verification_can_be_switched_off(certified: Certified) -> None:
    result = await https(certified("elsewhere.example", authority=None), verify_tls=False)
    assert result.status is Status.PASS
    assert result.certificate_expires_at is not None


@pytest.mark.parametrize("kind", ["http", "tls"])
@pytest.mark.parametrize(
    ("handler", "outcome"),
    [
        (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Outcome.TLS),
        (silent, Outcome.TIMEOUT),
    ],
)
async def test_a_port_without_tls_is_a_typed_result(
    kind: str, handler: Handler, outcome: Outcome
) -> None:
    async def answer_anything(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    scheme = "https" if kind == "http" else "tls"
    used = silent if handler is silent else answer_anything
    async with serving(used) as port, ProbeContext({}) as context:
        fields = {"name": "a", "type": kind, "url": f"{scheme}://127.0.0.1:{port}"}
        result = await probe(Check.model_validate({**fields, "timeout": 0.3}), context)
    assert (result.status, result.outcome) == (Status.FAIL, outcome)
    assert "speaks TLS" in result.message or "speaks no TLS" in result.message
