"""The deployments of a service in one sentence. Pure."""

from datetime import tzinfo

from console.deployments.history import READING_OLD, Snapshot
from console.deployments.model import Record, Verdict, Verification
from console.health.summary import Standing
from console.platforms.model import Deployment, DeploymentState
from console.words import age, duration, moment, sentence

SHORT = 7  # characters of a hash
# Seconds after which a deployment that is not over is worth a look, its build among them: Render
# gives one up after 15 min of failing health checks, Kubernetes after 10 min without progress.
STUCK_AFTER = 30 * 60.0
MINUTES_ALONE = 60  # from which on nobody counts seconds

STANDING_OF = {
    Verdict.WATCHING: Standing.UNKNOWN,
    Verdict.VERIFIED: Standing.PASS,
    Verdict.DEGRADED: Standing.WARN,
    Verdict.FAILED: Standing.FAIL,
    Verdict.NOT_KNOWN: Standing.UNKNOWN,
}


def summarise(snapshot: Snapshot | None, now: float) -> tuple[Standing, str]:
    """How the newest deployment stands, and why."""
    if snapshot is None:
        return Standing.UNKNOWN, "Nothing was read of the platform yet."
    if snapshot.problem:
        known = f" Last known {age(now - snapshot.at)}." if snapshot.at else ""
        return Standing.UNKNOWN, f"{sentence(snapshot.problem)}{known}"
    if now - snapshot.at > READING_OLD:
        old = duration(now - snapshot.at)
        return Standing.UNKNOWN, f"How deployments stand is not known: nothing was read for {old}."
    if not snapshot.records:
        return Standing.UNKNOWN, f"There is no deployment on {snapshot.platform} yet."
    return standing_of(snapshot.records[0], snapshot, now)


def standing_of(record: Record, snapshot: Snapshot, now: float) -> tuple[Standing, str]:
    """How one deployment stands."""
    one = record.deployment
    name = name_of(one)
    ago = age(now - (one.ended_at or one.created_at))
    match one.state:
        case DeploymentState.RUNNING:
            stage = one.current
            at = f": {stage.name}" if stage else ""
            took = now - one.created_at
            if took > STUCK_AFTER:
                told = f"{name} is being deployed for {duration(took)}{at}, and does not come"
                return Standing.WARN, f"{told} to an end. {stage.detail if stage else ''}".strip()
            detail = sentence(stage.detail) if stage and stage.detail else ""
            return Standing.UNKNOWN, f"{name} is being deployed{at}. {detail}".strip()
        case DeploymentState.FAILED:
            return Standing.FAIL, f"{name} failed {ago}. {one.reason}".strip()
        case DeploymentState.ROLLED_BACK:
            return Standing.FAIL, f"{name} was rolled back {ago}. {one.reason}".strip()
        case DeploymentState.LIVE | DeploymentState.REPLACED:
            when = age(now - (record.live_at or one.created_at))
            if record.verification is None:
                return Standing.UNKNOWN, f"{name} went live {when}; {unwatched(record, snapshot)}"
            found = record.verification
            parts = (f"{name} went live {when}.", found.sentence, left_of(found, now))
            told = " ".join(part for part in (*parts, clock_of(record)) if part)
            return STANDING_OF[found.verdict], told
        case DeploymentState.SUPERSEDED:
            return Standing.UNKNOWN, f"{name} was given up {ago}. {one.reason}".strip()
        case DeploymentState.UNKNOWN:
            said = f" The platform says {one.raw_state!r}." if one.raw_state else ""
            return Standing.UNKNOWN, f"How {name} stands is not known.{said}"


def clock_of(record: Record) -> str:
    """What is wrong with the times that its platform tells; empty where nothing is."""
    off = record.clock_ahead
    if off > 0:
        return f"The clock of its platform is {duration(off)} ahead; times are by the console's."
    if off < 0:
        told = f"It was told {duration(-off)} after it was live by its platform's clock"
        return f"{told}: that clock is behind, or it was told late. It is watched from then on."
    return ""


def as_of(found: Verification, zone: tzinfo) -> str:
    """When the evidence was looked at: it does not change any more once the verdict fell."""
    at = moment(found.judged_at, zone)
    if found.verdict is Verdict.WATCHING:
        return f"As of {at}; looked at again while the watch goes on."
    return f"As of {at}, when the verdict fell. What happened later is not in it."


def left_of(found: Verification, now: float) -> str:
    """For how long it is watched yet, to the second, so that one sees it go on; empty where not."""
    left = found.until - now
    if found.verdict is not Verdict.WATCHING or left < 1:
        return ""
    minutes, seconds = divmod(int(left), 60)
    if minutes >= MINUTES_ALONE:
        return f"{duration(left)} left."
    return f"{minutes} min {seconds} s left." if minutes else f"{seconds} s left."


def is_live(record: Record) -> bool:
    """Whether this is the version that runs."""
    return record.deployment.state is DeploymentState.LIVE


def unwatched(record: Record, snapshot: Snapshot) -> str:
    """Why a deployment that is live has no verdict."""
    live = record.live_at
    if live is None:
        return "when exactly is not told, so it is not verified."
    if live >= snapshot.known_since:
        return "the console begins to watch it."
    return "that was before the console looked, so it is not verified."


def name_of(one: Deployment) -> str:
    """What a page calls a deployment."""
    return one.commit[:SHORT] or one.id
