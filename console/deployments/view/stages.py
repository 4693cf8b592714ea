"""The five stages of one deployment, side by side."""

from datetime import tzinfo

import streamlit as st

from console.deployments.history import Snapshot
from console.deployments.model import (
    USUAL_NEEDS,
    Pace,
    Record,
    Verdict,
    Verification,
    stage_compared,
)
from console.deployments.verdict import left_of
from console.health.model import Status
from console.platforms.model import Stage, StageName, StageState, Trigger
from console.ui.format import plain
from console.words import NOTHING, clock, counted, duration, listed

CARD_WIDTH = 150  # pixels: two beside each other on a phone
NOTE_LIMIT = 90  # characters: four lines of a card

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


def stages(record: Record, snapshot: Snapshot, now: float, zone: tzinfo) -> None:
    """One card a stage: how it stands, how long it took, and whether that is usual."""
    with st.grid(5, min_column_width=CARD_WIDTH, gap="small"):
        for stage in record.stages:
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.markdown(f"**{_TITLES[stage.name]}** {_time(stage, now)}")
                st.markdown(_badge(stage, record))
                st.caption(_note(stage, record, snapshot, now, zone))


def _badge(stage: Stage, record: Record) -> str:
    found = record.verification
    if stage.name is StageName.VERIFY and found and found.verdict is Verdict.DEGRADED:
        return _DEGRADED
    return _BADGES[stage.state]


def _time(stage: Stage, now: float) -> str:
    seconds = stage.seconds(now)
    return NOTHING if seconds is None else short(seconds)


def short(seconds: float) -> str:
    """A stage's time: tenths of a second matter only where there are few seconds."""
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)


def _note(stage: Stage, record: Record, snapshot: Snapshot, now: float, zone: tzinfo) -> str:
    if stage.name is StageName.VERIFY and record.verification is not None:
        return _watched(record.verification, now, zone)
    if stage.state is StageState.FAILED:  # what failed is neither fast nor slow
        return "Why is told above; its log is below" if record.log else "Why is told above"
    if stage.name is StageName.PUSH or stage.seconds(now) is None:
        return plain(stage.detail, NOTE_LIMIT) or _hint(stage)
    if stage.name is StageName.BUILD and record.deployment.trigger is Trigger.ROLLBACK:
        return plain(stage.detail, NOTE_LIMIT) or "built before"
    found = stage_compared(stage.name, record, snapshot.records, now)
    if found.pace is Pace.NOT_KNOWN or found.usual is None:
        return plain(stage.detail, NOTE_LIMIT) or f"no usual time yet ({found.of} of {USUAL_NEEDS})"
    usual = f"usually {short(found.usual)}, of {found.of}"
    return usual if found.pace is Pace.USUAL else f"**{found.pace}**: {usual}"


def _watched(found: Verification, now: float, zone: tzinfo) -> str:
    """Of the watch: until when, or how much of what was looked at is well."""
    if found.verdict is Verdict.WATCHING:
        left = left_of(found, now)
        until = f"until {clock(found.until, now, zone)}"
        return f"{until}, {left.removesuffix('.')}" if left else "judged when its log is read"
    by = {one: [e.name for e in found.evidence if e.status is one] for one in Status}
    worse = [*by[Status.FAIL], *by[Status.WARN]]
    if worse:
        return f"worse: {listed(worse)}"
    unseen = f", {len(by[Status.UNKNOWN])} not known" if by[Status.UNKNOWN] else ""
    return f"{counted(len(by[Status.PASS]), 'thing')} well{unseen}"


def _hint(stage: Stage) -> str:
    if stage.state is StageState.WAITING:
        return "not begun"
    if stage.state is StageState.SKIPPED:
        return "did not happen"
    return "from commit to push" if stage.name is StageName.PUSH else "time not told"
