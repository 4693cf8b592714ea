"""How one check was: its days and its incidents."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from console.health.check import Check
from console.health.model import Incident
from console.health.summary import Presented
from console.health.uptime import UptimeRecord
from console.health.view.days import single_bar
from console.ui.format import plain
from console.ui.page import Page, Reading
from console.ui.reading import Fetched, fetch
from console.ui.tables import sheet
from console.words import DAY, clock, duration, listed, zone_name

DAYS = 60  # the account keeps 62
INCIDENT_DAYS = 400
INCIDENTS = 20


@dataclass(frozen=True, slots=True)
class History:
    """What the detail reads beside what every page reads."""

    incidents: list[Incident]  # closed ones that concern this check, newest first


def load(page: Page, check: Check, now: float) -> Fetched[History]:
    """Read what the page shows beside the states."""
    store, name = page.runtime.store, page.service.name

    def read_history() -> History:
        found = store.incidents(name, now - INCIDENT_DAYS * DAY, now, limit=500)
        return History([one for one in found if _concerns(one, check)][:INCIDENTS])

    return fetch(page.runtime, ("check", name, check.name), read_history)


def days(page: Page, reading: Reading, check: Check) -> None:
    """Draw the bar of days."""
    record = reading.known.uptimes.get(check.name, UptimeRecord())
    with st.container(border=True):
        st.subheader(f"Last {DAYS} days", anchor=False)
        single_bar(record, check.objective, reading.now, DAYS, page.zone, key="detail_days")


def incidents(page: Page, reading: Reading, one: Presented, history: Fetched[History]) -> None:
    """Draw the incidents that concern the check, open ones before closed ones, newest first."""
    with st.container(border=True):
        st.subheader("Incidents", anchor=False)
        closed = history.value.incidents if history.value else []
        every = [other.state.incident for other in reading.summary.checks]
        still_open = [i for i in every if i is not None and _concerns(i, one.check)]
        shown = sorted(still_open, key=lambda incident: -incident.started_at) + closed
        if not shown:
            st.caption(f"None in the last {INCIDENT_DAYS} days.")
            return
        labels = {check.name: check.label for check in page.service.checks}
        sheet(
            {
                f"Began ({zone_name(page.zone, reading.now)})": [
                    clock(incident.started_at, reading.now, page.zone) for incident in shown
                ],
                "Lasted": [
                    ("" if incident.ended_at else ":red-badge[open] ")
                    + duration(incident.duration(reading.now))
                    for incident in shown
                ],
                "What": [_what(incident, one.check, labels) for incident in shown],
                "Affected": [
                    plain(listed([labels.get(name, name) for name in incident.affected], 4))
                    for incident in shown
                ],
            },
            alt="Incidents of this check, newest first",
        )


def _concerns(incident: Incident, check: Check) -> bool:
    """Whether it is of the check itself, or of one that explains its failures."""
    return check.name in (incident.check, *incident.affected)


def _what(incident: Incident, check: Check, labels: Mapping[str, str]) -> str:
    """What was the matter, and with which check, where it was another one."""
    message = plain(incident.message, 300)
    if incident.check == check.name:
        return message
    return f"Because of **{plain(labels.get(incident.check, incident.check), 80)}**: {message}"
