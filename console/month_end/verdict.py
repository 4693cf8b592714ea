"""Will the closing be done on time? One sentence, and sums that fit. Pure.

The ledger is the source of the sums. Where they do not fit, that is said first and nothing is
adjusted: the figures are shown as they were read.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from console.health.summary import Standing
from console.month_end.finish import Finish
from console.month_end.sums import Part, Sums, shares
from console.words import clock, counted, duration

ON_TRACK, AT_RISK = 0.90, 0.50  # probability from which a closing is so
STALE = 2000.0  # seconds; a billed server is read four times an hour, and may miss one
CERTAIN = 0.99  # a simulation of 2,000 does not tell more


class Word(StrEnum):
    """How a closing stands."""

    ON_TRACK = "On track"
    AT_RISK = "At risk"
    LATE = "Late"
    CLOSED = "Closed"
    NOT_KNOWN = "Not known"


STANDING = {
    Word.ON_TRACK: Standing.PASS,
    Word.CLOSED: Standing.PASS,
    Word.AT_RISK: Standing.WARN,
    Word.LATE: Standing.FAIL,
    Word.NOT_KNOWN: Standing.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A closing at one moment."""

    word: Word
    sentence: str
    parts: tuple[Part, ...]
    warnings: tuple[str, ...] = ()
    in_time: bool = True  # False: closed, but not all of it by the deadline

    @property
    def standing(self) -> Standing:
        """The status that stands beside the word."""
        return STANDING[self.word] if self.in_time else Standing.WARN


def judge(
    sums: Sums | None,
    finish: Finish | None,
    deadline: float,
    now: float,
    zone: tzinfo,
    *,
    closed_at: float | None = None,
) -> Verdict:
    """The verdict. `closed_at` is when a person declared the closing closed."""
    if sums is None:
        return Verdict(Word.NOT_KNOWN, "Not known: the service keeps no ledger of a closing.", ())
    parts, warnings = shares(sums), (*sums.problems, *_warnings(sums))
    word, sentence = _verdict(sums, finish, deadline, now, zone, closed_at)
    in_time = word is not Word.CLOSED or not (
        sums.late or (closed_at is not None and closed_at > deadline)
    )
    return Verdict(word, sentence, parts, warnings, in_time)


def _verdict(
    sums: Sums,
    finish: Finish | None,
    deadline: float,
    now: float,
    zone: tzinfo,
    closed_at: float | None,
) -> tuple[Word, str]:
    due = _due(deadline, now, zone)
    open_ended = sums.expected is None and now < deadline
    if closed_at is not None:
        when = "in time" if closed_at <= deadline else f"{duration(closed_at - deadline)} late"
        return Word.CLOSED, f"Closed {clock(closed_at, now, zone)}, {when}: {_done(sums)}."
    if sums.problems:
        return Word.NOT_KNOWN, f"Not known: {_lower(sums.problems[0])}"
    if now - sums.at > STALE:
        return Word.NOT_KNOWN, f"Not known: the ledger was last read {duration(now - sums.at)} ago."
    if not sums.total and not sums.not_arrived:
        return Word.NOT_KNOWN, "Not known: the ledger has no items yet."
    if not sums.left and open_ended:
        return Word.NOT_KNOWN, (
            f"Not known: {_done(sums)}; whether more will arrive by {due} is not known."
        )
    if not sums.left and (sums.final or now > deadline):
        late = f", {sums.late:,} of them after the deadline" if sums.late else ", deadline"
        return Word.CLOSED, f"Closed: {_done(sums)}{late} {due}."
    if now > deadline:
        end = _end(finish, now, zone) if sums.by_itself else ""  # else somebody has to act first
        late = f"{duration(now - deadline)} after the deadline {due}{end}"
        return Word.LATE, f"Late: {counted(sums.left, 'item')} not done {late}.{_somebody(sums)}"
    if not sums.by_itself and sums.stuck:
        return (
            Word.AT_RISK,
            f"At risk: all else is done. Somebody has to act by {due}: {_stuck(sums)}.",
        )
    if finish is None or finish.probability is None:
        why = finish.problem if finish else "How fast it goes was not seen."
        return Word.NOT_KNOWN, f"Not known: {_lower(why)}"
    told = _forecast(finish, finish.probability, due, now, zone)
    if not sums.left:
        told = f"all that came is done; {told} with what may still come"
    rest = _somebody(sums)
    if finish.probability >= ON_TRACK:
        if open_ended:
            return Word.NOT_KNOWN, (
                "Not known: how many items are still to come; set CONSOLE_CLOSING_ITEMS to what "
                f"one closing has. What is here is {told}.{rest}"
            )
        return Word.ON_TRACK, f"On track: {told}.{rest}"
    word = Word.AT_RISK if finish.probability >= AT_RISK else Word.LATE
    more = ", without what may still arrive" if open_ended else ""
    return word, f"{word.value}: {told}{more}.{rest}"


def _end(finish: Finish | None, now: float, zone: tzinfo) -> str:
    """When what is late will be done."""
    if finish is None or finish.expected is None:
        return ""
    return f"; expected {clock(finish.expected, now, zone)}{_interval(finish, now, zone)}"


def _forecast(finish: Finish, probability: float, due: str, now: float, zone: tzinfo) -> str:
    told = f"{likelihood(probability)} likely to finish by {due}"
    if finish.expected is None:
        return f"{told}; no end is in sight at this pace"
    return f"{told}; expected {clock(finish.expected, now, zone)}{_interval(finish, now, zone)}"


def _interval(finish: Finish, now: float, zone: tzinfo) -> str:
    if finish.low is None or finish.expected is None:
        return ""
    between = _between(finish.low, finish.expected, finish.high, now, zone)
    first, _, last = between.partition(" to ")
    return f" ({between})" if first != last else ""  # the same minute is no interval


def _somebody(sums: Sums) -> str:
    """What waits for a person; a forecast takes it as seen to at once."""
    if not sums.stuck:
        return ""
    return f" Somebody has to act: {_stuck(sums)}."


def _stuck(sums: Sums) -> str:
    """`2 items are held and 3 failed items need a person`, in the words of the tiles."""
    found: list[str] = []
    if sums.held:
        found.append(f"{counted(sums.held, 'item')} {'is' if sums.held == 1 else 'are'} held")
    if sums.person:
        needs = "needs" if sums.person == 1 else "need"
        found.append(f"{counted(sums.person, 'failed item')} {needs} a person")
    if sums.retryable:
        found.append(f"{counted(sums.retryable, 'failed item')} can be tried again")
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def _between(low: float, middle: float, high: float | None, now: float, zone: tzinfo) -> str:
    """`15:55 to 17:25`; with days where they are not all that of the expected end."""
    moments = [low, middle] if high is None else [low, middle, high]
    days = {datetime.fromtimestamp(moment, zone).date() for moment in moments}
    words = [clock(moment, now, zone) for moment in moments]
    if len(days) == 1:
        words = [word.rsplit(" ", 1)[-1] for word in words]
    return f"{words[0]} to {words[2] if high is not None else 'no end in sight'}"


def likelihood(probability: float) -> str:
    """`96 %`; never 100 or 0 %, which no simulation knows."""
    if probability > CERTAIN:
        return "more than 99 %"
    if probability < 1 - CERTAIN:
        return "less than 1 %"
    return f"{int(probability * 100 + 1e-9)} %"


def _warnings(sums: Sums) -> list[str]:
    if sums.late > sums.done:
        return [f"{sums.late:,} items done after the deadline, of {sums.done:,} done at all."]
    if sums.final and sums.expected is not None and sums.total > sums.expected:
        more = sums.total - sums.expected
        return [f"{counted(more, 'item')} more than were expected are in the ledger."]
    return []


def _due(deadline: float, now: float, zone: tzinfo) -> str:
    """The deadline always with its day: whoever reads it may read it tomorrow."""
    then = datetime.fromtimestamp(deadline, zone)
    year = "" if then.year == datetime.fromtimestamp(now, zone).year else f" {then.year}"
    return f"{then.day} {then:%b}{year} {then:%H:%M}"


def _done(sums: Sums) -> str:
    return f"{sums.done:,} of {counted(sums.all, 'item')} done"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
