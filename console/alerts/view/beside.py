"""Alerts on pages that show how checks stand."""

from collections.abc import Sequence

import streamlit as st

from console.alerts.beside import following, standing_of
from console.alerts.book import by_cause
from console.alerts.record import Record
from console.ui.format import plain
from console.ui.page import PAGES, SERVICE, Page, Reading
from console.ui.reading import fetch
from console.ui.status import MARKS
from console.words import clock, counted, duration, listed

MOST, NAMES = 5, 3
NAME_LIMIT = 80  # characters of outside text


def alert_records(page: Page) -> Sequence[Record]:
    """What is known of the service's alerts; empty where nothing can be read."""
    records, name = page.runtime.alerts.records, page.service.name
    found = fetch(page.runtime, ("alert-records", name), lambda: records.book(name)).value
    return tuple((found or {}).values())


def firing_beside(
    page: Page,
    reading: Reading,
    beside: Sequence[Record],
    records: Sequence[Record],
    *,
    reason: bool = True,
) -> None:
    """Alerts that are no checks: what each is, what follows from it, and where its evidence is."""
    for one in beside[:MOST]:
        since = one.fired_at or reading.now
        lasts = f"since {clock(since, reading.now, page.zone)} ({duration(reading.now - since)})"
        lines = [
            f"{MARKS[standing_of(one)].badge} **{plain(one.title, NAME_LIMIT)}** {lasts}",
            plain(one.summary, 300) if reason else "",
            because_of_it([other.title for other in following(records, one.key)]),
            taken_by(one),
        ]
        st.markdown("  \n".join(filter(None, lines)))
        script = PAGES / f"{one.page}.py"
        if script.is_file():
            evidence_link(page, one.page)
    if len(beside) > MOST:
        st.caption(f"and {len(beside) - MOST:,} more alerts")


def because_of_it(names: Sequence[str]) -> str:
    """What follows from a cause, as a line; empty where nothing does."""
    told = listed([plain(name, NAME_LIMIT) for name in names], NAMES) if names else ""
    return f":gray[Because of it:] {told}" if told else ""


def taken_by(record: Record | None) -> str:
    """Who has a firing alert, as a line; empty where it does not fire."""
    if record is None or not record.alert.active:
        return ""
    taken = record.alert.acknowledgement
    if taken is None:
        return ":gray[Nobody has taken it yet.]"
    return f":gray[Taken by] {plain(taken.by, NAME_LIMIT)}: {plain(taken.why, 200)}"


def evidence_link(page: Page, script: str, label: str = "Evidence", check: str = "") -> None:
    """A link to the page that shows it."""
    query = {SERVICE: page.service.name} | ({"check": check} if check else {})
    st.page_link(PAGES / f"{script}.py", label=label, icon=":material/search:", query_params=query)


def alerts_link(page: Page, records: Sequence[Record]) -> None:
    """How many alerts fire, as a link to where one takes them. Draws nothing where none does."""
    firing = [one for one in records if one.alert.active]
    if firing:
        causes = len(by_cause(firing))
        of = f" from {counted(causes, 'cause')}" if causes < len(firing) else ""
        st.page_link(
            PAGES / "alerts.py",
            label=f"{counted(len(firing), 'alert')}{of}",
            icon=":material/notifications:",
            query_params={SERVICE: page.service.name},
        )
