"""The table of deployments."""

from console.deployments.history import Snapshot
from console.deployments.model import REACHED, Pace, Record, Verdict, stage_compared
from console.deployments.verdict import STANDING_OF, name_of
from console.health.summary import Standing
from console.platforms.model import DeploymentState, StageName, Trigger
from console.ui.format import raw
from console.ui.page import Page
from console.ui.status import MARKS
from console.ui.tables import number_column, rows, status_column, text_column
from console.words import NOTHING, moment

MOST_ROWS = 50
STATUS_WIDTH, MESSAGE_WIDTH, WHO_WIDTH, WHY_WIDTH = 112, 180, 120, 260  # pixels

WATCHING_WORD = "Watching"  # neither good nor bad, and not a question either
WATCHING = f"◌ {WATCHING_WORD}"

_ENDED = {
    DeploymentState.FAILED: Standing.FAIL,
    DeploymentState.ROLLED_BACK: Standing.FAIL,
}


def table(snapshot: Snapshot, page: Page, now: float) -> None:
    """Draw it, newest first."""
    shown = snapshot.records[:MOST_ROWS]

    def seconds(name: StageName) -> list[float | None]:
        return [one.deployment.stage(name).seconds(now) for one in shown]

    rows(
        {
            "status": [[pill_of(one)] for one in shown],
            "commit": [raw(name_of(one.deployment)) for one in shown],
            "message": [raw(one.deployment.message.partition("\n")[0], 100) for one in shown],
            "state": [state_of(one) for one in shown],
            "why": [raw(why_of(one), 200) for one in shown],
            "author": [raw(one.deployment.author or NOTHING, 60) for one in shown],
            "began": [moment(one.deployment.created_at, page.zone) for one in shown],
            "trigger": [one.deployment.trigger.value for one in shown],
            "build": seconds(StageName.BUILD),
            "deploy": seconds(StageName.DEPLOY),
            "pace": [_pace(one, snapshot, now) for one in shown],
        },
        {
            "status": status_column(more={WATCHING: "blue"}, width=STATUS_WIDTH),
            "commit": text_column("Commit", pinned=True),
            "message": text_column("Message", width=MESSAGE_WIDTH),
            "state": text_column("State"),
            "why": text_column("Why", width=WHY_WIDTH),
            "author": text_column("Who", width=WHO_WIDTH),
            "began": text_column("Began"),
            "trigger": text_column("Trigger"),
            "build": number_column("Build", "s", "How long the build took", 1),
            "deploy": number_column("Deploy", "s", "Until the platform called it live", 1),
            "pace": text_column("Beside the usual"),
        },
        key="deployments_table",
        alt="The deployments, newest first, with commit, state, durations and reason",
    )


def pill_of(record: Record) -> str:
    """How it stands, as the table shows it."""
    return WATCHING if is_watched(record) else MARKS[standing(record)].pill


def is_watched(record: Record) -> bool:
    """Whether its verdict is open, and can still come."""
    found = record.verification
    watching = found is not None and found.verdict is Verdict.WATCHING
    return watching and record.deployment.state not in _ENDED


def standing(record: Record) -> Standing:
    """How it ended, by platform and verdict."""
    if record.deployment.state in _ENDED:
        return _ENDED[record.deployment.state]
    found = record.verification
    return STANDING_OF[found.verdict] if found else Standing.UNKNOWN


def state_of(record: Record) -> str:
    """How it ended, and what the console found of it: `live, verified`."""
    found = record.verification
    verdict = f", {found.verdict}" if found and found.verdict is not Verdict.WATCHING else ""
    return f"{record.deployment.state}{verdict}"


def _pace(record: Record, snapshot: Snapshot, now: float) -> str:
    """Which stage took another time than usual, of one that went live."""
    if record.deployment.state not in REACHED:
        return ""
    told: list[str] = []
    for stage in (StageName.BUILD, StageName.DEPLOY):
        found = stage_compared(stage, record, snapshot.records, now)
        rebuilt = stage is StageName.BUILD and record.deployment.trigger is Trigger.ROLLBACK
        if found.pace in (Pace.SLOWER, Pace.FASTER) and not rebuilt:
            told.append(f"{stage} {'slower' if found.pace is Pace.SLOWER else 'faster'}")
    return ", ".join(told)


def why_of(record: Record) -> str:
    """Why it ended so: the platform's reason, else the verdict's sentence."""
    if record.deployment.reason:
        return record.deployment.reason
    return record.verification.sentence if record.verification else ""
