"""Servers that behave badly, or well, on free ports; and certificates made for the occasion."""

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server whose handler sees the connection before anything was read. Yields its port."""
    under_way: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            under_way.add(task)
        try:
            await handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the probe went away, or the test is over
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def says(data: bytes) -> Handler:
    """Reads a request and answers with these bytes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()

    return handle


def answers(body: bytes, *headers: str, status: str = "200 OK") -> Handler:
    """Answers every request with that body."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return says("\r\n".join(head).encode() + body)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes everything and never says a word."""
    while await reader.read(65536):
        pass


def certificate(
    directory: Path,
    host: str,
    *,
    starts: datetime.datetime = NOW - DAY,
    ends: datetime.datetime = NOW + 365 * DAY,
    authority: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None,
) -> ssl.SSLContext:
    """A server's TLS context, self-signed unless there is an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    signed_by = make(host, host, key, key, starts, ends)
    if authority is not None:
        issuer = authority[0].subject.rfc4514_string().removeprefix("CN=")
        signed_by = make(host, issuer, key, authority[1], starts, ends)
    pem = directory / f"{host}.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed_by.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def make_authority(
    directory: Path,
) -> tuple[Path, tuple[x509.Certificate, ec.EllipticCurvePrivateKey]]:
    """An authority of our own, and the file that makes it trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = make("authority", "authority", key, key, NOW - DAY, NOW + 365 * DAY, ca=True)
    file = directory / "authority.pem"
    file.write_bytes(own.public_bytes(serialization.Encoding.PEM))
    return file, (own, key)


def make(
    host: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    starts: datetime.datetime,
    ends: datetime.datetime,
    *,
    ca: bool = False,
) -> x509.Certificate:
    """A certificate for a host name or an address."""
    try:
        name: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        name = x509.DNSName(host)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )
