"""What the web reads from the store, and the little it writes there.

Every method is thread-safe and synchronous; a failure is StoreAway (it may come back by itself) or
StoreRefused (somebody must change something). States, uptimes and the collector's heartbeat come
from snapshots that all sessions share: N viewers cost one read.
"""

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from console.activity.model import Event
from console.health.model import CheckState, Incident, Result
from console.health.uptime import UptimeRecord
from console.store import keys
from console.store.cells import Cells
from console.store.connection import Connection
from console.store.documents import (
    BEAT,
    EVENT,
    INCIDENT,
    PUSH,
    REQUEST,
    RESULT,
    STATE,
    UPTIME,
    Decoded,
    Document,
    Unread,
    decoded,
    packed,
    unpacked,
)
from console.store.history import assemble, span_of
from console.store.inspection import Server
from console.store.model import CollectorBeat, ProbeRequest, PushBeat
from console.store.profile import Profile, ProfileName
from console.store.series import SeriesId, parse_series
from console.store.snapshot import Snapshot

# An incident may have begun before the window that it reaches into; so far back it is looked for.
INCIDENT_LOOKBACK = 35 * 86400.0
MOST_INCIDENTS = 2000  # read at once
KEPT_ANALYSES = 10  # of the keyspace of one service, to compare with
KEPT_NOTES = 1000  # of the deploy hook of one service: of about a hundred deployments
PUSH_MESSAGE_LIMIT = 500  # characters
SERIES_TTL = 60.0  # seconds; a new series is rare, and the list of a large service is long

T = TypeVar("T")


class Store:
    """The reading side of the store, one for each process."""

    def __init__(
        self,
        url: str,
        profile: ProfileName = "auto",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._connection = Connection(url, profile)
        self._redis, self._call = self._connection.redis, self._connection.call
        self._clock = clock
        self._lock = threading.Lock()
        self._states: dict[str, Snapshot[Decoded[CheckState]]] = {}
        self._uptimes: dict[str, Snapshot[Unread[UptimeRecord]]] = {}
        self._series: dict[str, Snapshot[list[SeriesId]]] = {}
        self._beat: Snapshot[CollectorBeat | None] = Snapshot(
            lambda _: self._connection.document(BEAT, keys.COLLECTOR), self._snapshot_ttl, clock
        )

    @property
    def server(self) -> Server | None:
        """What the server is; None until it was reached."""
        return self._connection.server

    @property
    def profile(self) -> Profile:
        """How often it may be asked."""
        return self._connection.profile

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    def inspect(self) -> Server:
        """Ask the server what it is. Raises StoreRefused for one that cannot be the store."""
        return self._connection.inspect()

    def states(self, service: str) -> dict[str, CheckState]:
        """How each check of a service stands, at most one snapshot old."""
        return self._snapshot(self._states, service, STATE, keys.states(service)).get().documents

    def last_known(self, service: str) -> tuple[dict[str, CheckState], float] | None:
        """The last states that were read and when (Unix seconds), also while the store is away."""
        snapshot = self._snapshot(self._states, service, STATE, keys.states(service))
        if snapshot.last is None:
            return None
        read, at = snapshot.last
        return read.documents, at

    def uptime(self, service: str) -> Mapping[str, UptimeRecord]:
        """The account of each check of a service, at most one snapshot old."""
        with self._lock:
            if service not in self._uptimes:
                self._uptimes[service] = Snapshot(
                    lambda last: self._uptime(service, last),
                    self._snapshot_ttl,
                    self._clock,
                )
            snapshot = self._uptimes[service]
        return snapshot.get()

    def collector(self) -> CollectorBeat | None:
        """The collector's last heartbeat, at most one snapshot old; None where none ever was."""
        return self._beat.get()

    def events(self, service: str, since: float, until: float, limit: int = 200) -> list[Event]:
        """Events from `since` to `until`, newest first."""
        members = self._connection.members(keys.events(service), since, until, limit)
        found = {event.id: event for event in EVENT.readable(members)}
        return sorted(found.values(), key=lambda event: event.at, reverse=True)

    def incidents(
        self, service: str, since: float, until: float, limit: int = 200
    ) -> list[Incident]:
        """Closed incidents that reach into the time from `since` to `until`, newest first."""
        members = self._connection.members(
            keys.incidents(service), since - INCIDENT_LOOKBACK, until, MOST_INCIDENTS
        )
        found = {
            incident.id: incident
            for incident in INCIDENT.readable(members)
            if incident.ended_at is None or incident.ended_at >= since
        }
        newest = sorted(found.values(), key=lambda incident: incident.started_at, reverse=True)
        return newest[:limit]

    def cells(self, service: str, series: SeriesId, since: float, until: float) -> Cells:
        """The cells of one series whose period overlaps the time from `since` to `until`.

        Minutes where the whole window lies within the last 35 days, hours otherwise.
        """
        return self.cells_of(service, [series], since, until)[series]

    def cells_of(
        self, service: str, series: Sequence[SeriesId], since: float, until: float
    ) -> dict[SeriesId, Cells]:
        """The same for several series in one round trip; two commands for each."""
        span = span_of(since, until, self._clock())
        fields = span.fields
        answers: list[Any] = self._call(lambda: self._read_cells(service, series, fields))
        return {
            one: assemble(span, zip(fields, closed, strict=True), open_)
            for one, closed, open_ in zip(series, answers[::2], answers[1::2], strict=True)
        }

    def series(self, service: str) -> list[SeriesId]:
        """Every series of a service that has cells, in order of its name, at most a minute old."""
        with self._lock:
            if service not in self._series:
                self._series[service] = Snapshot(
                    lambda _: self._all_series(service), lambda: SERIES_TTL, self._clock
                )
            snapshot = self._series[service]
        return snapshot.get()

    def found(self, service: str, name: str) -> bytes | None:
        """The document that a gather beside the checks found last; None where there is none."""
        packed: bytes | None = self._call(lambda: self._redis.hget(keys.found(service), name))
        return None if packed is None else unpacked(packed)

    def log_lines(self, service: str, numbers: Sequence[int]) -> dict[int, bytes]:
        """Packed portions of log lines by their number; one that is gone is left out."""
        if not numbers:
            return {}
        fields, key = [str(number) for number in numbers], keys.log_lines(service)
        found: list[bytes | None] = self._call(lambda: self._redis.hmget(key, fields))
        pairs = zip(numbers, found, strict=True)
        return {number: text for number, text in pairs if text is not None}

    def records(self, service: str, kind: str) -> Mapping[bytes, bytes]:
        """What controls remember of one kind, by id, as it is stored."""
        found: dict[bytes, bytes] = self._call(
            lambda: self._redis.hgetall(keys.control(service, kind))
        )
        return found

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

    def analyses(self, service: str) -> list[bytes]:
        """The documents of the last keyspace analyses, newest first."""
        members = self._call(lambda: self._redis.zrevrange(keys.analyses(service), 0, -1))
        return [unpacked(member) for member in members]

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

    def answer(self, request: str) -> Result | None:
        """The result that answers a request, or None while there is none."""
        return self._connection.document(RESULT, keys.answer(request))

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

    def _snapshot_ttl(self) -> float:
        return self.profile.snapshot_ttl

    def _snapshot(
        self, known: dict[str, Snapshot[Decoded[T]]], service: str, document: Document[T], key: str
    ) -> Snapshot[Decoded[T]]:
        with self._lock:
            if service not in known:
                known[service] = Snapshot(
                    lambda last: decoded(document, self._connection.hash(key), last),
                    self._snapshot_ttl,
                    self._clock,
                )
            return known[service]

    def _uptime(self, service: str, last: Unread[UptimeRecord] | None) -> Unread[UptimeRecord]:
        raw = self._connection.hash(keys.uptime(service))
        return Unread(UPTIME, raw) if last is None else last.after(raw)

    def _all_series(self, service: str) -> list[SeriesId]:
        members: set[bytes] = self._call(lambda: self._redis.smembers(keys.series(service)))
        found: list[SeriesId] = []
        for member in members:
            try:
                found.append(parse_series(member.decode()))
            except ValueError:
                continue  # of another version
        return sorted(found, key=str)

    def _read_cells(
        self, service: str, series: Sequence[SeriesId], fields: Sequence[str]
    ) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for one in series:
            pipeline.hmget(keys.closed_cells(service, str(one)), fields)
            pipeline.hgetall(keys.open_cells(service, str(one)))
        return pipeline.execute()
