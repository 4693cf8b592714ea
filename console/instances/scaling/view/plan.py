"""The plan of minimum instances: chart, cost, and the files for four platforms."""

import itertools

import streamlit as st

from console.health.summary import Standing
from console.instances.model import Phase
from console.instances.scaling.advice import Advice, declared_of, plan_of
from console.instances.scaling.forecast import (
    DECLARED,
    Declared,
    Plan,
    changes,
    instance_hours,
)
from console.instances.scaling.load import Long
from console.instances.scaling.price import Price, parse_price
from console.instances.scaling.rules import Rules
from console.instances.scaling.view.chart import greatest, plan_chart
from console.month_end.exports import cloud_run, keda, kubernetes, render
from console.month_end.plan import DAYS, Period
from console.month_end.plan import at as planned_at
from console.month_end.workload import Platform
from console.ui import charts
from console.ui.format import plain
from console.ui.page import Page
from console.ui.status import MARKS
from console.ui.tables import sheet
from console.words import clock, counted, percent

SHOWN = 8  # changes to come that are listed
PHASES = {
    Phase.QUIET: "Quiet: nights, weekends",
    Phase.NORMAL: "Normal: business hours",
    Phase.BUSY: "Busy: around the month-end",
}


def plan_section(page: Page, advice: Advice, long: Long, quality: str, now: float) -> None:
    """Draw it. `quality`: how good such forecasts have been, a sentence."""
    plan = advice.plan
    with st.container(border=True):
        st.subheader(f"Minimum instances for the next {DAYS} days", anchor=False)
        st.markdown(_source(plan, quality))
        if plan.source == DECLARED:
            declared, closing = _declared(advice.rules), page.runtime.config.settings.closing
            plan = plan_of(long, advice.rules, page.zone, now, declared, closing)
        if not plan.periods:
            return
        peak = greatest(plan.periods)
        charts.show(
            plan_chart(plan, now, page.zone),
            key="scaling_plan",
            alt=f"Planned minimum of instances; the most is {peak.instances}.",
        )
        st.caption(_cost(page, plan, advice.rules.platform.most))
        _next(plan, now, page)
        _files(page, plan, advice.rules.platform, now)


def _declared(rules: Rules) -> Declared:
    """The instances of the phases, as this visitor sets them; nothing is changed by it."""
    usual, most = declared_of(rules), rules.platform.most
    columns = st.columns(len(PHASES))
    counts = [
        column.number_input(
            label, 0, most, min(usual.of(phase), most), key=f"declared_{phase.value}"
        )
        for column, (phase, label) in zip(columns, PHASES.items(), strict=True)
    ]
    return Declared(*counts)


def _source(plan: Plan, quality: str) -> str:
    if plan.source == DECLARED:
        return (
            f"{MARKS[Standing.UNKNOWN].badge} **Declared, not measured.** {plain(plan.note)} "
            "Until then the plan is what you set here, and it is never applied by itself."
        )
    seen = counted(plan.closings, "month-end")
    text = f"By {counted(plan.days, 'full day')} that were measured, {seen} among them."
    return " ".join([text, *(plain(one) for one in (plan.note, quality) if one)])


def _cost(page: Page, plan: Plan, most: int) -> str:
    since, until = plan.periods[0].start, plan.periods[-1].end
    hours = instance_hours(plan.periods, since, until)
    every = most * (until - since) / 3600
    told = f"The plan holds {hours:,.0f} instance hours"
    price = parse_price(page.runtime.config.settings.instance_price)
    if price is None:
        share = hours / every if every else 0.0
        return (
            f"{told}, {percent(share)} of always running {most}. "
            "**CONSOLE_INSTANCE_PRICE** shows what it costs."
        )
    return f"{told}: {_money(price, hours)}. Always running {most} costs {_money(price, every)}."


def _money(price: Price, hours: float) -> str:
    return plain(price.words(hours))


def _next(plan: Plan, now: float, page: Page) -> None:
    """The changes that come first."""
    coming = [one for one in changes(plan.periods, now) if one.start > now][:SHOWN]
    if not coming:
        return
    before = planned_at(plan.periods, now) or 0
    counts = [before, *(one.instances for one in coming)]
    with st.expander(f"The next {counted(len(coming), 'change')}", icon=":material/schedule:"):
        sheet(
            {
                "From": [clock(one.start, now, page.zone) for one in coming],
                "To": [clock(one.end, now, page.zone) for one in coming],
                "Minimum": [f"{one.instances}" for one in coming],
                "Change": [f"{b - a:+d}" for a, b in itertools.pairwise(counts)],
            },
            alt="The next changes of the minimum with their times",
        )


def _files(page: Page, plan: Plan, platform: Platform, now: float) -> None:
    zone, name = page.zone, page.service.name
    ahead: tuple[Period, ...] = tuple(changes(plan.periods, now))
    present = planned_at(plan.periods, now) or platform.least
    yaml, shell, json = "application/yaml", "text/x-shellscript", "application/json"
    st.caption("The plan for a platform; the console sends nothing.")
    with st.container(horizontal=True, gap="small"):
        for label, file, kind, text in (
            ("KEDA", "keda-scaledobject.yaml", yaml, keda(ahead, name, platform, zone)),
            ("Cloud Run", "cloud-run-min-instances.sh", shell,
             cloud_run(ahead, name, platform, zone)),
            ("Render", "render-autoscaling.json", json, render(ahead, platform, zone)),
            ("Kubernetes HPA", "hpa.yaml", yaml, kubernetes(present, name, platform)),
        ):  # fmt: skip
            st.download_button(
                label, text, file, kind, key=f"scaling_{file}", on_click="ignore",
                icon=":material/download:",
            )  # fmt: skip
