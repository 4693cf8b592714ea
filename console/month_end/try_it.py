"""How to see a forecast with the sample, whose month-end is days away and has no closing before it.
Pure.
"""

from datetime import datetime, tzinfo

from console.month_end.calendar import Closing
from console.month_end.rules import FARTHEST

AHEAD = 3600.0  # seconds to the deadline that is proposed
ORDERS = 600  # of twelve minutes of the sample's month-end traffic, 50 a minute
ROUND = 300.0  # seconds to which the deadline is rounded up


def try_it(closing: Closing, items: int, now: float, zone: tzinfo) -> str:
    """What to set; empty where the closing is too far away to be moved to today."""
    due = datetime.fromtimestamp(-(-(now + AHEAD) // ROUND) * ROUND, zone)
    if abs(due.date() - closing.nominal) > FARTHEST:
        return ""
    expected = -(-(items + ORDERS) // 100) * 100
    return (
        "To see a forecast of this sample, stop the console and start it with "
        f"`CONSOLE_CLOSING_MOVED='{closing.nominal} to {due.date()}' "
        f"CONSOLE_CLOSING_DUE={due:%H:%M} CONSOLE_CLOSING_ITEMS={expected}`; then "
        "`python -m console.sample traffic month-end`, and after 12 minutes "
        "`python -m console.sample traffic quiet`."
    )
