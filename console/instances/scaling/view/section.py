"""The scaling view: what should run and why, demand against capacity, the plan, and applying it."""

import time
from dataclasses import dataclass

import streamlit as st

from console.health.summary import Standing
from console.instances.history import COUNT, past
from console.instances.scaling.advice import Advice, advise, plan_of, quality_of
from console.instances.scaling.compare import Point, compare, known_seconds, share_over
from console.instances.scaling.forecast import Plan
from console.instances.scaling.load import Known, Long, load, load_long, rules_of, series_of
from console.instances.scaling.measured import SETTLED, WAITING
from console.instances.scaling.scaler import Range
from console.instances.scaling.units import counted
from console.instances.scaling.view.applying import apply_box, under_way
from console.instances.scaling.view.chart import demand_chart
from console.instances.scaling.view.now import present
from console.instances.scaling.view.plan import plan_section
from console.instances.scaling.view.what_if import what_if_section
from console.month_end.capacity import quota_rate
from console.ui import charts
from console.ui.header import Head, store_notice
from console.ui.live import live
from console.ui.markers import mark_deployments
from console.ui.page import Page, read
from console.ui.reading import Fetched, fetch
from console.ui.status import MARKS
from console.ui.window import Window
from console.words import duration, percent

KNOWN_FRESH = 5.0  # seconds; the collector reads as often, and rates are of minutes
LEAST_DRAWN = 2  # points that make a line
AHEAD_FRESH = 1800.0  # seconds for which past days, the plan and its quality are kept


@dataclass(frozen=True, slots=True)
class Ahead:
    """Past days, and the plan that follows from them."""

    long: Long
    plan: Plan
    quality: str  # how good such forecasts have been


def scaling(page: Page, head: Head, window: Window) -> None:
    """Draw the view."""

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        found = _known(page)
        if not reading.fetched.problem:
            store_notice(page, found)
        ahead = _ahead(page)
        if found.value is not None and ahead is not None:
            advice = _advice(page, found.value, ahead, reading.now)
            present(page, found.value, advice, reading.now)

    under_way(page)
    live(body)
    known, ahead, now = _known(page).value, _ahead(page), time.time()
    if known is None or ahead is None:
        return
    advice = _advice(page, known, ahead, now)
    apply_box(page, known, advice)
    _demand(page, known, advice, window)
    plan_section(page, advice, ahead.long, ahead.quality, now)
    what_if_section(page, known, advice, ahead.long, now)


def _known(page: Page) -> Fetched[Known]:
    store, name = page.runtime.store, page.service.name
    key = ("scaling", name)
    return fetch(page.runtime, key, lambda: load(store, name, time.time()), KNOWN_FRESH)


def _ahead(page: Page) -> Ahead | None:
    """None while the store cannot be read; the page's notice says so."""
    store, name, zone = page.runtime.store, page.service.name, page.zone
    settings, limits = page.runtime.config.settings, limits_of(page)

    def look() -> Ahead:
        now = time.time()
        long = load_long(store, name, zone, now)
        rules = rules_of(settings, load(store, name, now), limits)
        plan = plan_of(long, rules, zone, now, closing=settings.closing)
        return Ahead(long, plan, quality_of(long, zone, now, settings.closing))

    return fetch(page.runtime, ("scaling ahead", name), look, AHEAD_FRESH).value


def _advice(page: Page, known: Known, ahead: Ahead, now: float) -> Advice:
    settings = page.runtime.config.settings
    return advise(known, ahead.plan, settings, now, page.zone, limits_of(page))


def limits_of(page: Page) -> Range | None:
    """What the platform can run; None where the console cannot scale the service."""
    scaler = page.runtime.scaling.scaler(page.service.name)
    return scaler.limits if scaler else None


def _demand(page: Page, known: Known, advice: Advice, window: Window) -> None:
    """The chart of the window; outside of the live part, because new data resets a zoom."""
    seconds, platform = known.work.seconds, advice.rules.platform
    one = None if not seconds else platform.concurrency / seconds * 3600
    points = _points(page, window, one)
    with st.container(border=True):
        st.subheader("Demand against capacity", anchor=False)
        drawn = sum(point.demand is not None for point in points)
        if drawn < LEAST_DRAWN:
            seen = "Only one point was" if drawn else "Nothing was"
            st.caption(f"{MARKS[Standing.UNKNOWN].badge} {seen} counted in this window yet.")
            return
        st.caption(_told(points, known, one, quota_rate(platform)))
        chart = demand_chart(points, quota_rate(platform), known.work.unit, page.zone)
        mark_deployments(chart, page, window.since, window.until)
        charts.show(
            chart,
            key="scaling_demand",
            alt=f"{known.work.unit.capitalize()}s an hour that came, and what the instances could "
            "do, over time.",
        )


def _points(page: Page, window: Window, one: float | None) -> tuple[Point, ...]:
    store, name = page.runtime.store, page.service.name

    def look() -> tuple[Point, ...]:
        series = series_of(store.series(name))
        found = store.cells_of(name, [*series, COUNT, WAITING], window.since, window.until)
        units = counted([found[each] for each in series])
        until = min(window.until, time.time() - SETTLED)  # newer minutes are not complete
        past_counts = past(found[COUNT])
        watched = past_counts.points[0].at if past_counts and past_counts.points else window.since
        return compare(units, past_counts, found[WAITING], one, max(window.since, watched), until)

    key = ("scaling window", name, window.name or (window.since, window.until), one)
    return fetch(page.runtime, key, look).value or ()


def _told(points: tuple[Point, ...], known: Known, one: float | None, quota: float | None) -> str:
    unit = known.work.unit
    if one is None:
        return f"Capacity is not known: fewer than 5 {unit}s were timed in the last hour."
    told = f"One instance does {one:,.0f} {unit}s an hour when it is always busy"
    over, of = share_over(points, quota), duration(known_seconds(points))
    if over is None:
        return f"{told}."
    return f"{told}; more came than could be done in {percent(over)} of {of} that is known."
