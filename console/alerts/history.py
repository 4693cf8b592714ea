"""What the history of alerts adds up to, and the same as a table for a spreadsheet. Pure."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from statistics import median

from console.alerts.episode import Episode, Told
from console.alerts.record import Telling
from console.words import counted, duration, listed

NOISY = 3  # so often within a window, and an alert is named as one that comes again and again
NAMES = 3

_COLUMNS = (
    "began", "fired", "resolved", "lasted_seconds", "alert", "status", "what", "because_of",
    "taken_by", "taken_at", "taken_why", "messages", "delivered", "not_delivered", "maintenance",
)  # fmt: skip
_WORDS = {
    Telling.FIRED: "fired",
    Telling.WORSE: "worse",
    Telling.REMINDER: "reminder",
    Telling.ACKNOWLEDGED: "taken",
    Telling.REFIRED: "fired again",
    Telling.RESOLVED: "resolved",
    Telling.LAPSED: "no longer known",
    Telling.FLAPPING: "unsteady",
    Telling.STEADY: "steady",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def figures(episodes: Sequence[Episode]) -> str:
    """How many alerts there were, how fast they were taken and resolved, and which come again."""
    if not episodes:
        return "No alert fired in this window."
    over = [one for one in episodes if one.resolved_at is not None]
    lasted = [one.lasted(0.0) for one in over if not one.lapsed]
    lapsed = sum(one.lapsed for one in over)
    taken = [one.taken[0].at - one.fired_at for one in episodes if one.taken]
    parts = [counted(len(episodes), "alert")]
    if lasted:
        parts.append(_within("resolved", lasted))
    if lapsed:
        parts.append(f"{lapsed:,} no longer known")
    if taken:
        parts.append(_within("acknowledged", taken))
    told = f"{'; '.join(parts)}."
    often = [
        f"{title} ({number} times)"
        for title, number in Counter(one.title for one in episodes).most_common(NAMES)
        if number >= NOISY
    ]
    return f"{told} Most often: {listed(often, NAMES)}." if often else told


def _within(what: str, seconds: Sequence[float]) -> str:
    """`1 resolved, after 40 s` or `3 resolved, half of them within 40 s`."""
    after = duration(max(0.0, median(seconds)))
    how = f"after {after}" if len(seconds) == 1 else f"half of them within {after}"
    return f"{len(seconds):,} {what}, {how}"


def told_words(episode: Episode, has_channels: bool = True) -> str:
    """What people were told, in words: `fired, taken, resolved`; why not, where they were not."""
    if episode.told:
        counts = Counter(one.telling for one in episode.told)
        parts = [
            _WORDS[telling] if number == 1 else f"{number} × {_WORDS[telling]}"
            for telling, number in counts.items()
        ]
        return ", ".join(parts)
    if episode.planned:
        return "nobody: under maintenance"
    if episode.explained_by:
        return f"not by itself: because of {episode.explained_by}"
    return "nobody" if has_channels else "nobody: there is no channel"


def delivered(told: Iterable[Told]) -> tuple[int, int, int]:
    """Deliveries that arrived, that did not, and that are on their way."""
    each = list(told)
    sent, lost = sum(one.sent for one in each), sum(one.lost for one in each)
    return sent, lost, max(0, sum(one.channels for one in each) - sent - lost)


def as_csv(episodes: Iterable[Episode], zone: tzinfo, now: float) -> str:
    """One episode a row; times in ISO 8601 with their zone. No cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in episodes:
        taken = one.taken[-1] if one.taken else None
        sent, lost, _ = delivered(one.told)
        cells = (
            _time(one.began_at, zone), _time(one.fired_at, zone), _time(one.resolved_at, zone),
            round(one.lasted(now), 1), one.title, one.status.value, one.summary, one.explained_by,
            taken.by if taken else "", _time(taken.at if taken else None, zone),
            taken.why if taken else "", len(one.told), sent, lost, "yes" if one.planned else "no",
        )  # fmt: skip
        writer.writerow([_cell(value) for value in cells])
    return out.getvalue()


def _time(at: float | None, zone: tzinfo) -> str:
    return "" if at is None else datetime.fromtimestamp(at, zone).isoformat(timespec="seconds")


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
