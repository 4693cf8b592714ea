"""Reads what the instances of a service report of their settings, from the service's Redis.

A report is read once: an instance says in each heartbeat which settings it has, so that nothing is
asked for again until that changes.
"""

from collections.abc import Mapping
from typing import Any

from console.instances.gather import key
from console.instances.model import Life, judge
from console.instances.model import Snapshot as Instances
from console.service_redis import ServiceRedis, ServiceRedisError
from console.settings.reports import Report, Snapshot, parse_report, remember, variants
from console.settings.secrecy import NOT_COMPARABLE

AGAIN = 300.0  # seconds after which a report is read again where its fingerprint tells nothing
MOST_AT_ONCE = 200  # reports of one exchange; half a megabyte each at most, a few kB mostly
MOST_VARIANTS = 20  # kinds of reports that are kept; more would be as many as instances


class SettingsReader:
    """Reads the reports of one service, and remembers its deployments."""

    def __init__(self, redis: ServiceRedis, service: str) -> None:
        self._redis, self._service = redis, service
        self._reports: dict[str, Report | None] = {}
        self._read: dict[str, tuple[str, float]] = {}  # fingerprint in the heartbeat, and when
        self.last: Snapshot | None = None

    async def read(self, instances: Instances) -> Snapshot:
        """What they report now. Never raises: a failure is in the snapshot's `problem`."""
        before = self.last or Snapshot(0.0)
        if instances.problem:
            found = Snapshot(instances.at, instances.problem, deployments=before.deployments)
        else:
            try:
                found = await self._found(instances, before)
            except ServiceRedisError as error:
                found = Snapshot(instances.at, str(error), deployments=before.deployments)
        self.last = found
        return found

    async def _found(self, instances: Instances, before: Snapshot) -> Snapshot:
        judged = [judge(one, instances) for one in instances.heard]
        alive = {one.heard.instance: one.beat for one in judged if one.life is not Life.SILENT}
        await self._renew({name: beat.settings for name, beat in alive.items()}, instances.at)
        told = {name: report for name in alive if (report := self._reports.get(name)) is not None}
        found = variants(told, {name: beat.commit for name, beat in alive.items()})
        found = found[:MOST_VARIANTS]
        starts = {
            name: beat.started_at for name, beat in alive.items() if beat.started_at is not None
        }
        return Snapshot(
            instances.at,
            alive=len(alive),
            started_at=min(starts.values(), default=None),
            starts=starts,
            draining=sum(one.life is Life.DRAINING for one in judged),
            variants=found,
            deployments=remember(before.deployments, found, instances.at),
        )

    async def _renew(self, alive: Mapping[str, str], now: float) -> None:
        """Read the reports that are new, and forget those of instances that are gone."""
        self._reports = {name: one for name, one in self._reports.items() if name in alive}
        self._read = {name: one for name, one in self._read.items() if name in alive}
        wanted = [name for name, mark in alive.items() if self._is_due(name, mark, now)]
        wanted = wanted[:MOST_AT_ONCE]
        if not wanted:
            return
        words = [("HGET", key(self._service, "settings", name), "report") for name in wanted]
        answers = await self._redis.commands(*words)
        for name, answer in zip(wanted, answers, strict=True):
            self._reports[name] = _report(answer)
            self._read[name] = (alive[name], now)

    def _is_due(self, name: str, mark: str, now: float) -> bool:
        if name not in self._read:
            return True
        known, at = self._read[name]
        telling = mark and mark != NOT_COMPARABLE and self._reports.get(name) is not None
        return mark != known or (not telling and now - at >= AGAIN)


def _report(answer: Any) -> Report | None:
    return parse_report(answer) if isinstance(answer, bytes) else None
