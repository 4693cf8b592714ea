"""What stands on the page and in its files, as small tables of plain text: written once. Pure."""

from dataclasses import dataclass
from datetime import tzinfo

from console.health.summary import Standing
from console.month_end.board import Board
from console.month_end.comparison import MOST_ROWS, Row
from console.month_end.needs import DayNeed
from console.words import (
    NOTHING,
    clock,
    counted,
    day_name,
    duration,
    error_share,
    listed,
    response_time,
)

CAPACITY = "Capacity for the next business days"
STANDINGS = {
    Standing.PASS: "Passing",
    Standing.WARN: "Warning",
    Standing.FAIL: "Failing",
    Standing.UNKNOWN: "Unknown",
}
FIGURES = (
    "Held on", "Items", "Done by the deadline", "After the deadline", "Failed",
    "Busiest hour", "Last item done", "p95 of an item", "Failed tries", "Refused calls",
    "Most instances", "Incidents", "Runs by hand",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. Every row has as many cells as there are columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def sheets(board: Board, zone: tzinfo) -> tuple[Sheet, ...]:
    """Every table, in the order of the page. Those without content say why in their note."""
    if board.closing is None:
        return (items(board),)
    return (items(board), days(board), risks(board), closings(board, zone), decided(board, zone))


def items(board: Board) -> Sheet:
    """The sums."""
    rows = tuple((p.name, f"{p.items:,}", f"{p.share:.1f} %") for p in board.told.verdict.parts)
    total = board.told.sums.all if board.told.sums else 0
    if rows:
        fits = board.told.sums is not None and not board.told.sums.problems and total
        shares = 100.0 if fits else sum(part.share for part in board.told.verdict.parts)
        rows = (*rows, ("all", f"{total:,}", f"{shares:.1f} %"))
    return Sheet("Items", ("Items", "Number", "Share"), rows)


def days(board: Board) -> Sheet:
    """Capacity against demand, a figure a column: for the files."""
    columns = ("Day", "Items", "80 % of the time", "Busiest hour", "Instances", "Limited by")
    rows = tuple(
        (
            f"{one.name}{_place(one, board)}",
            _number(one.expected),
            NOTHING
            if one.low is None or one.high is None
            else f"{one.low:,.0f} to {one.high:,.0f}",
            NOTHING if one.peak is None else f"{one.peak:,.0f} items",
            NOTHING if one.advice is None else f"{one.advice.instances:,}",
            NOTHING if one.advice is None else one.advice.limit.value,
        )
        for one in board.needs.days
        if one.expected is not None
    )
    return Sheet(CAPACITY, columns, rows, f"{board.needs.words} {_days_note(board)}".strip())


def days_shown(board: Board) -> Sheet:
    """The same in three columns, so that a phone shows all of it."""
    rows = tuple(
        (
            f"{one.name}{_place(one, board)}",
            _expected(one),
            NOTHING
            if one.advice is None
            else f"{one.advice.instances:,}, limited by {one.advice.limit.value}",
        )
        for one in board.needs.days
        if one.expected is not None
    )
    return Sheet(CAPACITY, ("Day", "Items", "Instances"), rows, _days_note(board))


def _expected(one: DayNeed) -> str:
    told = _number(one.expected)
    if one.low is not None and one.high is not None:
        told += f" ({one.low:,.0f} to {one.high:,.0f})"
    return told if one.peak is None else f"{told}, {one.peak:,.0f} in the busiest hour"


def _days_note(board: Board) -> str:
    need = board.needs
    demand = "" if need.demand is None else need.demand.words
    return " ".join(filter(None, (need.limited, demand, need.note)))


def risks(board: Board) -> Sheet:
    """What may get into the way."""
    rows = tuple((STANDINGS[one.standing], one.what, one.text) for one in board.risks)
    return Sheet("Risks", ("Status", "What", "How it stands"), rows)


def closings(board: Board, zone: tzinfo, most: int = MOST_ROWS) -> Sheet:
    """This closing against the last ones: a column each, the present one first."""
    shown = board.rows[:most]
    cells = [_cells(one, board.at, zone) for one in shown]
    every = [(name, *(column[row] for column in cells)) for row, name in enumerate(FIGURES)]
    rows = tuple(row for row in every if set(row[1:]) != {NOTHING})
    unseen = [f"{row[0][:1].lower()}{row[0][1:]}" for row in every if set(row[1:]) == {NOTHING}]
    note = "" if len(shown) > 1 else "No past closing is known yet: there is nothing to compare."
    if unseen:
        note = f"{note} Not known: {listed(unseen, len(unseen))}.".strip()
    return Sheet(
        "This closing against the last ones", ("", *(one.name for one in shown)), rows, note
    )


def decided(board: Board, zone: tzinfo) -> Sheet:
    """What people decided since the window opened."""
    rows = tuple(
        (clock(one.at, board.at, zone), one.who or NOTHING, one.what, one.why or NOTHING,
         one.came or NOTHING)
        for one in board.decisions
    )  # fmt: skip
    note = "" if rows else "Nobody has switched, approved or run anything since the window opened."
    return Sheet("Decisions", ("When", "Who", "What", "Why", "Outcome"), rows, note)


def _place(need: DayNeed, board: Board) -> str:
    """` (closing)`, or how many business days to or after the month-end."""
    if board.closing is not None and need.day == board.closing.day:
        return " (closing)"
    return f" ({need.offset:+d})" if need.offset else ""


def _cells(one: Row, now: float, zone: tzinfo) -> tuple[str, ...]:
    seen = one.seen
    return (
        day_name(one.day) if one.day else NOTHING,
        f"{one.items:,}",
        NOTHING if one.in_time is None else f"{int(one.in_time * 1000) / 10:.1f} %",
        _number(one.late),
        f"{one.failed:,}",
        counted(one.busiest, "item"),
        _finished(one, now, zone),
        response_time(seen.p95),
        error_share(seen.failed),
        _number(seen.refused),
        _number(seen.most),
        _number(seen.incidents),
        _number(seen.runs),
    )


def _finished(one: Row, now: float, zone: tzinfo) -> str:
    if one.finished is None:
        return NOTHING
    when = clock(one.finished, now, zone)
    if one.left is None:
        return f"{when}, goes on"
    return f"{when}, {duration(abs(one.left))} {'early' if one.left >= 0 else 'late'}"


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}"
