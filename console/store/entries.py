"""What the web process enters into the store: reports, events, small documents, claims.

Everything else is written by the collector (write.py).
"""

import secrets
from collections.abc import Sequence

from console.activity.model import Event
from console.store import keys
from console.store.connection import Connection
from console.store.documents import EVENT, PUSH, REQUEST, packed
from console.store.model import ProbeRequest, PushBeat

KEPT_ANALYSES = 10  # of the keyspace of one service, to compare with
KEPT_NOTES = 1000  # of the deploy hook of one service: of about a hundred deployments
PUSH_MESSAGE_LIMIT = 500  # characters


class Entries:
    """The writing half of the web's store. Every failure is a StoreError."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._redis, self._call = connection.redis, connection.call

    def keep_found(self, service: str, name: str, document: bytes) -> None:
        """Keep a small document that this process found out, not the collector."""
        self._call(lambda: self._redis.hset(keys.found(service), name, packed(document)))

    def claim_scaling(self, service: str, owner: str, seconds: float) -> bool:
        """Whether `owner` may scale a service by the schedule for so long: one console does."""
        name, limit = keys.scaling_claim(service), int(1000 * seconds)
        if self._call(lambda: self._redis.set(name, owner, nx=True, px=limit)):
            return True
        if self._call(lambda: self._redis.get(name)) != owner.encode():
            return False
        return bool(self._call(lambda: self._redis.pexpire(name, limit)))

    def claim(self, service: str, what: str, seconds: float) -> bool:
        """Whether this is the first to ask for it within so long: two clicks make one action."""
        name, limit = keys.claim(service, what), int(1000 * seconds)
        return bool(self._call(lambda: self._redis.set(name, b"1", nx=True, px=limit)))

    def keep_analysis(self, service: str, at: float, document: bytes) -> None:
        """Keep a keyspace analysis; only the newest KEPT_ANALYSES stay."""
        name, member = keys.analyses(service), {packed(document): int(at * 1000)}
        self._call(lambda: self._redis.zadd(name, member))
        self._call(lambda: self._redis.zremrangebyrank(name, 0, -1 - KEPT_ANALYSES))

    def request_probe(self, service: str, check: str) -> str:
        """Ask the collector to probe now. Returns the id under which `answer` will have it."""
        request = ProbeRequest(secrets.token_hex(8), service, check)
        self._call(lambda: self._redis.publish(keys.REQUESTS, REQUEST.encode(request)))
        return request.id

    def request_deployments(self, service: str) -> None:
        """Ask the collector to look at the deployments now. Nobody answers."""
        request = ProbeRequest(secrets.token_hex(8), service, "")
        self._call(lambda: self._redis.publish(keys.REQUESTS, REQUEST.encode(request)))

    def push(self, service: str, check: str, beat: PushBeat) -> None:
        """Note that a job reported."""
        beat = PushBeat(beat.at, beat.status, beat.message[:PUSH_MESSAGE_LIMIT], beat.duration)
        self._call(lambda: self._redis.hset(keys.pushes(service), check, PUSH.encode(beat)))

    def keep_notes(self, service: str, at: float, notes: Sequence[bytes]) -> None:
        """Keep what the deploy hook was told. The same again is harmless; only the newest stay."""
        name, score = keys.notes(service), int(at * 1000)
        self._call(lambda: self._redis.zadd(name, dict.fromkeys(notes, score), nx=True))
        self._call(lambda: self._redis.zremrangebyrank(name, 0, -1 - KEPT_NOTES))

    def record(self, service: str, event: Event) -> None:
        """Add an event to the timeline. The same event twice is harmless."""
        member = {EVENT.encode(event): int(event.at * 1000)}
        self._call(lambda: self._redis.zadd(keys.events(service), member))
