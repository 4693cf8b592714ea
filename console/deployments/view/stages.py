"""The five stages of one deployment, side by side."""

import streamlit as st

from console.deployments.history import Snapshot
from console.deployments.model import Pace, Record, Verdict, stage_compared
from console.platforms.model import Stage, StageName, StageState, Trigger
from console.ui.format import plain
from console.words import NOTHING, duration

CARD_WIDTH, CARD_HEIGHT = 150, 176  # pixels
NOTE_LIMIT = 46  # characters; the verdict above and the log below tell all of it

_TITLES = {
    StageName.PUSH: "Push",
    StageName.DETECT: "Detect",
    StageName.BUILD: "Build",
    StageName.DEPLOY: "Deploy",
    StageName.VERIFY: "Verify",
}
# Never a colour alone: an icon and a word.
_BADGES = {
    StageState.WAITING: ":gray-badge[:material/more_horiz: Waiting]",
    StageState.RUNNING: ":blue-badge[:material/progress_activity: Running]",
    StageState.DONE: ":green-badge[:material/check_circle: Done]",
    StageState.FAILED: ":red-badge[:material/error: Failed]",
    StageState.SKIPPED: ":gray-badge[:material/skip_next: Skipped]",
    StageState.UNKNOWN: ":gray-badge[:material/help: Unknown]",
}
_DEGRADED = ":orange-badge[:material/warning: Degraded]"


def stages(record: Record, snapshot: Snapshot, now: float) -> None:
    """One card a stage: how it stands, how long it took, and whether that is usual."""
    with st.grid(5, min_column_width=CARD_WIDTH, row_height=CARD_HEIGHT, gap="small"):
        for stage in record.stages:
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{_TITLES[stage.name]}**  \n{_badge(stage, record)}")
                st.markdown(_time(stage, now))
                st.caption(_note(stage, record, snapshot, now))


def _badge(stage: Stage, record: Record) -> str:
    found = record.verification
    if stage.name is StageName.VERIFY and found and found.verdict is Verdict.DEGRADED:
        return _DEGRADED
    return _BADGES[stage.state]


def _time(stage: Stage, now: float) -> str:
    seconds = stage.seconds(now)
    return f"**{NOTHING if seconds is None else _short(seconds)}**"


def _short(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)


def _note(stage: Stage, record: Record, snapshot: Snapshot, now: float) -> str:
    told = stage.name in (StageName.PUSH, StageName.VERIFY) or stage.state is StageState.FAILED
    if told or stage.seconds(now) is None:  # what failed is neither fast nor slow
        return plain(stage.detail, NOTE_LIMIT) or _hint(stage)
    if stage.name is StageName.BUILD and record.deployment.trigger is Trigger.ROLLBACK:
        return plain(stage.detail, NOTE_LIMIT) or "built before"
    found = stage_compared(stage.name, record, snapshot.records, now)
    if found.pace is Pace.NOT_KNOWN or found.usual is None:
        return plain(stage.detail, NOTE_LIMIT) or "no usual time yet"
    usual = f"usually {_short(found.usual)}, of {found.of}"
    return usual if found.pace is Pace.USUAL else f"{found.pace}: {usual}"


def _hint(stage: Stage) -> str:
    if stage.state is StageState.WAITING:
        return "not begun"
    if stage.state is StageState.SKIPPED:
        return "did not happen"
    return "from commit to push" if stage.name is StageName.PUSH else "time not told"
