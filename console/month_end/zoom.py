"""From when to when a burn-up is drawn, on the page and in the file alike. Pure."""

from datetime import tzinfo

import numpy as np

from console.month_end.board import Board
from console.month_end.calendar import span
from console.month_end.finish import Fan

HOUR, DAY = 3600.0, 86_400.0
EARLY = 0.125  # of the window; a line shorter than that is a dot
MARGIN = 0.1  # of what is known, before it


def shown(board: Board, zone: tzinfo) -> tuple[float, float]:
    """From when to when the chart is drawn: the whole window; where all that is done, expected and
    due lies in a small part of it, that part."""
    one = board.closing
    if one is None:
        return board.at - DAY, board.at
    first, last = span(one.opens, zone)[0], max(one.deadline, board.at) + DAY / 2
    known = [line for line in board.lines if line.name == "done" and len(line.times)]
    if not known or any(line.name.startswith("last") for line in board.lines):
        return first, last
    began = float(known[0].times[0])
    until = max(2 * board.at - began, board.at + HOUR, _moving_until(board))
    if len(board.lines) > 1:  # a plan leads to the deadline
        until = max(until, one.deadline)
    if until - began > EARLY * (last - first):
        return first, last
    return began - MARGIN * (until - began), until + MARGIN * (until - began)


def _moving_until(board: Board) -> float:
    """When the slowest of the forecast is done; the present where there is no forecast."""
    fan = board.told.fan
    if fan is None or not len(fan.times):
        return board.at
    return float(fan.times[min(moving(fan), len(fan.times)) - 1])


def moving(fan: Fan) -> int:
    """Blocks in which something of the fan moves."""
    return int(np.count_nonzero(fan.low < fan.low[-1] - 0.5)) + 2
