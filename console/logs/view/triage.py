"""The errors, pattern by pattern, with what they have in common; live for a service's own log."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from console.health.summary import Standing
from console.logs.model import (
    Decision,
    Diagnosis,
    Level,
    LogsReading,
    Names,
    PatternReading,
    State,
    Trend,
)
from console.logs.summary import urgency, with_decisions
from console.logs.times import FUTURE
from console.logs.verdict import (
    TEMPLATE_LIMIT,
    judge,
    lift,
    named,
    share_words,
    span_words,
    sparkline,
)
from console.logs.view.pattern import detail
from console.ui.format import plain
from console.ui.page import Page
from console.ui.status import alert
from console.ui.tables import sheet
from console.words import DAY, NOTHING, age, clock, counted, duration, listed

SHOWN = 8  # patterns, before somebody asks for all
PATTERN = "pattern"  # in the URL: the one whose details are open
ALL = "logs_all_patterns"  # in the session's state
CARD_WIDTH = 150  # pixels

BADGES = {
    State.REGRESSED: ":red-badge[:material/undo: Back]",
    State.MUTED: ":gray-badge[:material/notifications_off: Muted]",
    State.RESOLVED: ":green-badge[:material/task_alt: Resolved]",
}
NEW = ":red-badge[:material/fiber_new: New]"
TRENDS = {
    Trend.RISING: ":orange-badge[:material/trending_up: Rising]",
    Trend.FALLING: ":gray-badge[:material/trending_down: Falling]",
}


def service_triage(
    page: Page, reading: LogsReading | None, decisions: Sequence[Decision], now: float
) -> None:
    """Draw the verdict, the figures and the patterns of a service's log."""
    if reading is not None:
        told = [with_decisions(one, reading.seen, decisions, now) for one in reading.patterns]
        reading = replace(reading, patterns=tuple(sorted(told, key=urgency)))
    verdict = judge(reading, now)
    area = f"  \n{plain(verdict.area)}" if verdict.area else ""
    alert(verdict.standing, plain(verdict.sentence) + area)
    if reading is None or not reading.sources:
        return
    if reading.problem and verdict.standing is not Standing.UNKNOWN:
        st.caption(f":material/cloud_off: {plain(reading.problem)}")
    if not reading.lines:
        return
    _figures(page, reading, now)
    patterns(page, reading.patterns, now, left_out=reading.left_out, decide=True)
    causes(reading.diagnosis)


def patterns(
    page: Page,
    found: Sequence[PatternReading],
    now: float,
    *,
    left_out: int = 0,
    decide: bool = False,
) -> None:
    """Draw the patterns, the most urgent first."""
    if not found:
        return
    st.subheader("Kinds of error", anchor=False)
    chosen = st.query_params.get(PATTERN, "")
    every = bool(st.session_state.get(ALL)) or any(one.id == chosen for one in found[SHOWN:])
    for one in found if every else found[:SHOWN]:
        with st.container(border=True, gap="small"):
            _row(page, one, now, opened=one.id == chosen)
            if one.id == chosen:
                detail(page, one, now, decide=decide)
    if len(found) > SHOWN:
        label = "Show fewer" if every else f"Show all {len(found)}"
        st.button(label, key="logs_more", type="tertiary", on_click=_toggle_all, args=(chosen,))
    if left_out:
        st.caption(f"{counted(left_out, 'kind')} more that came less often are not listed.")


def causes(diagnosis: Diagnosis | None) -> None:
    """Draw which values the errors have more often than other lines."""
    if diagnosis is None or not diagnosis.causes:
        return
    with st.container(border=True):
        st.subheader("What the errors have in common", anchor=False)
        sheet(
            {
                "Field and value": [plain(named(one), 120) for one in diagnosis.causes],
                "Errors with it": [
                    f"{one.support:,} ({100 * one.share:.0f} %)" for one in diagnosis.causes
                ],
                "Other lines with it": [
                    share_words(one.share_of_others) for one in diagnosis.causes
                ],
                "Lift": [lift(one.lift) for one in diagnosis.causes],
            },
            alt="Values that errors have more often than other lines, the most telling first",
        )
        st.caption(
            f"Of {counted(diagnosis.errors, 'error')}{span_words(diagnosis)} and "
            f"{counted(diagnosis.others, 'other line')}. Lift: how many times likelier the value "
            "is among errors."
        )


def _figures(page: Page, reading: LogsReading, now: float) -> None:
    span = duration(now - reading.since) if reading.since is not None else NOTHING
    warnings = reading.levels.get(Level.WARN.value, 0)
    figures = (
        ("Errors", f"{reading.errors:,}", f"in the last {span}"),
        ("Warnings", f"{warnings:,}", f"in the last {span}"),
        ("Lines", f"{reading.lines:,}", f"in the last {span}"),
        ("Last line", _short_age(reading.last, now), f"read {age(now - reading.at)}"),
        ("Deployed", _short_age(reading.deployed, now), plain(reading.commit, 16) or "not known"),
    )
    with st.container(horizontal=True, gap="small"):
        for label, value, note in figures:
            st.metric(
                label, value, width=CARD_WIDTH, border=True, delta=note, delta_color="off",
                delta_arrow="off",
            )  # fmt: skip
    if reading.cut:
        st.caption(
            f"Counted are the newest {reading.lines:,} lines, those of the last {span}; older ones "
            "are left out, so there may have been more errors before."
        )


def _short_age(at: float | None, now: float) -> str:
    return NOTHING if at is None else age(now - at).removesuffix(" ago")


def _row(page: Page, one: PatternReading, now: float, *, opened: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_headline(one), width="stretch")
        st.button(
            "Close" if opened else "Details",
            key=f"logs_pattern_{one.id}",
            icon=":material/expand_less:" if opened else ":material/expand_more:",
            on_click=_open,
            args=("" if opened else one.id,),
        )
    st.caption(_facts(page, one, now))


def _headline(one: PatternReading) -> str:
    """A word for how it stands; what was decided says more than that it is new."""
    state = BADGES.get(one.state) or (NEW if one.new else "")
    badges = [state] if one.state is State.REGRESSED else [state, TRENDS.get(one.trend, "")]
    front = " ".join(badge for badge in badges if badge)
    return f"{front} **{one.count:,}×** {plain(one.template, TEMPLATE_LIMIT)}".strip()


def _facts(page: Page, one: PatternReading, now: float) -> str:
    told: list[str] = []
    if one.first is not None and one.last is not None:
        recent = -FUTURE <= now - one.last < DAY
        last = age(now - one.last) if recent else clock(one.last, now, page.zone)
        told.append(f"first {clock(one.first, now, page.zone)}, last {last}")
    every = ((one.instances, "instance"), (one.items, "item"), (one.customers, "customer"))
    for names, word in every:
        if names.number:
            told.append(_counted_names(names, word))
    line = " · ".join(told)
    spark = sparkline(one.bars)
    return f"{spark} · {line}" if spark and line else spark or line


def _counted_names(names: Names, word: str) -> str:
    if names.number <= 2:
        return f"{word}{'s' if names.number > 1 else ''} {plain(listed(names.some), 80)}"
    return counted(names.number, word)


def _open(pattern: str) -> None:
    if pattern:
        st.query_params[PATTERN] = pattern
    else:
        st.query_params.pop(PATTERN, None)


def _toggle_all(chosen: str) -> None:
    if st.session_state.get(ALL) and chosen:
        st.query_params.pop(PATTERN, None)
    st.session_state[ALL] = not st.session_state.get(ALL)
