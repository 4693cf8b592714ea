"""A very fast HTTP(S) server to probe, a process of its own: `python tests/bench/target.py PORT`.

PORT speaks HTTP, PORT + 1 HTTPS with a certificate made for the occasion. Two milliseconds of work
are pretended, so that response times have something to show.
"""

import asyncio
import datetime
import ssl
import sys
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BODY = (
    b'{"status": "pass", "queue": {"length": 3}, "items": [{"id": 1}, {"id": 2}], "name": "john"}'
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/health+json\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(BODY), BODY)
)
WORK = 0.002  # seconds


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(WORK)
        writer.write(ANSWER)
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass  # the client went away
    finally:
        writer.close()


def make_certificate(directory: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    pem = directory / "certificate.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def serve(port: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        context = make_certificate(Path(directory))
    plain = await asyncio.start_server(answer, "127.0.0.1", port, backlog=1024)
    secure = await asyncio.start_server(answer, "127.0.0.1", port + 1, ssl=context, backlog=1024)
    print("ready", flush=True)
    async with plain, secure:
        await asyncio.gather(plain.serve_forever(), secure.serve_forever())


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
