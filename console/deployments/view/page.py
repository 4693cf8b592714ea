"""The Deployments page: the newest one in five stages, its evidence, the history, the figures."""

import streamlit as st

from console.deployments.dora import DAY, Dora, Figure, dora
from console.deployments.history import Snapshot
from console.deployments.model import Record, Surroundings, changes
from console.deployments.verdict import is_live, name_of, standing_of, summarise
from console.deployments.view.acting import acting, buttons
from console.deployments.view.fetched import fetched
from console.deployments.view.stages import stages
from console.deployments.view.table import history
from console.health.summary import Standing
from console.ui.format import plain, raw
from console.ui.header import Head, store_notice
from console.ui.live import live
from console.ui.page import Page, read
from console.ui.reading import Fetched
from console.ui.status import MARKS, alert
from console.words import NOTHING, counted, duration, moment

DORA_DAYS = 30  # days that the figures are of
CARD_HEIGHT, CARD_WIDTH = 118, 150  # pixels

NO_PLATFORM = (
    "The console does not know where this service runs: `SERVICE_URL` alone does not tell. In the "
    "file that `CONSOLE_SERVICES_FILE` names, give the service **`platform`** (`render`), "
    "**`platform_service`** (its id there) and **`platform_token_env`** (the name of the variable "
    "that holds the API's token), and start the console again."
)


def deployments(page: Page) -> None:
    """Draw the page."""
    head = Head(page, "Deployments")
    if not page.service.platform:
        live(lambda: head.refresh(read(page), verdict=False))
        st.info(NO_PLATFORM, icon=":material/rocket_launch:")
        return

    acting(page)

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        found = _load(page)
        if not reading.fetched.problem:
            store_notice(page, found)
        standing, sentence = summarise(found.value, reading.now)
        alert(standing, plain(sentence))
        _running(found.value, reading.now)
        if found.value is None or not found.value.records:
            return
        newest = found.value.records[0]
        buttons(page, found.value)
        _facts(newest, found.value, page)
        stages(newest, found.value, reading.now)
        _evidence(newest)
        _log(newest)
        _dora(
            dora(
                found.value.records,
                reading.now - DORA_DAYS * DAY,
                reading.now,
                found.value.records[-1].deployment.created_at,
            )
        )
        history(found.value, page, reading.now)
        _missing(found.value)

    live(body)


def _load(page: Page) -> Fetched[Snapshot | None]:
    return fetched(page)


def _running(snapshot: Snapshot | None, now: float) -> None:
    """What runs, where that is not the newest deployment."""
    live = [] if snapshot is None else [one for one in snapshot.records if is_live(one)]
    if snapshot is not None and live and live[0] is not snapshot.records[0]:
        standing, sentence = standing_of(live[0], snapshot, now)
        st.markdown(f"{MARKS[standing].badge} Running: {plain(sentence)}")


def _facts(newest: Record, snapshot: Snapshot, page: Page) -> None:
    """Who, what, when, where, and what it replaced."""
    one = newest.deployment
    told = [
        f"**{plain(name_of(one))}** {plain(one.message.partition(chr(10))[0], 120)}".strip(),
        f"by {plain(one.author, 60)}" if one.author else "",
        f"on {plain(one.branch, 60)}" if one.branch else "",
        f"began {moment(one.created_at, page.zone)}",
        f"trigger {one.trigger}",
    ]
    st.markdown(" · ".join(part for part in told if part))
    change = changes(newest, snapshot.records, Surroundings(), Surroundings())
    before = f"Before it {plain(name_of(change.before))} ran" if change.before else "Nothing before"
    same = ", the same commit" if change.before and not change.commit else ""
    where = f"runs on {plain(snapshot.platform)}"
    st.caption(f"{before}{same} · {where} · {_instances(snapshot)}")


def _instances(snapshot: Snapshot) -> str:
    range_ = snapshot.instances
    if range_ is None or range_.running is None:
        return "the number of instances is not told"
    text = counted(range_.running, "instance")
    if range_.automatic:
        return f"{text}, scaled between {range_.least} and {range_.most}"
    return text if range_.desired in (None, range_.running) else f"{text} of {range_.desired}"


def _evidence(newest: Record) -> None:
    found = newest.verification
    if found is None:
        return
    with st.container(border=True):
        st.subheader("What the console looked at", anchor=False)
        for one in found.evidence:
            mark = MARKS[Standing(one.status.value)]
            needed = "" if one.required else " :small[:gray[(not required)]]"
            st.markdown(f"{mark.badge} **{one.name}** {plain(one.sentence, 300)}{needed}")


def _log(newest: Record) -> None:
    if newest.log:
        with st.expander("The end of the log of the stage that failed", icon=":material/subject:"):
            st.code(raw(newest.log), language=None, wrap_lines=True)


def _dora(found: Dora) -> None:
    known = found.until - found.since
    st.subheader(f"Figures of the last {DORA_DAYS} days", anchor=False)
    if known < DORA_DAYS * DAY - 1:
        st.caption(f"Deployments are known of the last {duration(known)} only.")
    with st.grid(4, min_column_width=CARD_WIDTH, row_height=CARD_HEIGHT, gap="small"):
        frequency = found.frequency
        _metric(
            "Deployments a day",
            NOTHING if frequency.value is None else f"{frequency.value:.2g}",
            counted(frequency.of, "deployment"),
            "Changes that came to production (DORA: deployment frequency)",
        )
        _metric(
            "Commit to live",
            _time(found.lead_time),
            f"median of {found.lead_time.of}",
            "From the commit to live (DORA: change lead time); from 3 deployments on",
        )
        rate = found.fail_rate
        between = f"{rate.low or 0:.0%} to {rate.high:.0%}" if rate.high is not None else "too few"
        _metric(
            "Had to be mended",
            NOTHING if rate.value is None else f"{rate.value:.0%}",
            f"of {rate.of} · {between}",
            "Rolled back or found failed (DORA: change fail rate), with its 95 % interval (Wilson)",
        )
        open_ = f", {found.unmended} open" if found.unmended else ""
        _metric(
            "Time to mend",
            _time(found.recovery),
            f"median of {found.recovery.of}{open_}",
            "From a failed change to the next good one (DORA: failed deployment recovery time)",
        )


def _time(figure: Figure) -> str:
    return NOTHING if figure.value is None else duration(figure.value)


def _metric(label: str, value: str, note: str, help_text: str) -> None:
    st.metric(label, value, note, delta_color="off", delta_arrow="off", border=True, help=help_text)


def _missing(snapshot: Snapshot) -> None:
    for reason in snapshot.missing.values():
        st.caption(f":material/block: {plain(reason)}")
