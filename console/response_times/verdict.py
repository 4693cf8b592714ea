"""What a window of response times says, in one or two sentences. Pure; plain text."""

from dataclasses import dataclass

from console.health.model import Status
from console.health.sleep import may_sleep
from console.response_times.analysis import Analysis
from console.response_times.compare import Difference, differences, moved
from console.response_times.model import MIN_SAMPLES, Percentile
from console.response_times.outcomes import in_words
from console.response_times.slo import Slo
from console.words import DAY, HOUR, counted, duration, error_share, response_time

SLOWER = 0.25  # more than 1.25 times as long as before is worth a look (checklist item D3)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status and the sentences that explain it."""

    status: Status
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(self.sentences)


def verdict(found: Analysis, window: str) -> Verdict:
    """How fast it was in the window (said as `in the last 24 h`), and whether that is well."""
    shown = [one for one in found.percentiles[:2] if one.value is not None]
    if not shown:
        return Verdict(Status.UNKNOWN, (_too_few(found, window),))
    told = [
        (_pace(shown[-1], found), _speed(shown[-1], found, window)),
        *_slowness(shown[-1], found),
        *_errors(found),
        *_budget(found.slo),
        *_silence(found),
    ]
    statuses = {status for status, _ in told}
    worst = next(status for status in _WORST_FIRST if status in statuses)
    return Verdict(worst, tuple(sentence for _, sentence in told))


_WORST_FIRST = (Status.FAIL, Status.UNKNOWN, Status.WARN, Status.PASS)


def few(percentile: Percentile) -> str:
    """Why a percentile is not shown: `n = 12, needs 59`."""
    return f"n = {percentile.samples:,}, needs {percentile.needs:,}"


def change(difference: Difference, ratio: float, then: str) -> str:
    """How a percentile moved, against `then` (`the period before`)."""
    before = response_time(difference.then.value)
    if not difference.clear:
        return f"no clear change from {then} ({before})"
    return f"{moved(ratio)} than {then} ({before})"


def stretch(seconds: float) -> str:
    """How long a window is, after `the last`: `hour`, `24 hours`, `7 days`."""
    if seconds <= 2 * DAY:
        hours = f"{seconds / HOUR:.4g}"
        return "hour" if hours == "1" else f"{hours} hours"
    return f"{seconds / DAY:.4g} days"


def times(rate: float) -> str:
    """A burn rate: `2.4 times`, `14 times`."""
    return f"{rate:,.0f} times" if rate >= 10 else f"{rate:.1f} times"


def _pace(best: Percentile, found: Analysis) -> Status:
    """Warns of what is clearly slower than in every earlier window that is known.

    One of them alone may differ by the time of day or the day of the month.
    """
    pairs = [
        pair
        for one in found.earlier
        for pair in differences(found.percentiles, one.percentiles)
        if pair.now is best and pair.ratio is not None
    ]
    slower = [pair for pair in pairs if pair.clear and (pair.ratio or 0.0) > SLOWER]
    return Status.WARN if pairs and len(slower) == len(pairs) else Status.PASS


def _speed(best: Percentile, found: Analysis, window: str) -> str:
    share = "95 of 100" if best.quantile == 0.95 else "Half of the"
    sentence = f"{share} answers came within {response_time(best.value)} {window}"
    before = found.earlier[0] if found.earlier else None
    pairs = differences(found.percentiles, before.percentiles) if before else ()
    pair = next((one for one in pairs if one.now is best), None)
    if before is None or pair is None or pair.ratio is None:
        return f"{sentence}."
    return f"{sentence}: {change(pair, pair.ratio, before.stretch.name)}."


def _slowness(best: Percentile, found: Analysis) -> list[tuple[Status, str]]:
    check = found.question.check
    if check is None or found.question.series.phase or best.value is None:
        return []
    if best.value <= check.slow_after:
        return []
    return [(Status.WARN, f"That is slower than the {response_time(check.slow_after)} allowed.")]


def _errors(found: Analysis) -> list[tuple[Status, str]]:
    """Answers may be fast while others do not come at all. Told where the objective is missed."""
    check, counts = found.question.check, found.counts
    share = counts.bad_share
    if check is None or share is None or share <= 1 - check.objective:
        return []
    of = counted(counts.results, "probe")
    return [(Status.WARN, f"{error_share(share)} of {of} were not ok: {in_words(counts)}.")]


def _budget(judged: Slo | None) -> list[tuple[Status, str]]:
    if judged is None:
        return []
    for burn in judged.burns:
        if burn.status in (Status.FAIL, Status.WARN) and burn.rate is not None:
            rate, long = times(burn.rate), stretch(burn.rule.long)
            return [(burn.status, f"Its error budget burned {rate} too fast in the last {long}.")]
    left = judged.budget.left
    return [(Status.WARN, "Its error budget is spent.")] if left is not None and left <= 0 else []


def _silence(found: Analysis) -> list[tuple[Status, str]]:
    """Whether the end of the window has no results, though it should have some."""
    ask, check, newest = found.question, found.question.check, found.newest
    if check is None or newest is None:
        return []
    allowed = check.stale_after + ask.flush_interval
    if may_sleep(check, ask.service):
        allowed += ask.service.wake_interval
    silent = ask.until - newest
    if silent <= allowed:
        return []
    return [(Status.UNKNOWN, f"The last {duration(silent)} of it have no result.")]


def _too_few(found: Analysis, window: str) -> str:
    counts = found.counts
    if counts.results == 0:
        return f"No results {window}."
    if counts.samples:
        return (
            f"{counted(counts.samples, 'response time')} {window}; "
            f"at least {MIN_SAMPLES} are needed to say anything."
        )
    if counts.bad < counts.results:  # a job that does not say how long it took
        return f"No response times {window}: its {counted(counts.results, 'result')} carry none."
    probes = counted(counts.results, "probe")
    return f"No response times {window}: none of {probes} got an answer ({in_words(counts)})."
