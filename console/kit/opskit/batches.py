"""Items one after the other, with a limit of failures: the batch endpoint."""

import math
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any

from .errors import KitError
from .kit import Kit
from .orders import BatchOrder, Order, Report
from .runs import run_one


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


async def _one_of_batch(kit: Kit, order: Order, seconds: float) -> dict[str, Any]:
    try:
        return (await run_one(kit, order, seconds)).document()
    except KitError as error:
        view = kit.mode.view()
        return Report(order.item, "failed", view.mode, view.epoch, str(error)).document()


async def _share(kit: Kit, percent: float) -> list[str]:
    """The first `percent` of what is not done, at least one."""
    if kit.candidates is not None:
        undone = await kit.candidates()
    elif kit.current_ledger is not None:
        undone = await kit.current_ledger.undone()
    else:
        raise KitError("a percentage needs a ledger, or a function in kit.candidates")
    return undone[: math.ceil(len(undone) * percent / 100)]
