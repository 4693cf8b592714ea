"""The connection of a process that reads the store; the server is judged before all else."""

from collections.abc import Callable
from typing import Any, TypeVar

from redis.exceptions import NoPermissionError

from console.errors import StoreRefused
from console.store import client
from console.store.documents import Document
from console.store.inspection import Server, judge
from console.store.profile import Profile, ProfileName, choose

T = TypeVar("T")


class Connection:
    """One client, shared by all threads. What fails is StoreAway or StoreRefused."""

    def __init__(self, url: str, profile: ProfileName = "auto") -> None:
        self.server: Server | None = None  # known once it was reached
        self.profile: Profile = choose(profile, client.is_billed_host(url))
        self._url = url
        self._profile_name: ProfileName = profile
        # The commands of redis-py have incomplete types; whoever reads gives each its own.
        self.redis: Any = client.connect(url, self.profile.read_timeout)

    def close(self) -> None:
        """Disconnect."""
        self.redis.close()

    def inspect(self) -> Server:
        """Ask the server what it is; done by itself before the first command.

        Raises StoreRefused for a server that cannot be the store.
        """
        with client.told(self._url):
            try:
                info: dict[str, object] = self.redis.info()
            except NoPermissionError:
                info = {}  # what a server does not say is not held against it
        server = judge(self._url, info)
        self.profile = choose(self._profile_name, server.billed)
        self.server = server
        return server

    def call(self, command: Callable[[], T]) -> T:
        """The answer of a command. Raises StoreError."""
        if self.server is None:
            self.inspect()
        try:
            with client.told(self._url):
                return command()
        except StoreRefused:
            # A primary that became a replica keeps its connections: new ones find the new primary.
            self.redis.connection_pool.disconnect(inuse_connections=False)
            raise

    def document(self, document: Document[T], key: str) -> T | None:
        """The document at a key; None where there is none."""
        data: bytes | None = self.call(lambda: self.redis.get(key))
        return None if data is None else document.decode(data)

    def members(self, key: str, since: float, until: float, limit: int) -> list[bytes]:
        """The members of a sorted set from `since` to `until`, Unix seconds, newest first."""
        first, last = int(since * 1000), int(until * 1000)
        return self.call(lambda: self.redis.zrevrangebyscore(key, last, first, 0, limit))

    def hash(self, key: str) -> dict[bytes, bytes]:
        """All fields of a hash."""
        return self.call(lambda: self.redis.hgetall(key))
