"""Railway's API as GraphQL: which header a token goes into, what is asked and sent, pages."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import httpx

from console.errors import PlatformError, PlatformRefused
from console.platforms.api import Api
from console.platforms.budget import Budget
from console.platforms.graphql import data_of
from console.platforms.json_fields import fields, items, text_of

URL = "https://backboard.railway.com"
PATH = "/graphql/v2"
TITLE = "Railway"
CALLS = 15  # a minute: a Hobby plan has 1,000 an hour for all of its tokens
Told = Mapping[str, Any]


class Token(httpx.Auth):
    """A token of an account or workspace goes into one header, that of a project into another.

    They look alike, so the first answer tells which one it is.
    """

    def __init__(self, token: str) -> None:
        self._token, self.of_project, self.known = token, False, False

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Set the header."""
        if self.of_project:
            request.headers["Project-Access-Token"] = self._token
        else:
            request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class RailwayApi:
    """Asks and sends. Every method raises PlatformError, and nothing else."""

    def __init__(
        self,
        token: str,
        *,
        url: str = URL,
        budget: Budget | None = None,
        clock: Callable[[], float] = time.time,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.address = f"{url.rstrip('/')}{PATH}"
        self._clock, self._secrets, self._token = clock, (token,), Token(token)
        self._api = Api(
            TITLE,
            url,
            {"Accept": "application/json"},
            budget or Budget(CALLS),
            secrets=self._secrets,
            clock=clock,
            transport=transport,
            auth=self._token,
        )

    def hide(self, value: str) -> None:
        """Take this out of what Railway says from now on."""
        self._secrets = (*self._secrets, value)
        self._api.hide(value)

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    @property
    def knows_token(self) -> bool:
        """Whether an answer has told which kind of token it is."""
        return self._token.known

    async def send(self, mutation: str, variables: Told, root: str) -> Any:
        """Make one change, once; what its field tells."""
        answer = await self._api.send("POST", PATH, {"query": mutation, "variables": variables})
        return self._data(answer, [root])[root]

    async def ask(self, query: str, variables: Told, roots: Sequence[str]) -> Told:
        """What a query gives; with the other kind of token where the first is not accepted."""
        body = {"query": query, "variables": variables}
        try:
            data = await self._api.ask(PATH, body, lambda told: self._data(told, roots))
        except PlatformRefused:
            if self._token.known:
                raise
            self._token.of_project = not self._token.of_project
            try:
                data = await self._api.ask(PATH, body, lambda told: self._data(told, roots))
            except PlatformError:
                self._token.of_project = not self._token.of_project
                raise
        self._token.known = True
        return data

    def _data(self, told: Any, roots: Sequence[str]) -> Told:
        return data_of(TITLE, told, roots, self._clock(), self._secrets)


def page_of(told: Any) -> tuple[list[Told], str]:
    """The nodes of a page, and the cursor of the next one; empty where it is the last."""
    nodes = [fields(edge.get("node")) for edge in items(fields(told).get("edges"), TITLE)]
    info = fields(fields(told).get("pageInfo"))
    more = info.get("hasNextPage") is True
    return nodes, text_of(info.get("endCursor")) if more else ""
