"""Planned maintenance: what is under way and what comes next."""

import streamlit as st

from console.health.maintenance import Maintenance
from console.ui.format import plain
from console.ui.page import Page
from console.ui.tables import sheet
from console.words import DAY, clock, duration, listed, zone_name

AHEAD = 62 * DAY  # seconds: the next month-end is always in it
MOST, NAMES = 10, 4

NONE = (
    "None is planned. In one nobody is told of an alert, and no uptime counts. In the file that "
    "`CONSOLE_SERVICES_FILE` names, below the service:"
)
EXAMPLE = """[[services.maintenance]]
title = "Backup"
every = "week"        # or "month" with day = 1, or "closing" with offset = 1 business day after it
days = ["sunday"]     # once: start and end, such as 2026-12-01T22:00:00Z, in place of these four
at = "02:00"
lasts = "2h"
"""


def maintenance(page: Page, now: float) -> None:
    """The windows of the service. Nobody is told of an alert in one; if it still fires afterwards,
    they are told then."""
    with st.container(border=True):
        st.subheader("Maintenance windows", anchor=False)
        rules = page.service.maintenance
        if not rules:
            st.caption(NONE)
            st.code(EXAMPLE, language=None, wrap_lines=True)
            return
        coming = [(rule, one) for rule in rules for one in rule.within(now, now + AHEAD)[:1]]
        coming.sort(key=lambda pair: pair[1].start)
        if not coming:
            st.caption("All that were planned are over.")
            return
        shown = coming[:MOST]
        sheet(
            {
                f"Next ({zone_name(page.zone, now)})": [_when(one, page, now) for _, one in shown],
                "Lasts": [duration(one.end - one.start) for _, one in shown],
                "What": [plain(rule.title, 120) for rule, _ in shown],
                "Repeats": [plain(rule.words or "once") for rule, _ in shown],
                "Checks": [_checks(rule, page) for rule, _ in shown],
            },
            alt="Planned maintenance, the next first",
        )
        st.caption(
            "Nobody is told of an alert meanwhile; what still fires afterwards is told then. They "
            "stand in the file that `CONSOLE_SERVICES_FILE` names."
        )


def _when(one: Maintenance, page: Page, now: float) -> str:
    if one.start <= now:
        return f":violet-badge[:material/construction: Now] until {clock(one.end, now, page.zone)}"
    return clock(one.start, now, page.zone)


def _checks(rule: Maintenance, page: Page) -> str:
    labels = {check.name: check.label for check in page.service.checks}
    names = [plain(labels.get(name, name), 80) for name in rule.checks]
    return listed(names, NAMES) or "all"
