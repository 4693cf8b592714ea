"""One deployment closely: who, what and when, its stages, the log of what failed, the evidence."""

import streamlit as st

from console.deployments.act_auto import is_on
from console.deployments.history import Snapshot
from console.deployments.model import Evidence, Record, Verdict, Verification
from console.deployments.verdict import as_of, name_of
from console.deployments.view.stages import stages
from console.health.model import Status
from console.health.summary import Standing
from console.platforms.model import Capability, Trigger
from console.ui.format import plain, raw
from console.ui.page import Page
from console.ui.status import MARKS
from console.words import counted, moment

LOG_HEIGHT, LOG_LINES = 360, 18  # pixels of a log that has more lines than that
TELLERS = ("github", "hook")  # they tell of deployments and run nothing
_WORSE = (Status.FAIL, Status.WARN)
_BY = {
    Trigger.ROLLBACK: "a rollback",
    Trigger.REDEPLOY: "a redeploy",
    Trigger.SETTINGS: "a changed variable",
}


def detail(shown: Record, snapshot: Snapshot, page: Page, now: float, *, where: str = "") -> None:
    """Draw it; `where` it runs is a line of its own."""
    _facts(shown, page)
    if where:
        st.caption(where)
    stages(shown, snapshot, now, page.zone)
    _log(shown)
    if shown.verification is not None:
        _evidence(shown.verification, page)


def _facts(shown: Record, page: Page) -> None:
    """Who, what, when and where."""
    one = shown.deployment
    told = [
        f"**{plain(name_of(one))}** {plain(one.message.partition(chr(10))[0], 120)}".strip(),
        f"by {plain(one.author, 60)}" if one.author else "",
        f"on {plain(one.branch, 60)}" if one.branch else "",
        f"began {moment(one.created_at, page.zone)}",
        _BY.get(one.trigger, ""),
    ]
    st.markdown(" · ".join(part for part in told if part))


def where_it_runs(snapshot: Snapshot, page: Page) -> str:
    """Where the service runs, on how many instances, and what the console does by itself."""
    runs = snapshot.source == "platform" and page.service.platform not in TELLERS
    return (
        f"{'Runs on' if runs else 'Told by'} {plain(snapshot.platform)} · {_instances(snapshot)}"
        f"{_by_itself(page, snapshot)}"
    )


def _by_itself(page: Page, snapshot: Snapshot) -> str:
    """Whether the console goes back by itself, where that is set."""
    if not is_on(page.service, page.runtime.config.settings.auto_rollback):
        return ""
    if snapshot.source != "platform" or Capability.ROLLBACK.value in snapshot.missing:
        return " · **CONSOLE_AUTO_ROLLBACK** has no effect here: no rollback is offered"
    return " · what fails its watch is rolled back by itself"


def _instances(snapshot: Snapshot) -> str:
    range_ = snapshot.instances
    if range_ is None:
        return "the number of instances is not told"
    if range_.running is None:
        bounds = "" if range_.most is None else f", only its range: {range_.least} to {range_.most}"
        return f"the number of instances is not told{bounds}"
    text = counted(range_.running, "instance")
    if range_.automatic:
        return f"{text}, scaled between {range_.least} and {range_.most}"
    return text if range_.desired in (None, range_.running) else f"{text} of {range_.desired}"


def _evidence(found: Verification, page: Page) -> None:
    """All that was looked at; open while one may act on it."""
    counts = [
        (sum(one.status in which for one in found.evidence), word)
        for which, word in (
            ((Status.PASS,), "well"), (_WORSE, "worse"), ((Status.UNKNOWN,), "not known"),
        )
    ]  # fmt: skip
    told = ", ".join(f"{number} {word}" for number, word in counts if number)
    title = f"What the console looked at: {told or counted(0, 'thing')}"
    with st.expander(
        title, icon=":material/fact_check:", expanded=found.verdict is not Verdict.VERIFIED
    ):
        st.markdown("  \n".join(_line(one) for one in found.evidence))
        if found.judged_at:
            st.caption(as_of(found, page.zone))


def _line(one: Evidence) -> str:
    mark = MARKS[Standing(one.status.value)]
    needed = "" if one.required else " :small[:gray[(not required)]]"
    return f"{mark.badge} **{one.name}** {plain(one.sentence, 300)}{needed}"


def _log(shown: Record) -> None:
    if shown.log:
        title = "The end of the log of the stage that failed"
        with st.expander(title, icon=":material/subject:", expanded=True):
            height = LOG_HEIGHT if shown.log.count("\n") > LOG_LINES else "content"
            st.code(raw(shown.log), language=None, wrap_lines=True, height=height)
