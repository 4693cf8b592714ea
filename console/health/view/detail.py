"""One check in detail: how it stands, what it said last, how it was, and what it is."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from console.health.check import Check
from console.health.figures import Span, Uptimes, account_in_words, certificate_standing, uptimes
from console.health.model import Incident, Part, Result
from console.health.summary import Presented, Standing, is_acknowledged
from console.health.uptime import UptimeRecord
from console.health.view.days import single_bar
from console.health.view.probe_now import probe_answer, probe_button
from console.health.view.recent import recent_results
from console.masking import mask
from console.ui.format import plain, raw
from console.ui.header import Head
from console.ui.live import live
from console.ui.page import PAGES, Page, Reading, read
from console.ui.reading import Fetched, fetch
from console.ui.status import MARKS, alert
from console.ui.tables import facts, sheet
from console.words import (
    DAY,
    NOTHING,
    clock,
    counted,
    date,
    duration,
    listed,
    moment,
    response_time,
    sentence,
    short_duration,
    uptime,
    zone_name,
)

CHECK = "check"  # in the URL
DAYS = 60  # the account keeps 62
INCIDENT_DAYS = 400
INCIDENTS = 20
BODY_LIMIT = 4000  # characters of an answer that are shown
CARD_HEIGHT = 108  # pixels


@dataclass(frozen=True, slots=True)
class History:
    """What the detail reads beside what every page reads."""

    incidents: list[Incident]  # closed ones that concern this check, newest first


def detail(page: Page, check: Check) -> None:
    """Draw the page of one check."""
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.button(
            "All checks",
            icon=":material/arrow_back:",
            key="all_checks",
            type="tertiary",
            on_click=_back,
        )
        with st.container(
            horizontal=True, vertical_alignment="center", width="content", gap="small"
        ):
            st.page_link(
                PAGES / "response_times.py",
                label="Response times",
                icon=":material/timeline:",
                query_params={"series": f"check:{check.name}", "service": page.service.name},
            )
            probe_button(page, check)
    probe_answer(page, check)
    head = Head(page, plain(check.label, 80))

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        one = reading.summary.of(check.name)
        if one is None:
            return
        _verdict(page, reading, one)
        _cards(page, reading, one)
        left, right = st.columns([3, 2], gap="small")
        with left.container(border=True, height="stretch"):
            _last(page, one)
        with right.container(border=True, height="stretch"):
            _about(page, check)

    live(body)
    first = read(page)
    one = first.summary.of(check.name)
    if one is not None:
        recent_results(one, page.zone)
        _days(page, first, check)
        _incidents(page, first, one, load(page, check, first.now))
        _last_failure(page, one)


def load(page: Page, check: Check, now: float) -> Fetched[History]:
    """Read what the page shows beside the states."""
    store, name = page.runtime.store, page.service.name

    def read_history() -> History:
        found = store.incidents(name, now - INCIDENT_DAYS * DAY, now, limit=500)
        return History([one for one in found if _concerns(one, check)][:INCIDENTS])

    return fetch(page.runtime, ("check", name, check.name), read_history)


def _back() -> None:
    st.query_params.pop(CHECK, None)


def _verdict(page: Page, reading: Reading, one: Presented) -> None:
    mark = MARKS[one.standing]
    since = ""
    if one.since is not None:
        since = f" since {clock(one.since, reading.now, page.zone)}"
        since += f" ({duration(reading.now - one.since)})"
    lines = [plain(sentence(one.reason))]
    if one.cause:
        parent = page.service.check(one.cause)
        lines.append(f"Explained by {plain(parent.label if parent else one.cause)}.")
    taken = one.state.alert.acknowledgement
    if taken and is_acknowledged(one.state):
        lines.append(f"Taken by {plain(taken.by)}: {plain(sentence(taken.why))}")
    alert(one.standing, "  \n".join(lines), title=f"{mark.word}{since}")


def _cards(page: Page, reading: Reading, one: Presented) -> None:
    record = reading.known.uptimes.get(one.check.name, UptimeRecord())
    windows = uptimes(record, reading.now, page.zone)
    cards = 5 if one.state.certificate_expires_at is None else 6
    with st.grid(cards, min_column_width=140, row_height=CARD_HEIGHT, gap="small"):
        for label, span in _named(windows):
            _uptime_card(label, span)
        last = one.state.last
        st.metric(
            "Last response",
            response_time(last.duration) if last else NOTHING,
            duration(reading.now - last.at) + " ago" if last else "no result yet",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
        )
        _certificate_card(page, one, reading.now)


def _named(windows: Uptimes) -> list[tuple[str, Span]]:
    return [
        ("Uptime · 24 h", windows.day),
        ("Uptime · 7 d", windows.week),
        ("Uptime · 30 d", windows.days30),
        ("Uptime · this month", windows.month),
    ]


def _uptime_card(label: str, span: Span) -> None:
    share = span.share
    down = f"down {duration(share.down)}" if share.down >= 1 else "no time down"
    if span.partial:
        down = (
            f"{down} of {short_duration(share.counted)}" if share.counted else "nothing known yet"
        )
    st.metric(
        label,
        uptime(share.uptime),
        down,
        delta_color="red" if share.down >= 1 else "off",
        delta_arrow="off",
        help=f"{account_in_words(share)}. Only time that counts is in the share.",
        border=True,
        height="stretch",
    )


def _certificate_card(page: Page, one: Presented, now: float) -> None:
    expires_at = one.state.certificate_expires_at
    if expires_at is None:
        return
    days = int((expires_at - now) // DAY)
    standing = certificate_standing(expires_at, now)
    st.metric(
        "Certificate",
        "expired" if days < 0 else counted(days, "day"),
        "renew it now" if standing is Standing.FAIL else f"until {date(expires_at, page.zone)}",
        delta_color=MARKS[standing].colour,
        delta_arrow="off",
        border=True,
        height="stretch",
    )


def _last(page: Page, one: Presented) -> None:
    st.subheader("Last result", anchor=False)
    last = _in_full(one)
    if last is None:
        st.caption("No result yet.")
        return
    _result(page, last)


def _in_full(one: Presented) -> Result | None:
    """The last result; the store keeps the body of a failure with the last failure only."""
    last, failure = one.state.last, one.state.last_failure
    return failure if last and failure and failure.at == last.at else last


def _result(page: Page, result: Result) -> None:
    st.markdown(f"{plain(sentence(result.message))}  \n:gray[{_told(page, result)}]")
    _parts(result.parts)
    if result.body:
        st.caption("What it answered, as text; secrets are masked")
        st.code(raw(result.body, BODY_LIMIT), language=None, wrap_lines=True)


def _told(page: Page, result: Result) -> str:
    told = [f"{moment(result.at, page.zone)} {zone_name(page.zone, result.at)}"]
    if result.http_status is not None:
        told.append(f"HTTP {result.http_status}")
    if result.ip:
        told.append(plain(result.ip))
    if result.cold_start:
        told.append("woke the service")
    phases = (
        ("resolve", result.phases.resolve),
        ("connect", result.phases.connect),
        ("TLS", result.phases.tls),
        ("first byte", result.phases.first_byte),
        ("transfer", result.phases.transfer),
    )
    told += [f"{name} {response_time(took)}" for name, took in phases if took is not None]
    return " · ".join(told)


def _parts(parts: tuple[Part, ...]) -> None:
    if not parts:
        st.caption("It has no parts: no conditions, and the answer reports none.")
        return
    sheet(
        {
            "Part": [plain(part.name, 120) for part in parts],
            "Status": [MARKS[Standing(part.status.value)].badge for part in parts],
            "Found": [plain(part.detail, 300) for part in parts],
        },
        alt="The conditions and reported parts of the last result",
    )


def _about(page: Page, check: Check) -> None:
    st.subheader("This check", anchor=False)
    told = {
        "Asks": _target(check),
        "Rhythm": f"every {duration(check.interval)}, at most {duration(check.timeout)}",
        "Slow": f"from {response_time(check.slow_after)}",
        "Fails after": f"{counted(check.failure_threshold, 'failure')} in a row",
        "Recovers after": f"{counted(check.success_threshold, 'good result')} in a row",
        "Objective": f"{check.objective * 100:g} %",
    }
    if check.conditions:
        told["Conditions"] = "  \n".join(plain(one, 200) for one in check.conditions)
    if check.depends_on:
        labels = [page.service.check(name) for name in check.depends_on]
        told["Depends on"] = plain(listed([one.label for one in labels if one], len(labels)))
    facts({name: value for name, value in told.items() if value}, alt="How this check works")


def _target(check: Check) -> str:
    if check.type == "push":
        return "nobody: its job calls the console"
    # An address may carry a token in its query, and every visitor sees it here.
    address = mask(check.url) or f"the address in {check.url_env}"
    return f"{plain(check.type)} · {plain(address, 200)}"


def _days(page: Page, reading: Reading, check: Check) -> None:
    record = reading.known.uptimes.get(check.name, UptimeRecord())
    with st.container(border=True):
        st.subheader(f"Last {DAYS} days", anchor=False)
        single_bar(record, check.objective, reading.now, DAYS, page.zone, key="detail_days")


def _incidents(page: Page, reading: Reading, one: Presented, history: Fetched[History]) -> None:
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


def _last_failure(page: Page, one: Presented) -> None:
    failure = one.state.last_failure
    if failure is None or failure is _in_full(one):  # told above already
        return
    with st.container(border=True):
        st.subheader("Last failure", anchor=False)
        _result(page, failure)
