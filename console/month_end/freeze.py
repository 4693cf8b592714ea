"""Deployments in the freeze of a closing: those seen and those planned. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, tzinfo

from console.deployments.history import Snapshot as Deployments
from console.deployments.history import happened
from console.health.summary import Standing
from console.month_end.calendar import Closing, moment_of
from console.platforms.model import DeploymentState
from console.words import clock, counted, listed

NOON = time(12)  # of a day that is planned without a time
TITLE_LIMIT = 80  # characters of what is planned
MOST_PLANNED = 50
SHORT = 7  # characters of a hash


@dataclass(frozen=True, slots=True)
class Deployed:
    """Something that began to run, and when (Unix seconds)."""

    what: str
    at: float
    running: bool = False  # the roll-out is still under way
    failed: bool = False  # it did not go live


@dataclass(frozen=True, slots=True)
class Planned:
    """A deployment that somebody means to make, in the time zone of the console."""

    day: date
    at: time
    what: str


def read_planned(text: str) -> tuple[Planned, ...]:
    """`2026-11-27 10:00 Invoice layout; 2026-12-03 Payroll`. Raises ValueError."""
    found: list[Planned] = []
    for part in (one.strip() for one in text.split(";") if one.strip()):
        day, _, rest = part.partition(" ")
        clock_, _, what = rest.strip().partition(" ")
        try:
            at = time.fromisoformat(clock_) if ":" in clock_ else None
            what = " ".join((what if at else rest).split())[:TITLE_LIMIT]
            found.append(Planned(date.fromisoformat(day), at or NOON, what or "a deployment"))
        except ValueError:
            raise ValueError(
                "is deployments between semicolons, as 2026-11-27 10:00 Invoice layout"
            ) from None
    if len(found) > MOST_PLANNED:
        raise ValueError(f"has more than {MOST_PLANNED} deployments")
    return tuple(found)


def deployed_of(told: Deployments) -> tuple[Deployed, ...]:
    """What the platform tells: each with the time from which it changed what runs."""
    found: list[Deployed] = []
    for record in happened(told):
        one = record.deployment
        name = one.commit[:SHORT] or one.id
        title = one.message.partition("\n")[0].strip()[:TITLE_LIMIT]
        what = f"{name} “{title}”" if title else name
        running = one.state is DeploymentState.RUNNING
        failed = one.state in (DeploymentState.FAILED, DeploymentState.SUPERSEDED)
        began = one.created_at if running or failed else record.live_at
        found.append(Deployed(what, began or one.created_at, running, failed))
    return tuple(found)


def freeze(
    closing: Closing,
    deployed: Sequence[Deployed] | None,
    planned: Sequence[Planned],
    now: float,
    zone: tzinfo,
) -> list[tuple[Standing, str, str]]:
    """What the freeze says: status, what it is about, and a sentence. `deployed` is None where
    nobody tells of deployments."""
    since, until = (clock(one, now, zone) for one in (closing.freeze_from, closing.freeze_until))
    found: list[tuple[Standing, str, str]] = []
    inside = [one for one in deployed or () if closing.frozen(one.at)]
    if inside:
        told = listed([f"{one.what} ({_when(one, now, zone)})" for one in inside])
        found.append((Standing.WARN, "Deployments in the freeze", f"{told}."))
    ahead = [
        (moment, one)
        for one in planned
        if (moment := moment_of(one.day, one.at, zone)) >= now and closing.frozen(moment)
    ]
    if ahead:
        told = listed([f"{one.what} ({clock(moment, now, zone)})" for moment, one in ahead])
        text = f"{told}. Nothing is to be deployed from {since} to {until}: move it."
        found.append((Standing.WARN, "Planned in the freeze", text))
    return found or [_quiet(closing, deployed, planned, now, (since, until))]


def _quiet(
    closing: Closing,
    deployed: Sequence[Deployed] | None,
    planned: Sequence[Planned],
    now: float,
    words: tuple[str, str],
) -> tuple[Standing, str, str]:
    """What is said where nothing was found in it."""
    since, until = words
    if now < closing.freeze_from:
        told = f"Nothing is to be deployed from {since} to {until}."
        if not planned:
            more = "What is planned is not known: list it in CONSOLE_CLOSING_PLANNED."
            return Standing.UNKNOWN, "Freeze", f"{told} {more}"
        outside = counted(len(planned), "planned deployment")
        return Standing.PASS, "Freeze", f"{told} {outside}, none inside of it."
    if deployed is None:
        return Standing.UNKNOWN, "Freeze", "Whether something was deployed is not known."
    state = f"holds until {until}" if now < closing.freeze_until else f"ended {until}"
    return Standing.PASS, "Freeze", f"It {state}; no deployment was seen in it."


def _when(one: Deployed, now: float, zone: tzinfo) -> str:
    at = clock(one.at, now, zone)
    if one.running:
        return f"is being rolled out since {at}"
    return f"failed {at}" if one.failed else at
