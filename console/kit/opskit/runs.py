"""Doing one item with its mode, deadline, idempotency and evidence."""

import asyncio
import contextlib
import secrets
import time

import httpx

from . import context, deadlines
from .deadlines import DeadlineExceeded
from .errors import AlreadyRunning, Draining, KitError, LeaseLost, WriteRefused
from .histograms import Outcome, series
from .idempotency import Claim
from .kit import Kit
from .ledger import Ledger, State, Taken
from .mode import Mode
from .orders import Order, Report
from .present import safer

CLAIM_MARGIN = 2.0
"""A claim outlives the deadline of its work by this long; then its process must be dead. Should
it live after all, it cannot declare a write any more, because its claim is another's."""


class Refused(KitError):
    """A run that the present mode does not allow. The message says what would."""


async def run_one(kit: Kit, order: Order, seconds: float) -> Report:
    """Do one item now. Raises Refused, AlreadyRunning, KeyReused, RedisAway, DeadlineExceeded."""
    if kit.draining.is_set():
        raise Draining("this instance is being stopped: ask again, another one answers")
    view = kit.mode.view()
    if view.mode is Mode.PAUSED:
        raise Refused(f"the mode is paused ({view.reason}): nothing is run, live or dry")
    if not order.dry and view.mode is not Mode.LIVE and not order.grant:
        raise Refused("the mode is dry_run: a live run needs a grant")
    if order.dry or kit.current_ledger is None:
        return await claimed(kit, order, f"run:{order.key}", seconds)
    asked = await kit.idempotency(working=seconds + CLAIM_MARGIN).begin(
        f"run:{order.key}", order.item
    )
    if asked.finished:
        return Report.stored(asked.result)
    try:
        report = await _run_of_ledger(kit, kit.current_ledger, order, seconds)
    except BaseException:
        # Whether the item was sent is known by the item's own claim: this one only replays.
        await asked.abandon()
        raise
    await asked.done(report.document())
    return report


async def _run_of_ledger(kit: Kit, ledger: Ledger, order: Order, seconds: float) -> Report:
    taken = await _take(ledger, order.item)
    if taken is None:
        if await ledger.state(order.item) is State.DONE:
            return await _already_done(kit, ledger, order)
        return await claimed(kit, order, item_key(ledger, order.item), seconds, of_item=True)
    try:
        report = await claimed(kit, order, item_key(ledger, order.item), seconds, of_item=True)
    except AlreadyRunning:
        await ledger.give_back(taken)
        raise
    except DeadlineExceeded as late:
        await settle(ledger, taken, late_report(kit, order, late))
        raise
    await settle(ledger, taken, report)
    return report


async def claimed(
    kit: Kit, order: Order, key: str, seconds: float, *, of_item: bool = False
) -> Report:
    """Do one item under an idempotency key: never twice, and what is uncertain is said.

    `of_item`: the key is the item's, not that of one request. Then a failure is no result that is
    kept: the next try may succeed, and reads back first where something was sent.
    """
    claim: Claim | None = None
    if kit.server is not None:
        store = kit.idempotency(working=seconds + CLAIM_MARGIN)
        claim = await store.begin(key, order.item, dry=order.dry)
        if claim.finished:
            return Report.stored(claim.result)
    work = work_of(kit, order, claim)
    try:
        report = await perform(kit, work, seconds)
    except BaseException:
        # Cut off. What was not sent may be tried again at once; else the claim stays and the
        # next one is told that it is uncertain.
        if claim is not None and not _sent(work.writes):
            await claim.abandon()
        raise
    if claim is not None:
        sent = _sent(report.writes)
        if report.outcome == "done" or (sent and not of_item):
            await claim.done(report.document())
        elif sent and report.retryable:
            await claim.unknown()
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
    except (DeadlineExceeded, asyncio.CancelledError) as cut:
        late = isinstance(cut, DeadlineExceeded)
        outcome, report.outcome = Outcome.TIMEOUT if late else Outcome.PROTOCOL, "cut off"
        raise
    except (KitError, httpx.HTTPError) as failure:
        # What is expected to go wrong now and then: a sentence, no traceback.
        outcome = Outcome.CONDITION
        report.outcome, report.retryable = "failed", getattr(failure, "retryable", True)
        report.reason = kit.masker.text(_told(failure))[:500]
        kit.log.warning("item failed", item=work.item, reason=report.reason)
    except Exception as error:
        # The border of the service's own code: whatever it raises is the item's failure.
        outcome = Outcome.INTERNAL
        kit.log.exception("item failed", item=work.item)
        report.outcome = "failed"
        report.reason = kit.masker.text(f"{type(error).__name__}: {error}")[:500]
    finally:
        spent = time.monotonic() - began
        report.milliseconds = round(spent * 1000, 1)
        # while the context holds: the line carries the identifiers of this very run
        kit.log.info("item", item=work.item, outcome=report.outcome, ms=report.milliseconds)
        kit.histograms.record(series("item", "all"), spent, time.time(), outcome)
        # without what it stood still for a quota: what a shutdown has to leave time for
        busy = max(0.0, spent - work.waited)
        kit.histograms.record(series("item", "work"), busy, time.time(), outcome)
        kit.in_flight.end(ticket)
        context.current.reset(token)
    report.writes, report.planned = dict(work.writes), list(work.planned[:100])
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
            await ledger.fail(taken, report.reason, retryable=report.retryable, **facts)


def _told(failure: Exception) -> str:
    """A failure in words. Of an answer its status and path: a query may hold what is secret."""
    if isinstance(failure, httpx.HTTPStatusError):
        request, answer = failure.request, failure.response
        told = f"{request.url.host} answered {answer.status_code} {answer.reason_phrase}"
        return f"{told} to {request.method} {request.url.path}"
    return str(failure) if isinstance(failure, KitError) else f"{type(failure).__name__}: {failure}"


def _sent(writes: dict[str, int]) -> bool:
    return any(writes.get(verdict) for verdict in ("permitted", "granted", "unverified"))


def item_key(ledger: Ledger, item: str) -> str:
    """The idempotency key of an item of a closing."""
    return f"{ledger.closing}:{item}"


def late_report(kit: Kit, order: Order, late: DeadlineExceeded) -> Report:
    """What is told of an item whose time was over."""
    view = kit.mode.view()
    return Report(order.item, "failed", view.mode, view.epoch, str(late))


async def _already_done(kit: Kit, ledger: Ledger, order: Order) -> Report:
    view = kit.mode.view()
    claim = await kit.idempotency().begin(item_key(ledger, order.item), order.item, dry=True)
    report = Report(order.item, "already_done", view.mode, view.epoch, replayed=True)
    if claim.finished:
        report.result = Report.stored(claim.result).result
    return report


def work_of(kit: Kit, order: Order, claim: Claim | None) -> context.Work:
    """The context of one item."""
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
