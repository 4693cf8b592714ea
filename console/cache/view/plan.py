"""The plan of an Upstash database: what is used of it, and where the month will end."""

import math

import streamlit as st

from console.cache.upstash.model import Usage, project, runs_out, standing_of
from console.cache.words import size
from console.ui.format import plain
from console.ui.page import Page
from console.ui.status import MARKS
from console.ui.tables import facts
from console.words import NOTHING, age, moment, percent, response_time

NO_ACCOUNT = (
    "Upstash counts every command against the plan. Set `CONSOLE_UPSTASH_EMAIL` and "
    "`CONSOLE_UPSTASH_API_KEY` to see what is used and where the month will end."
)
PLANS = {"free": "Free", "payg": "Pay as you go", "pro": "Pro", "paid": "Fixed"}


def plan(usage: Usage | None, page: Page, now: float) -> None:
    """The card of the plan; what to set where nothing is known of it."""
    with st.container(border=True):
        st.subheader("Upstash plan", anchor=False)
        if usage is None:
            account = page.runtime.config.settings.upstash
            st.caption("Read within 15 minutes." if account else NO_ACCOUNT)
            return
        if usage.problem:
            st.caption(plain(usage.problem))
            return
        _commands(usage, page, now)
        facts(_facts(usage, now), alt="Plan, usage, limits and cost")


def _commands(usage: Usage, page: Page, now: float) -> None:
    if usage.commands is None:
        st.caption("Upstash did not tell how many commands this month had.")
        return
    projection = project(usage.commands, usage.daily, now)
    expected = f"**{usage.commands:,}** commands this month, about **{projection.expected:,.0f}**"
    if math.isinf(projection.most):
        basis = "by the mean of the month so far; no full day is known yet"
    else:
        days = f"the last {projection.days} full days" if projection.days > 1 else "one full day"
        basis = f"{projection.least:,.0f} to {projection.most:,.0f} by {days}"
    limit = usage.commands_limit
    if limit is None:
        st.markdown(f"{expected} at its end ({basis}). This plan has no limit of commands.")
        return
    mark = MARKS[standing_of(projection.expected, limit)]
    st.markdown(f"{mark.badge} {expected} at its end ({basis}), of {limit:,} in the plan.")
    st.progress(min(1.0, usage.commands / limit), text=f"{percent(usage.commands / limit)} used")
    ends = runs_out(projection, limit, now)
    if ends is not None and ends > now:
        st.caption(f"At the expected rate they are used up on {moment(ends, page.zone)}.")


def _facts(usage: Usage, now: float) -> dict[str, str]:
    evicts = {True: "on", False: "off: a full database refuses writes", None: NOTHING}
    return {
        "Database": f"{plain(usage.database) or NOTHING} in {plain(usage.region) or NOTHING}, "
        f"{plain(usage.state) or 'state not told'}",
        "Plan": PLANS.get(usage.plan, plain(usage.plan) or NOTHING),
        "Reads, writes, scripts": " · ".join(
            NOTHING if one is None else f"{one:,}"
            for one in (usage.reads, usage.writes, usage.scripts)
        ),
        "Storage": _of(usage.storage, usage.storage_limit),
        "Bandwidth this month": _of(usage.bandwidth, usage.bandwidth_limit),
        "Eviction": evicts[usage.eviction],
        "Commands a second": NOTHING
        if usage.a_second is None
        else f"{usage.a_second:,}, more are delayed",
        "Latency there": f"mean {response_time(usage.mean_latency)}, "
        f"p99 {response_time(usage.latency_99)}",
        "Cost this month": _cost(usage),
        "Read": age(now - usage.at),
    }


def _of(used: int | None, limit: int | None) -> str:
    return f"{size(used)} of {size(limit)}" if limit else size(used)


def _cost(usage: Usage) -> str:
    if usage.cost is None:
        return NOTHING
    budget = f" of a budget of {usage.budget:,.0f}" if usage.budget else ""
    return f"{usage.cost:,.2f} USD{budget}"
