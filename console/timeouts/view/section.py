"""The section Time-outs of the Settings page: verdict, nested limits, rules, what-if, tables."""

from collections.abc import Mapping

import streamlit as st

from console.health.check import Service
from console.health.summary import Standing
from console.runtime import Runtime
from console.timeouts.catalogue import BY_NAME
from console.timeouts.charts import height_of, in_words, nesting_chart
from console.timeouts.lint import Severity, counted_severities
from console.timeouts.load import Texts
from console.timeouts.nesting import breaks_first, levels
from console.timeouts.observed import too_few
from console.timeouts.platform_limits import BY_KEY, PLATFORMS, SERVER_BY_KEY, SERVERS
from console.timeouts.view.case import PLATFORM, SERVER, Case, chosen, judge
from console.timeouts.view.findings import findings_list
from console.timeouts.view.tables import (
    limits_tables,
    unreadable_values,
    values_table,
    worst_case_table,
)
from console.timeouts.view.what_if import what_if
from console.ui import charts
from console.ui.format import plain
from console.ui.status import MARKS
from console.words import counted


def show(
    service: Service,
    runtime: Runtime,
    now: float,
    *,
    reported: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    name: str = "",
) -> None:
    """Draw the section; see `judge` for the arguments."""
    told = reported or {}
    _choices(service, told)
    case = judge(service, runtime, now, told, environ, name=name)
    plan = case.facts.plan
    _verdict(case)
    _sources(case.texts)
    unreadable_values(plan)
    _bars(case)
    findings_list(case.findings)
    what_if(case.facts)
    worst_case_table(case.facts.worst)
    values_table(plan)
    limits_tables()


def _choices(service: Service, reported: Mapping[str, str]) -> None:
    guess, _ = chosen(service, reported)
    keys = [one.key for one in PLATFORMS]
    left, right = st.columns(2, gap="small")
    with left:
        st.selectbox(
            "Platform",
            keys,
            index=keys.index(guess),
            format_func=lambda key: BY_KEY[key].name,
            key=f"{PLATFORM}_{service.name}",
            help="Its limits come from the table below. Known by the address of the service where "
            "that tells it.",
        )
    with right:
        st.selectbox(
            "Server",
            [one.key for one in SERVERS],
            format_func=lambda key: SERVER_BY_KEY[key].name,
            key=f"{SERVER}_{service.name}",
            help="Its defaults hold where SERVER_TIMEOUT_SECONDS, GRACEFUL_SHUTDOWN_SECONDS and "
            "SERVER_KEEPALIVE_SECONDS are not set.",
        )


def _verdict(case: Case) -> None:
    counts = counted_severities(case.findings)
    errors, warnings = counts[Severity.ERROR], counts[Severity.WARNING]
    unknown = counts[Severity.UNKNOWN]
    told = [
        counted(errors, "error") if errors else "",
        counted(warnings, "warning") if warnings else "",
        f"{unknown} not known" if unknown else "",
        f"{counts[Severity.HOLDS]} hold",
    ]
    standing = (
        Standing.FAIL if errors else
        Standing.WARN if warnings else
        Standing.UNKNOWN if unknown else Standing.PASS
    )  # fmt: skip
    rules = f"{', '.join(one for one in told if one)} of {len(case.findings)} rules"
    # a badge, not a panel: the page has one verdict, and that is about all of its settings
    st.markdown(f"{MARKS[standing].badge} **{rules}.** {plain(breaks_first(case.facts.plan))}")


def _sources(texts: Texts) -> None:
    names = [name for name in texts.texts if name in BY_NAME]
    if names:
        places = sorted({texts.origins[name] for name in names})
        st.caption(
            f"{counted(len(names), 'variable')} {plain(' and '.join(places))}; for all others the "
            "default holds."
        )
        return
    st.info(
        "No time-out of this service is known yet: what follows are the defaults. To see its own, "
        "set its variables in the console's environment too, `API_TIMEOUT_SECONDS` and the others "
        "of the table below. The verdict at the top of the page does not count them.",
        icon=":material/timer:",
    )


def _bars(case: Case) -> None:
    bars = levels(case.facts.plan, case.facts.seen)
    with st.container(border=True):
        st.subheader("Nested limits", anchor=False)
        charts.show(
            nesting_chart(bars), key="timeouts_bars", alt=in_words(bars), height=height_of(bars)
        )
        st.caption(_seen_words(case))


def _seen_words(case: Case) -> str:
    """What the ticks are of."""
    axis = "Logarithmic axis. The line in a bar is what its inside needs at worst."
    if case.seen.problem:
        return f"{axis} No ticks of what was seen: {plain(case.seen.problem)}"
    seen = [one for level in levels(case.facts.plan, case.facts.seen) if (one := level.seen)]
    told = {one.series: one for one in seen}
    if not told:
        return f"{axis} Nothing was measured in the last 7 days, so there are no ticks."
    parts = [
        f"{plain(one.series, 60)}: {one.samples:,} samples"
        if one.p999 is not None
        else f"{plain(one.series, 60)}: no p99.9 yet, {too_few(one)}"
        for one in told.values()
    ]
    left_out = case.seen.value.left_out if case.seen.value else 0
    more = f" {left_out} further series were not looked at." if left_out else ""
    return f"{axis} Seen in the last 7 days: {'; '.join(parts)}.{more}"
