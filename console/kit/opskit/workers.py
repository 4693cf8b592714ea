"""Workers: through a closing's ledger, item by item, until the instance is stopped."""

import asyncio
import contextlib

from .deadlines import DeadlineExceeded
from .errors import AlreadyRunning, RedisError
from .kit import Kit
from .ledger import Ledger, Taken
from .mode import Mode
from .orders import Order
from .runs import claimed, item_key, late_report, perform, settle, work_of

IDLE_SECONDS = 0.2
"""How often an idle worker looks for work; only where a ledger is being worked through."""


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
    key = item_key(ledger, taken.item)
    order = Order(taken.item, key, dry=False)
    try:
        if kit.mode.view().mode is Mode.LIVE:
            report = await claimed(kit, order, key, seconds, of_item=True)
        else:
            report = await perform(kit, work_of(kit, order, None), seconds)
    except DeadlineExceeded as late:
        report = late_report(kit, order, late)
    except (AlreadyRunning, RedisError):
        return  # the lease runs out, and the item comes back
    with contextlib.suppress(RedisError):
        await settle(ledger, taken, report)
