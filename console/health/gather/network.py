"""Names and connections: what every probe over TCP has in common.

Resolving, connecting and the TLS handshake are done here one after the other, so that each can be
measured. httpx' own transport does the first two in one step, and both on threads and time-outs
that all requests share.
"""

import asyncio
import errno
import socket
import ssl
from functools import lru_cache
from typing import Any

import certifi
from cryptography import x509

from console.health.gather.resolver import Address, Resolver
from console.health.gather.trail import Failed, Target, Trail
from console.health.model import Outcome

# In words of its own instead of the operating system's, which differ.
_UNREACHABLE = {
    errno.ENETUNREACH: "there is no route to its network; check the address",
    errno.EHOSTUNREACH: "there is no route to it; check the address, and that the host is up",
    errno.ENETDOWN: "the console's own network is down",
    errno.EADDRNOTAVAIL: "the console has no free port or address for it",
    errno.ETIMEDOUT: "it does not answer; check that the host is up and no firewall is between",
    errno.ECONNABORTED: "the connection was aborted",
    errno.EACCES: "a firewall forbids it; allow the console there",
    errno.EPERM: "a firewall forbids it; allow the console there",
}

NO_SUCH_NAME = "there is no such name; check its spelling and its DNS record"
NO_NAME_SERVER = "no name server answers; check the DNS of the console's network"

# OpenSSL's codes of verification (x509_vfy.h) for which there is a remedy to tell.
_REMEDIES = {
    9: "check the clocks of both machines",  # not yet valid
    10: "renew it",  # expired
    18: "install one of a known authority, or set verify_tls = false",  # self-signed
    19: "let the console trust its authority (SSL_CERT_FILE), or set verify_tls = false",
    20: "let the server send the whole chain, or the console trust its authority (SSL_CERT_FILE)",
    21: "let the server send the whole chain",
    62: "use a name that it is for, or reissue it",  # wrong host
    64: "use a name that it is for, or reissue it",  # wrong address
}


async def dial(target: Target, trail: Trail, resolver: Resolver) -> socket.socket:
    """Resolve and connect, within the check's `connect_timeout`. Raises Failed."""
    trail.target = target
    limit = trail.check.connect_timeout
    try:
        async with asyncio.timeout(limit):
            return await _connect(await resolve(target, trail, resolver), target, trail)
    except TimeoutError:
        failed = trail.timed_out(limit)  # names the phase under way
        trail.enter("")
        raise failed from None


async def resolve(target: Target, trail: Trail, resolver: Resolver) -> list[Address]:
    """The addresses of the target; no phase where it is an address already. Raises Failed."""
    trail.target = target
    if numeric := resolver.numeric(target.host, target.port):
        return numeric
    trail.enter("resolve")
    try:
        return await resolver.resolve(target.host, target.port)
    except socket.gaierror as error:
        raise unresolved(error, target) from None
    except (OSError, UnicodeError) as error:  # UnicodeError: a label that no name can have
        raise unresolved(error, target) from None


async def _connect(addresses: list[Address], target: Target, trail: Trail) -> socket.socket:
    """Try the addresses in their order; each but the last gets its share of the time."""
    trail.enter("connect")
    share = trail.check.connect_timeout / len(addresses)
    for family, address in addresses[:-1]:
        try:
            async with asyncio.timeout(share):
                return await _try(family, address, trail)
        except OSError:  # TimeoutError is one
            continue
    try:
        return await _try(*addresses[-1], trail)
    except OSError as error:
        raise unreachable(error, target) from None


async def _try(family: int, address: Any, trail: Trail) -> socket.socket:
    trail.ip = str(address[0])
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    trail.connected = True
    return connection


def unresolved(error: Exception, target: Target) -> Failed:
    """The failure of a name, and whether it is the name or the asking that is at fault."""
    again = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
    why = NO_NAME_SERVER if again else NO_SUCH_NAME
    return Failed(Outcome.RESOLVE, f"{target.host} does not resolve: {why}.")


def unreachable(error: OSError, target: Target) -> Failed:
    """The failure of a connection, with what the operating system gives as its reason."""
    if isinstance(error, ConnectionRefusedError):
        message = (
            f"Connection refused by {target}: nothing listens there; "
            "check that the service runs, and its port."
        )
        return Failed(Outcome.CONNECT, message)
    if isinstance(error, ConnectionResetError):
        message = f"{target} reset the connection; check the proxy or firewall in front of it."
        return Failed(Outcome.CONNECT, message)
    if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
        return Failed(Outcome.INTERNAL, "The console has no free file handles for a connection.")
    why = _UNREACHABLE.get(error.errno or 0) or f"error {error.errno}"
    return Failed(Outcome.CONNECT, f"{target} cannot be reached: {why}.")


async def open_streams(
    connection: socket.socket, trail: Trail, context: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Streams over the connection, which they own from now on. Raises Failed, and
    ssl.SSLCertVerificationError where the certificate does not verify."""
    if context is None:
        return await asyncio.open_connection(sock=connection)
    target = trail.target
    trail.enter("tls")
    try:
        reader, writer = await asyncio.open_connection(
            sock=connection,
            ssl=context,
            server_hostname=target.host,
            ssl_handshake_timeout=trail.check.timeout + 1,  # the total time-out comes first
            ssl_shutdown_timeout=1,
        )
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        why = (error.reason or "error").replace("_", " ").lower()
        message = f"The TLS handshake with {target} failed ({why}); check that it speaks TLS there."
        raise Failed(Outcome.TLS, message) from None
    except OSError:
        message = (
            f"{target} closed the connection during the TLS handshake; "
            "check that it speaks TLS there, and its log."
        )
        raise Failed(Outcome.TLS, message) from None
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    trail.certificate_expires_at = None if der is None else expires_at(der)
    return reader, writer


def unverified(error: ssl.SSLCertVerificationError, target: Target) -> Failed:
    """The failure of a certificate that does not verify, with the reason that OpenSSL gives."""
    why = str(error.verify_message).rstrip(".")
    remedy = _REMEDIES.get(error.verify_code)
    told = f"{why}; {remedy}" if remedy else why
    return Failed(Outcome.TLS, f"The certificate of {target.host} does not verify: {told}.")


@lru_cache(maxsize=2048)  # parsing costs more than comparing, and certificates change seldom
def expires_at(der: bytes) -> float | None:
    """When a certificate expires in Unix seconds; `None` for one that cannot be read."""
    try:
        return x509.load_der_x509_certificate(der).not_valid_after_utc.timestamp()
    except ValueError:
        return None


def verifying() -> ssl.SSLContext:
    """A context that verifies, against the system's authorities (and SSL_CERT_FILE) and certifi's.

    Both: a machine may have none of its own, and a company's own authority is only in the system.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


def trusting() -> ssl.SSLContext:
    """A context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without the authorities, which cost 10 ms
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context
