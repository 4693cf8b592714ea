"""What if: the recommendation and the plan for other numbers. Nothing here changes anything."""

from dataclasses import replace

import streamlit as st

from console.instances.scaling.advice import Advice, declared_of, plan_of, what_if
from console.instances.scaling.forecast import DECLARED, Plan, instance_hours
from console.instances.scaling.load import Known, Long
from console.instances.scaling.model import Decision
from console.instances.scaling.price import parse_price
from console.instances.scaling.rules import Rules
from console.instances.scaling.view.chart import greatest, plan_chart
from console.month_end.capacity import HOUR
from console.ui import charts
from console.ui.format import plain
from console.ui.page import Page
from console.words import counted, percent

USUAL_SECONDS = 12.0  # an item takes in the examples of the README, where nothing was measured
USUAL_RATE = 300.0  # units an hour, where nothing was measured
MOST_SECONDS, MOST_RATE, MOST_QUOTA = 600.0, 20_000, 6_000
TIMES_MOST = 10.0


def what_if_section(page: Page, known: Known, advice: Advice, long: Long, now: float) -> None:
    """Draw it."""
    measured = advice.plan.source != DECLARED
    with st.expander("What if", icon=":material/science:", expanded=not measured):
        st.caption("For other numbers; nothing is changed by it.")
        rules, seconds, rate = _numbers(known, advice)
        decision = what_if(known, rules, now, advice.planned, seconds=seconds, rate=rate)
        _result(decision, advice.decision.wanted, rate, seconds, rules, known.work.unit)
        if not measured:
            return
        times = st.slider(
            "A closing is busier than measured, times", 0.5, TIMES_MOST, 1.0, 0.5, key="what_times"
        )
        declared = replace(declared_of(rules), closing_times=times)
        closing, supposed = page.runtime.config.settings.closing, Long(long.history, seconds)
        plan = plan_of(supposed, rules, page.zone, now, declared, closing)
        _plan(page, plan, now)


def _numbers(known: Known, advice: Advice) -> tuple[Rules, float, float]:
    """The sliders, beginning at what is so now."""
    platform, work = advice.rules.platform, known.work
    left, right = st.columns(2)
    unit = work.unit
    seconds = left.number_input(
        f"Time of one {unit}, s", 0.001, MOST_SECONDS, _within(work.seconds, USUAL_SECONDS),
        step=0.5, format="%.3f", key="what_seconds",
    )  # fmt: skip
    rate = right.number_input(
        f"{unit.capitalize()}s an hour", 0, MOST_RATE, int(min(work.rate or USUAL_RATE, MOST_RATE)),
        step=10, key="what_rate",
    )  # fmt: skip
    target = left.slider(
        "Busy at most, %", 10, 100, round(100 * platform.target), key="what_target"
    )
    most = right.slider(
        "Maximum of instances", 1, max(50, platform.most), max(1, platform.most), key="what_most"
    )
    quota = left.number_input(
        "Calls a minute that the API allows", 0, MOST_QUOTA,
        int(min(platform.calls_a_minute or 0, MOST_QUOTA)), key="what_quota",
        help="0: no quota is known",
    )  # fmt: skip
    calls = right.number_input(
        f"Calls of the API for each {unit}", 0.0, 100.0, float(platform.calls_an_item),
        step=0.5, key="what_calls",
    )  # fmt: skip
    changed = replace(
        platform,
        target=target / 100,
        most=most,
        least=min(platform.least, most),
        calls_a_minute=float(quota) or None,
        calls_an_item=calls,
    )
    return replace(advice.rules, platform=changed), seconds, float(rate)


def _within(seconds: float | None, usual: float) -> float:
    return min(max(seconds or usual, 0.001), MOST_SECONDS)


def _result(
    decision: Decision, now: int | None, rate: float, seconds: float, rules: Rules, unit: str
) -> None:
    wanted = decision.wanted
    if wanted is None:
        st.markdown(plain(decision.why))
        return
    platform = rules.platform
    one = platform.concurrency / seconds * HOUR * platform.target
    does = f"they do {wanted * one:,.0f} {unit}s an hour at {percent(platform.target)} busy"
    beside = "" if now is None else f" Recommended now: {now}."
    st.markdown(
        f"**{counted(wanted, 'instance')}** for {rate:,.0f} {unit}s an hour; {does}.{beside}"
    )
    st.caption(plain(decision.why))


def _plan(page: Page, plan: Plan, now: float) -> None:
    if not plan.periods:
        return
    hours = instance_hours(plan.periods, plan.periods[0].start, plan.periods[-1].end)
    price = parse_price(page.runtime.config.settings.instance_price)
    cost = f", {plain(price.words(hours))}" if price else ""
    peak = greatest(plan.periods).instances
    st.caption(f"The plan would then hold {hours:,.0f} instance hours{cost}, {peak} at the most.")
    charts.show(
        plan_chart(plan, now, page.zone),
        key="what_plan",
        height=200,
        alt=f"The plan for these numbers; the most is {peak}.",
    )
