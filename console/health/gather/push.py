"""Push checks: a job reports by itself, and its silence is what is noticed. Pure."""

from console.health.check import Check
from console.health.model import Outcome, Result, Status
from console.masking import one_line
from console.store.model import PushBeat
from console.words import duration

MESSAGE_LENGTH = 200  # characters of the job's own words


def decide(check: Check, beat: PushBeat | None, now: float) -> Result:
    """How the job stands at `now`, by its last report.

    It is missed when nothing came for longer than the interval and `timeout`, which is its grace.
    Before the first report nothing is known: the job may not be set up yet.
    """
    if beat is None:
        message = "No report yet."
        return Result(check.name, now, Status.UNKNOWN, Outcome.MISSED, message)
    silent = now - beat.at  # negative where the clocks of two machines disagree: just now
    if silent > check.interval + check.timeout:
        message = f"No report for {duration(silent)}; one is due every {duration(check.interval)}."
        return Result(check.name, now, Status.FAIL, Outcome.MISSED, message)
    words = one_line(beat.message, MESSAGE_LENGTH)
    message = f"Reported {beat.status}{f': {words}' if words else '.'}"
    outcome = Outcome.CONDITION if beat.status is Status.FAIL else Outcome.OK
    return Result(check.name, now, beat.status, outcome, message, duration=beat.duration)


def is_news(
    check: Check, last: Result | None, reported: float | None, beat: PushBeat | None, now: float
) -> bool:
    """Whether a look at a job found something that counts as a result.

    A report counts once: `reported` is the time of the last one that did, unknown after a start.
    Silence that goes on counts once an interval, so that it does not outweigh all reports.
    """
    if last is None:
        return True
    if beat is not None and beat.at > (last.at if reported is None else reported):
        return True
    missed = beat is not None and now - beat.at > check.interval + check.timeout
    return missed and (last.outcome is not Outcome.MISSED or now - last.at >= check.interval)
