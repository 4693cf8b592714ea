"""What log, settings and single-item runs say of a deployment. Pure.

None of it is required: a service may have no log, no settings class and no run. But a run that
passed before and fails since is a failure like any other.
"""

from collections.abc import Sequence

from console.controls.rules import NOT_COMPARABLE
from console.controls.runs import Run, fingerprint_of, sentence
from console.deployments.model import Evidence
from console.deployments.watch import LOG, RUN, SETTINGS
from console.health.model import Status
from console.health.summary import Standing
from console.instances.model import Heard, started
from console.logs.model import LogsReading, PatternReading
from console.settings.model import Severity
from console.settings.overview import Overview
from console.words import age, counted, duration

KNOWN_BEFORE = 600.0  # seconds of lines before a deployment, or nothing can be called new
# Seconds that lines may be on their way, and that an instance that was replaced may still write.
ON_THE_WAY = 5.0
QUOTED = 120  # characters of a pattern


def of_log(
    reading: LogsReading | None,
    begun: float,
    live: float,
    now: float,
    until: float | None = None,
    apart: Sequence[tuple[float, float]] = (),
) -> Evidence:
    """Whether the log has an error since `begun` that it never had before (Unix seconds).

    Not known before the log is read up to `until`, the end of the watch. An error that began in
    one of the spans `apart`, while a version ran that was found worse, is new for all that.
    """
    if reading is None or not reading.sources:
        return _unknown(LOG, "No log is read.")
    if reading.problem and not reading.lines:
        return _unknown(LOG, f"The log cannot be read: {reading.problem}")
    covered = reading.at >= (live if until is None else until + ON_THE_WAY)
    pending = until is not None and now >= until and not covered
    if reading.at < live or reading.last is None or reading.last < live:
        return _unknown(LOG, "No line was read since it went live.", pending=pending)
    fresh = [one for one in reading.open if _is_new(one, reading, begun, live, apart)]
    if reading.known_since is None or reading.known_since > begun - KNOWN_BEFORE:
        if covered and not any(one.last is not None and one.last >= begun for one in reading.open):
            return Evidence(LOG, Status.PASS, "No open error pattern since.", required=False)
        since = reading.known_since
        known = "of no time" if since is None else f"of the last {duration(now - since)} only"
        return _unknown(LOG, f"Whether an error is new cannot be told: lines are known {known}.")
    if fresh:
        told = f"{counted(len(fresh), 'error pattern')} not seen before: "
        told += f"{fresh[0].template[:QUOTED]} ({fresh[0].count:,} times)."
        return Evidence(LOG, Status.WARN, told, required=False)
    if not covered:
        told = f"No new error pattern so far; the log was read {age(now - reading.at)}."
        return _unknown(LOG, told, pending=pending)
    if reading.silent:
        return _unknown(LOG, "The log is silent for longer than usual: that proves nothing.")
    return Evidence(LOG, Status.PASS, "No error pattern that was not seen before.", required=False)


def _is_new(
    one: PatternReading,
    reading: LogsReading,
    begun: float,
    live: float,
    apart: Sequence[tuple[float, float]],
) -> bool:
    seen = reading.seen.get(one.key)
    returned = seen.returned if seen else None
    first = one.first if seen is None else seen.first
    if any(at is not None and at >= begun for at in (first, returned)):
        return True
    if one.last is None or one.last < live + ON_THE_WAY:
        return False
    return any(
        at is not None and start <= at <= end for at in (first, returned) for start, end in apart
    )


def of_settings(found: Overview | None, read_at: float, live: float) -> Evidence:
    """Whether the settings of the running instances are valid: a remark is no error."""
    if found is None:
        return _unknown(SETTINGS, "No instance reports its settings.")
    if read_at < live:
        return _unknown(SETTINGS, "The settings were not read since it went live.")
    if found.standing is Standing.FAIL:
        return Evidence(SETTINGS, Status.FAIL, found.sentence, required=False)
    if found.standing is Standing.UNKNOWN:
        return _unknown(SETTINGS, found.sentence)
    warnings = found.count(Severity.WARN)
    told = f"{found.present} of {counted(found.total, 'variable')} set, no error"
    told += f", {counted(warnings, 'warning')}." if warnings else "."
    return Evidence(SETTINGS, Status.PASS, told, required=False)


def of_run(runs: Sequence[Run], alive: Sequence[Heard], live: float, now: float) -> Evidence:
    """Whether a single item went through since, with the settings that run; `runs` newest first."""
    since = [one for one in runs if one.at >= live and one.state in ("ended", "unknown")]
    if not since:
        return _unknown(RUN, "No single item was run since it went live.")
    last = since[0]
    told = f"{age(now - last.at)}: {sentence(last)}"
    if not last.passed:
        if last.uncertain:
            return _unknown(RUN, told)
        earlier = next(
            (one for one in runs if one.item == last.item and one.at < live and not one.uncertain),
            None,
        )
        broke = earlier is not None and earlier.passed
        if broke:
            return Evidence(RUN, Status.FAIL, f"{told} It went through before.", required=True)
        return Evidence(RUN, Status.WARN, told, required=False)
    prints = fingerprint_of({one.beat.settings for one in alive if one.beat})
    same = prints == last.fingerprint and prints not in ("", NOT_COMPARABLE)
    older = bool(alive) and all(0.0 < started(one) <= last.at for one in alive)
    if same or (older and last.fingerprint in ("", NOT_COMPARABLE, prints)):
        return Evidence(RUN, Status.PASS, told, required=False)
    why = "whether with the settings that run now cannot be told"
    if prints not in ("", NOT_COMPARABLE) and last.fingerprint not in ("", NOT_COMPARABLE):
        why = "with other settings than run now"
    return _unknown(RUN, f"{told.rstrip('.')}, but {why}.")


def _unknown(name: str, told: str, *, pending: bool = False) -> Evidence:
    return Evidence(name, Status.UNKNOWN, told, required=False, pending=pending)
