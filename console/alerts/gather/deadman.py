"""The dead man's switch: a service elsewhere that raises the alarm when these pings stop."""

import asyncio
from http import HTTPStatus

import httpx

CONNECT, READ, TOTAL = 5.0, 10.0, 15.0  # seconds


async def ping(url: str) -> str:
    """Why it could not be pinged, one sentence without the address; empty where it was."""
    try:
        async with (
            asyncio.timeout(TOTAL),
            httpx.AsyncClient(timeout=httpx.Timeout(READ, connect=CONNECT)) as client,
            client.stream("GET", url, follow_redirects=True) as response,
        ):
            status = response.status_code
    except (httpx.TimeoutException, TimeoutError):
        return "It did not answer in time."
    except httpx.ConnectError:
        return "Its server cannot be reached, or its name does not resolve."
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return "The address is not usable, or the answer is no HTTP."
    if status < HTTPStatus.BAD_REQUEST:
        return ""
    phrase = f" ({HTTPStatus(status).phrase})" if status in list(HTTPStatus) else ""
    return f"It answered {status}{phrase}."
