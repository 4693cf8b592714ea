"""What a reading of a log means, in one sentence, with what the errors have in common. Pure."""

from dataclasses import dataclass

from console.health.summary import Standing
from console.logs.model import (
    Cause,
    Diagnosis,
    Explained,
    LogsReading,
    PatternReading,
    State,
    Trend,
)
from console.words import age, counted, duration, listed

STALE = (
    180.0  # seconds after which a reading tells nothing: the slowest rhythm is 60 s, and a flush
)
RECENT = 900.0  # seconds within which an error that is new, back or rising is a failure
TEMPLATE_LIMIT = 160  # characters of a pattern in a sentence
MOST_CAUSES = 3  # that are named
SPARKS = "▁▂▃▄▅▆▇█"
_FIELDS = {"api": "API", "instance": "instance", "phase": "phase", "commit": "commit"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentence, and the sentences below it."""

    standing: Standing
    sentence: str
    area: str = ""  # what the errors have in common; empty where there is no error


def judge(reading: LogsReading | None, now: float) -> Verdict:
    """How the log stands."""
    unread = _unread(reading, now)
    if reading is None or unread:
        return Verdict(Standing.UNKNOWN, unread)
    found = reading.open
    area = area_of(reading.diagnosis) if found else ""
    if found:
        bad = any(is_bad(one, now) for one in found)
        return Verdict(Standing.FAIL if bad else Standing.WARN, _errors(reading, now), area)
    if reading.silent:
        return Verdict(Standing.UNKNOWN, _silence(reading, now))
    since = duration(now - reading.since) if reading.since is not None else "a while"
    decided = len(reading.patterns)
    rest = f" {counted(decided, 'kind')} of error is muted or resolved." if decided == 1 else ""
    if decided > 1:
        rest = f" {decided} kinds of error are muted or resolved."
    return Verdict(
        Standing.PASS,
        f"No open error in {counted(reading.lines, 'line')} of the last {since}.{rest}",
    )


def is_bad(one: PatternReading, now: float) -> bool:
    """Whether an error needs somebody now: it is new, back or rising, and goes on."""
    if one.last is None or now - one.last > RECENT:
        return False
    return one.new is True or one.state is State.REGRESSED or one.trend is Trend.RISING


def _grows(one: PatternReading) -> bool:
    return one.trend is Trend.RISING


def area_of(diagnosis: Diagnosis | None) -> str:
    """A sentence about what the errors have in common."""
    if diagnosis is None or not diagnosis.errors:
        return ""
    few = min(MOST_CAUSES, max(1, diagnosis.areas))
    first = [named(cause) for cause in diagnosis.causes[:few]]
    when = span_words(diagnosis)
    match diagnosis.explained:
        case Explained.ONE_AREA:
            told = cause_sentence(diagnosis.causes[0])
            return f"The errors{when} have one thing in common: {told}"
        case Explained.FEW_AREAS:
            return f"Most errors{when} have to do with {listed(first, MOST_CAUSES)}."
        case Explained.SPREAD:
            spread = f"The errors{when} are spread: no field of the lines explains most of them."
            return f"{spread}{kind_sentence(diagnosis)}"
        case Explained.TOO_FEW:
            return f"Too few errors ({diagnosis.errors}) to tell what they have in common."
        case Explained.NO_FIELDS:
            return (
                "The lines tell too little to find the area: with the fields phase, api or "
                f"request_id they would.{kind_sentence(diagnosis)}"
            )


def span_words(diagnosis: Diagnosis) -> str:
    """` of the last 5 min`; empty where the errors are those of all lines."""
    return "" if diagnosis.span is None else f" of the last {duration(diagnosis.span)}"


def kind_sentence(diagnosis: Diagnosis) -> str:
    """The kind that nearly all errors are of, with a space before it; empty where there is none."""
    if not diagnosis.kind:
        return ""
    share = f"{int(100 * diagnosis.kind_share)} %"
    return f" {share} are of one kind: “{short(diagnosis.kind, 120)}”."


def named(cause: Cause) -> str:
    """`API accounting`, `phase post and instance i-1`."""
    pairs = zip(cause.names, cause.values, strict=True)
    return listed([f"{_FIELDS.get(name, name)} {value}" for name, value in pairs], 3)


def share_words(share: float) -> str:
    """A share of the other lines, in percent, as the table beside has it: `0.2 %`."""
    return "under 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def cause_sentence(cause: Cause) -> str:
    """`API accounting, in 97 % of the errors and 0.2 % of the other lines.`"""
    others = cause.share_of_others
    rest = "none" if others == 0 else share_words(others)
    share = f"{int(100 * cause.share)} %"
    return f"{named(cause)}, in {share} of the errors and {rest} of the other lines."


def lift(value: float) -> str:
    """`3.2 ×`, `150 ×`."""
    return f"{value:,.0f} ×" if value >= 10 else f"{value:.1f} ×"


def sparkline(bars: tuple[int, ...]) -> str:
    """Counts as a row of blocks; nothing is the lowest."""
    most = max(bars, default=0)
    if not most:
        return ""
    top = len(SPARKS) - 1
    return "".join(SPARKS[0 if not bar else max(1, round(top * bar / most))] for bar in bars)


def short(template: str, limit: int = TEMPLATE_LIMIT) -> str:
    """A pattern where there is little room."""
    line = " ".join(template.split())
    return line if len(line) <= limit else f"{line[:limit].rstrip()}…"


def _unread(reading: LogsReading | None, now: float) -> str:
    """Why nothing is known; empty where something is."""
    if reading is None:
        return "The log was not read yet; that takes up to a minute."
    if reading.problem and not reading.lines:
        return f"The log cannot be read. {reading.problem}"
    if now - reading.at > STALE:
        return f"The log was last read {age(now - reading.at)}: how it stands now is not known."
    if not reading.lines:
        return "No line of the log has come yet. A log without lines tells nothing."
    if reading.problem and (reading.last is None or now - reading.last > STALE):
        return f"The log can no longer be read. {reading.problem}"
    return ""


def _errors(reading: LogsReading, now: float) -> str:
    found = reading.open
    back = sum(one.state is State.REGRESSED for one in found)
    new = sum(one.new is True and one.state is not State.REGRESSED for one in found)
    told: list[str] = []
    if new:
        told.append(f"{new} new since the deployment{_of_commit(reading)}")
    if back:
        told.append(f"{back} back after it was muted or resolved")
    more = f", {listed(told)}" if told else ""
    head = (
        f"{counted(len(found), 'kind')} of error {'is' if len(found) == 1 else 'are'} open{more}."
    )
    first = min(found, key=lambda one: (not is_bad(one, now), not _grows(one), -one.count))
    last = f", last {age(now - first.last)}" if first.last is not None else ""
    return f"{head} “{short(first.template)}”: {counted(first.count, 'line')}{last}."


def _of_commit(reading: LogsReading) -> str:
    return f" of {reading.commit[:12]}" if reading.commit else ""


def _silence(reading: LogsReading, now: float) -> str:
    quiet = duration(now - reading.last) if reading.last is not None else "a while"
    usual = duration(reading.usual_gap or 0)
    return (
        f"No line for {quiet}, although {usual} is usually the longest. A log that is silent tells "
        "nothing."
    )
