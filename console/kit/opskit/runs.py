"""Doing items: one, a batch, or a closing's ledger, each with its mode, deadline and evidence."""

import asyncio
import contextlib
import math
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from . import context, deadlines
from .deadlines import DeadlineExceeded
from .errors import AlreadyRunning, Draining, KitError, LeaseLost, RedisError, WriteRefused
from .histograms import Outcome, series
from .idempotency import Claim
from .kit import Kit
from .ledger import Ledger, State, Taken
from .mode import Mode
from .present import safer

IDLE_SECONDS = 0.2
"""How often an idle worker looks for work; only where a ledger is being worked through."""

CLAIM_MARGIN = 2.0
"""A claim outlives the deadline of its work by this long; then its process must be dead. Should
it live after all, it cannot declare a write any more, because its claim is another's."""


class Refused(KitError):
    """A run that the present mode does not allow. The message says what would."""


@dataclass(frozen=True, slots=True)
class Order:
    """One run as it was asked for."""

    item: str
    key: str  # idempotency key
    dry: bool
    grant: str = ""
    request_id: str = ""
    trace_id: str = ""


@dataclass(slots=True)
class Report:
    """What became of one item. The JSON of the run endpoints."""

    item: str
    outcome: str  # done, held, failed, already_done
    mode: str
    epoch: int
    reason: str = ""
    milliseconds: float = 0.0
    result: Any = None
    replayed: bool = False
    uncertain: bool = False
    writes: dict[str, int] = field(default_factory=dict[str, int])
    planned: list[str] = field(default_factory=list[str])
    stages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    request_id: str = ""

    @classmethod
    def stored(cls, document: dict[str, Any]) -> "Report":
        """A report that was stored before."""
        known = {name: document[name] for name in cls.__slots__ if name in document}
        return replace(cls(**known), replayed=True)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


async def run_one(kit: Kit, order: Order, seconds: float) -> Report:
    """Do one item now. Raises Refused, AlreadyRunning, KeyReused, RedisAway, DeadlineExceeded."""
    if kit.draining.is_set():
        raise Draining("this instance is being stopped: ask again, another one answers")
    view = kit.mode.view()
    if view.mode is Mode.PAUSED:
        raise Refused(f"the mode is paused ({view.reason}): nothing is run, live or dry")
    if not order.dry and view.mode is not Mode.LIVE and not order.grant:
        raise Refused("the mode is dry_run: a live run needs a grant")
    ledger = None if order.dry else kit.current_ledger
    taken = None
    if ledger is not None:
        taken = await _take(ledger, order.item)
        if taken is None and await ledger.state(order.item) is State.DONE:
            return await _already_done(kit, ledger, order)
    if ledger is None or taken is None:
        return await _claimed(kit, order, f"run:{order.key}", seconds)
    try:
        report = await _claimed(kit, order, _item_key(ledger, order.item), seconds)
    except AlreadyRunning:
        await ledger.give_back(taken)
        raise
    except DeadlineExceeded as late:
        await settle(ledger, taken, _late(kit, order, late))
        raise
    await settle(ledger, taken, report)
    return report


async def _claimed(kit: Kit, order: Order, key: str, seconds: float) -> Report:
    """Do one item under an idempotency key: never twice, and what is uncertain is said."""
    claim: Claim | None = None
    if kit.server is not None:
        store = kit.idempotency(working=seconds + CLAIM_MARGIN)
        claim = await store.begin(key, order.item, dry=order.dry)
        if claim.finished:
            return Report.stored(claim.result)
    work = _work(kit, order, claim)
    try:
        report = await perform(kit, work, seconds)
    except BaseException:
        # Cut off. What was not sent may be tried again at once; else the claim stays and the
        # next one is told that it is uncertain.
        if claim is not None and not _sent(work.writes):
            await claim.abandon()
        raise
    if claim is not None:
        if report.outcome == "done" or _sent(report.writes):
            await claim.done(report.document())
        else:
            await claim.abandon()
    return report


async def perform(kit: Kit, work: context.Work, seconds: float) -> Report:
    """Run the handler for one item in its own context. Raises DeadlineExceeded."""
    if kit.handler is None:
        raise KitError("no function was registered with @kit.item")
    view, began = kit.mode.view(), time.monotonic()
    mode = safer(view.mode, Mode.DRY_RUN) if work.dry else view.mode
    report = Report(work.item, "done", mode, work.epoch, request_id=work.request_id)
    report.uncertain = work.uncertain
    token, ticket = context.current.set(work), kit.in_flight.begin(work.epoch)
    outcome = Outcome.OK
    try:
        async with deadlines.within(seconds) as deadline:
            try:
                report.result = await kit.handler(work.item)
            finally:
                report.stages = deadline.figures()
        if mode is not Mode.LIVE and not work.writes.get("granted"):
            report.outcome, report.reason = "held", "dry run: nothing was sent"
    except WriteRefused as refusal:
        report.outcome, report.reason = "held", str(refusal)
    except DeadlineExceeded:
        outcome = Outcome.TIMEOUT
        raise
    except Exception as error:
        # The border of the service's own code: whatever it raises is the item's failure.
        outcome = Outcome.INTERNAL
        kit.log.exception("item failed", item=work.item)
        report.outcome = "failed"
        report.reason = kit.masker.text(f"{type(error).__name__}: {error}")[:500]
    finally:
        spent = time.monotonic() - began
        kit.histograms.record(series("item", "all"), spent, time.time(), outcome)
        kit.in_flight.end(ticket)
        context.current.reset(token)
    report.milliseconds = round(spent * 1000, 1)
    report.writes, report.planned = dict(work.writes), list(work.planned[:100])
    kit.log.info("item", item=work.item, outcome=report.outcome, ms=report.milliseconds)
    return report


async def settle(ledger: Ledger, taken: Taken, report: Report) -> None:
    """Record in the ledger what became of an item. A lost lease means that another does it."""
    facts = {"milliseconds": report.milliseconds, "epoch": report.epoch}
    with contextlib.suppress(LeaseLost):
        if report.outcome == "done":
            await ledger.done(taken, **facts)
        elif report.outcome == "held":
            await ledger.hold(taken, report.reason, **facts)
        else:
            await ledger.fail(taken, report.reason, **facts)


@dataclass(slots=True)
class BatchOrder:
    """A batch as it was asked for. It stops after `stop_after` items that failed."""

    key: str
    dry: bool
    items: list[str]
    percent: float | None = None
    stop_after: int = 1
    most: int = 1000


async def run_batch(
    kit: Kit, order: BatchOrder, seconds: float, gone: Callable[[], bool]
) -> AsyncGenerator[dict[str, Any]]:
    """Do items one after the other; yields a document each, and a summary at the end.

    `gone()` says that the caller has left: then no further item is begun.
    """
    items = order.items if order.percent is None else await _share(kit, order.percent)
    end = time.monotonic() + seconds
    counts = {"done": 0, "held": 0, "failed": 0, "already_done": 0}
    stopped, at, longest = "", 0, 0.0
    for item in items[: order.most]:
        left = end - time.monotonic()
        if gone():
            stopped = "the caller left"
        elif kit.draining.is_set():
            stopped = "the instance is being stopped"
        elif counts["failed"] >= order.stop_after:
            stopped = f"{counts['failed']} failed"
        elif left <= longest:
            stopped = "deadline"
        if stopped:
            break
        began = time.monotonic()
        document = await _one_of_batch(kit, Order(item, f"{order.key}:{item}", order.dry), left)
        longest = max(longest, time.monotonic() - began)
        counts[document["outcome"]] = counts.get(document["outcome"], 0) + 1
        at += 1
        yield {"n": at, "of": min(len(items), order.most), **document}
    left_out = len(items) - at
    yield {"summary": {**counts, "not_begun": left_out, "stopped": stopped}}


async def work_through(kit: Kit, ledger: Ledger, seconds: float) -> None:
    """Work on a closing until the kit drains: one worker; start as many as should run at once.

    Paused: finishes the current item and takes no more. Dry run: items become held, not done.
    `seconds` is the deadline of one item and must be shorter than the ledger's lease.
    """
    if seconds >= ledger.lease:
        raise ValueError(f"the lease ({ledger.lease:g} s) must exceed the deadline ({seconds:g} s)")
    while not kit.draining.is_set():
        try:
            idle = kit.mode.view().mode is Mode.PAUSED
            taken = [] if idle else await ledger.take(1)
        except RedisError:
            taken = []
        if taken:
            await _work_on(kit, ledger, taken[0], seconds)
            continue
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE_SECONDS):
                await kit.draining.wait()


async def _work_on(kit: Kit, ledger: Ledger, taken: Taken, seconds: float) -> None:
    key = _item_key(ledger, taken.item)
    order = Order(taken.item, key, dry=False)
    try:
        if kit.mode.view().mode is Mode.LIVE:
            report = await _claimed(kit, order, key, seconds)
        else:
            report = await perform(kit, _work(kit, order, None), seconds)
    except DeadlineExceeded as late:
        report = _late(kit, order, late)
    except (AlreadyRunning, RedisError):
        return  # the lease runs out, and the item comes back
    with contextlib.suppress(RedisError):
        await settle(ledger, taken, report)


async def _one_of_batch(kit: Kit, order: Order, seconds: float) -> dict[str, Any]:
    try:
        return (await run_one(kit, order, seconds)).document()
    except KitError as error:
        view = kit.mode.view()
        return Report(order.item, "failed", view.mode, view.epoch, str(error)).document()


def _sent(writes: dict[str, int]) -> bool:
    return any(writes.get(verdict) for verdict in ("permitted", "granted", "unverified"))


def _item_key(ledger: Ledger, item: str) -> str:
    return f"{ledger.closing}:{item}"


def _late(kit: Kit, order: Order, late: DeadlineExceeded) -> Report:
    view = kit.mode.view()
    return Report(order.item, "failed", view.mode, view.epoch, str(late))


async def _already_done(kit: Kit, ledger: Ledger, order: Order) -> Report:
    view = kit.mode.view()
    claim = await kit.idempotency().begin(_item_key(ledger, order.item), order.item, dry=True)
    report = Report(order.item, "already_done", view.mode, view.epoch, replayed=True)
    if claim.finished:
        report.result = Report.stored(claim.result).result
    return report


def _work(kit: Kit, order: Order, claim: Claim | None) -> context.Work:
    return context.Work(
        request_id=order.request_id or secrets.token_hex(8),
        trace_id=order.trace_id or secrets.token_hex(16),
        epoch=kit.mode.view().epoch,
        dry=order.dry,
        item=order.item,
        run=order.key,
        grant=order.grant,
        idempotency_key=order.key,
        uncertain=claim is not None and claim.uncertain,
        before_write=claim.sending if claim is not None and not claim.finished else None,
    )


async def _take(ledger: Ledger, item: str) -> Taken | None:
    """The item from the ledger; None where it is done, or the ledger does not know it."""
    taken = await ledger.take(1, only=[item])
    for state in (State.FAILED, State.HELD):
        if not taken and await ledger.retry(item, state):
            taken = await ledger.take(1, only=[item])
    if not taken and await ledger.state(item) is State.RUNNING:
        raise AlreadyRunning(item, ledger.lease)
    return taken[0] if taken else None


async def _share(kit: Kit, percent: float) -> list[str]:
    """The first `percent` of what waits, at least one."""
    if kit.candidates is not None:
        waiting = await kit.candidates()
    elif kit.current_ledger is not None:
        waiting = await kit.current_ledger.waiting()
    else:
        raise KitError("a percentage needs a ledger, or a function in kit.candidates")
    return waiting[: math.ceil(len(waiting) * percent / 100)]
