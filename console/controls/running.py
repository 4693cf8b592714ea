"""Runs of single items and of batches: begun once, watched to their end, abortable.

They go on when the browser dies. When this process dies the service goes on alone, and the log
holds an action that began and did not end; asking again with the same key gives its result.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from console.access import Visitor
from console.activity.chain import Entry
from console.config import Config
from console.controls.batches import (
    BATCH_SECONDS,
    FAILURES_ALLOWED,
    Batch,
    batch_sentence,
    with_line,
)
from console.controls.desk import Desk
from console.controls.gather import http as service_http
from console.controls.gather import once
from console.controls.gather import redis as service_side
from console.controls.gather.http import Ask, RunProblem
from console.controls.known import UNKNOWN_ITEM, ran_before
from console.controls.model import Mode, living, present
from console.controls.runs import (
    RUN_SECONDS,
    Run,
    commit_of,
    fingerprint_of,
    item_problem,
    sentence,
    settled,
    writes_of,
)
from console.controls.target import Target, target_of
from console.errors import Objection, StoreError
from console.health.check import Service
from console.service_redis import ServiceRedis, ServiceRedisError, url_of

CUT_OFF = "The console was stopped, and with it the request. Ask again: it reads back first."
ABORTED = (
    "The request was closed. What had not been written is not written any more; where something "
    "had been, the next run reads back first."
)


class Running:
    """The runs that this process has begun."""

    def __init__(self, config: Config, desk: Desk, clock: Callable[[], float] = time.time) -> None:
        self._config, self._desk, self._clock = config, desk, clock
        self._runs: dict[str, Run] = {}
        self._batches: dict[str, Batch] = {}
        self._tasks: dict[str, Future[None]] = {}
        self._aborted: set[str] = set()  # what an operator ended; else the console itself does

    def run(
        self,
        visitor: Visitor,
        service: Service,
        item: str,
        *,
        dry: bool,
        key: str,
        sure: bool = False,
    ) -> Run:
        """Begin a run; the one of this key where it was begun before (a double click). One that
        was cut off is asked again under its key: so the service reads back before it writes.

        `sure`: the visitor confirmed the id. Without it, no item runs live that nothing knows.

        Raises NotAllowed, Objection, StoreError, ServiceRedisError.
        """
        known = self._runs.get(key) or self._desk.records.runs.find(service.name, key)
        if known is not None and not settled(known, self._clock()).uncertain:
            return known
        problem, target = item_problem(item), target_of(self._config, service)
        if problem:
            raise Objection(problem)
        if target is None:
            raise Objection("The console does not know where this service takes runs.")
        if not (dry or sure or self._known(service, item)):
            raise Objection(UNKNOWN_ITEM.format(item=item))
        snapshot = self._desk.snapshot(service)
        mode = present(snapshot)
        begun = self._desk.act(
            visitor, "run", service.name, target=item, after="dry run" if dry else "live"
        )
        run = Run(
            id=key,
            service=service.name,
            item=item,
            dry=dry,
            by=visitor.name,
            at=self._clock(),
            seconds=RUN_SECONDS,
            fingerprint=fingerprint_of({one.beat.settings for one in living(snapshot)}),
            commit=commit_of({one.beat.commit for one in living(snapshot)}),
            epoch=snapshot.epoch,
            grant=not dry and mode is Mode.DRY_RUN,
        )
        self._runs[key] = run
        self._desk.records.runs.keep(service.name, key, run)
        self._begin(key, self._do(service, target, run, begun))
        return run

    def batch(
        self, visitor: Visitor, service: Service, percent: float, *, dry: bool, key: str
    ) -> Batch:
        """Begin a batch of a share of what waits. Raises as `run`."""
        known = self._batches.get(key) or self._desk.records.batches.find(service.name, key)
        if known is not None:
            return known
        target = target_of(self._config, service)
        if target is None or target.generic:
            raise Objection("Batches need the contract's endpoint /ops/batch.")
        how = "dry run" if dry else "live"
        begun = self._desk.act(visitor, "batch", service.name, target=f"{percent:g} %", after=how)
        batch = Batch(key, service.name, percent, dry, visitor.name, self._clock())
        self._batches[key] = batch
        self._desk.records.batches.keep(service.name, key, batch)
        self._begin(key, self._do_batch(service, target, batch, begun))
        return batch

    def abort(self, visitor: Visitor, service: Service, key: str) -> bool:
        """End a run or a batch: its request is closed. False where it had ended already.

        Raises NotAllowed, StoreError.
        """
        begun = self._desk.act(visitor, "abort", service.name, target=key)
        task = self._tasks.get(key)
        self._aborted.add(key)  # before: what is cancelled asks who did it
        stopped = task is not None and task.cancel()
        self._desk.journal.end(begun, "done" if stopped else "too late")
        return stopped

    def runs(self, service: str) -> list[Run]:
        """The last runs, newest first, as far as is known now. Raises StoreError."""
        now = self._clock()
        stored = {one.id: settled(one, now) for one in self._desk.records.runs.newest(service)}
        stored |= {run.id: run for run in list(self._runs.values()) if run.service == service}
        return sorted(stored.values(), key=lambda run: -run.at)

    def batches(self, service: str) -> list[Batch]:
        """The last batches, newest first. Raises StoreError."""
        now = self._clock()
        stored = {one.id: one for one in self._desk.records.batches.newest(service)}
        for key, batch in stored.items():
            lost = batch.state == "running" and now > batch.at + 2 * BATCH_SECONDS
            stored[key] = replace(batch, state="unknown") if lost else batch
        stored |= {one.id: one for one in list(self._batches.values()) if one.service == service}
        return sorted(stored.values(), key=lambda batch: -batch.at)

    def log_lines(self, service: Service, run: Run) -> list[str]:
        """What the service logged of a run, as far as its stream still holds it."""
        request = str(run.report.get("request_id") or "")
        url = url_of(self._config, service)
        if not request or not url:
            return []
        return self._desk.loop.call(once.log_lines(url, service.name, request))

    def failed_items(self, service: Service) -> list[tuple[str, str]]:
        """The items that failed last, with why; empty where that cannot be read."""
        url = url_of(self._config, service)
        return self._desk.loop.call(once.failed_items(url, service.name)) if url else []

    def _known(self, service: Service, item: str) -> bool:
        """Whether it ran from here before, or failed lately: then its id is no slip."""
        return ran_before(item, self.runs(service.name)) or any(
            item == failed for failed, _ in self.failed_items(service)
        )

    def _begin(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        for over in [key for key, task in list(self._tasks.items()) if task.done()]:
            self._tasks.pop(over, None)
        self._tasks[key] = self._desk.loop.begin(work)

    async def _do(self, service: Service, target: Target, run: Run, begun: Entry) -> None:
        grant = secrets.token_hex(16) if run.grant else ""
        redis = ServiceRedis(url_of(self._config, service)) if grant else None
        try:
            if redis is not None:
                await service_side.grant(
                    redis, service.name, grant, run.item, run.epoch, run.seconds
                )
            ask = Ask(run.id, run.item, run.dry, grant, run.seconds, service_http.traceparent())
            async with service_http.client(BATCH_SECONDS) as client:
                report = await service_http.run_item(client, target, ask)
            run = replace(
                run,
                state="ended",
                outcome=str(report.get("outcome", "")),
                reason=str(report.get("reason", "")),
                status=200,
                report=report,
            )
        except asyncio.CancelledError:
            if run.id in self._aborted:
                run = replace(run, state="aborted", reason=ABORTED)
            else:
                run = replace(run, state="unknown", reason=CUT_OFF)
        except RunProblem as problem:
            state = "ended" if problem.certain else "unknown"
            run = replace(
                run, state=state, outcome="failed", reason=str(problem), status=problem.status
            )
        except ServiceRedisError as error:
            run = replace(run, state="ended", outcome="failed", reason=f"{error} Nothing was sent.")
        finally:
            if redis is not None:
                await _end_grant(redis, service.name, grant)
        run = replace(run, ended_at=self._clock())
        self._runs[run.id] = run
        outcome = run.outcome if run.state == "ended" else run.state
        await asyncio.to_thread(self._write, run, begun, outcome)

    def _write(self, run: Run, begun: Entry, outcome: str) -> None:
        try:
            self._desk.records.runs.keep(run.service, run.id, run)
            writes = writes_of(run)
            evidence = f"{sentence(run)} Writes: {writes}." if writes else sentence(run)
            self._desk.journal.end(begun, outcome, evidence)
        except StoreError:
            return  # the log shows an action that did not end, and the page what is known here
        self._runs.pop(run.id, None)  # the store knows it now

    async def _do_batch(self, service: Service, target: Target, batch: Batch, begun: Entry) -> None:
        ask = Ask(batch.id, "", batch.dry, "", BATCH_SECONDS, service_http.traceparent())
        try:
            async with service_http.client(BATCH_SECONDS) as client:
                found = service_http.run_batch(client, target, ask, batch.percent, FAILURES_ALLOWED)
                async for line in found:
                    batch = with_line(batch, line)
                    self._batches[batch.id] = batch
            batch = replace(batch, state="ended")
        except asyncio.CancelledError:
            if batch.id in self._aborted:
                batch = replace(batch, state="aborted", stopped="the operator aborted it")
            else:
                batch = replace(batch, state="unknown", stopped="the console was stopped")
        except RunProblem as problem:
            state = "ended" if problem.certain else "unknown"
            batch = replace(batch, state=state, stopped=str(problem).rstrip("."))
        self._batches[batch.id] = batch
        outcome = "done" if batch.passed else "stopped" if batch.state == "ended" else batch.state
        await asyncio.to_thread(self._write_batch, batch, begun, outcome)

    def _write_batch(self, batch: Batch, begun: Entry, outcome: str) -> None:
        try:
            self._desk.records.batches.keep(batch.service, batch.id, batch)
            self._desk.journal.end(begun, outcome, batch_sentence(batch))
        except StoreError:
            return  # as for a single run
        self._batches.pop(batch.id, None)


async def _end_grant(redis: ServiceRedis, service: str, grant: str) -> None:
    try:
        await service_side.take_back(redis, service, grant)
    except ServiceRedisError:
        return  # it runs out by itself
    finally:
        await redis.close()
