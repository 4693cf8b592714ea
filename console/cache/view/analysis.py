"""The keyspace analysis: its cost first, then its progress, then what the keys are made of."""

from collections.abc import Sequence

import streamlit as st

from console.access import Role
from console.cache.analyses import ANALYSIS, State
from console.cache.keyspace import BIG_STRING, Analysis, Sum, compare, cost
from console.cache.model import Offer, Snapshot
from console.cache.scan import BATCH
from console.cache.words import share, size
from console.errors import NotAllowed, StoreError
from console.health.summary import Standing
from console.runtime import get_runtime
from console.service_redis import url_of
from console.ui.format import plain, raw
from console.ui.guard import require
from console.ui.live import watch
from console.ui.page import Page
from console.ui.reading import fetch
from console.ui.status import MARKS
from console.ui.tables import number_column, rows, text_column
from console.words import counted, duration, moment

MOST_CHOICES = (10_000, 100_000, 1_000_000, 100_000_000)
BILLED_MOST = 10_000  # the choice to begin with where commands are billed
LOCAL_MOST = 1_000_000
POLL = 0.5  # seconds between two looks at a running analysis
_PROBLEM = "analysis_problem"  # in the session's state


def analysis(page: Page, snapshot: Snapshot) -> None:
    """Draw the part of the page."""
    with st.container(border=True):
        st.subheader("What the keys are made of", anchor=False)
        if get_runtime().analyses.state(page.service.name).running:
            watch(lambda: _progress(page.service.name), POLL)
        else:
            _offer(page, snapshot)
            _keep(page.service.name)
        _results(page)


def _offer(page: Page, snapshot: Snapshot) -> None:
    state = get_runtime().analyses.state(page.service.name)
    problem = st.session_state.pop(_PROBLEM, "") or state.problem
    if problem:
        st.warning(plain(problem), icon=":material/error:")
    scripted = snapshot.offer("scripts") is Offer.YES
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.session_state.setdefault("analysis_most", BILLED_MOST if snapshot.billed else LOCAL_MOST)
        most = st.selectbox(
            "At most",
            MOST_CHOICES,
            format_func=lambda n: f"{n:,} keys" if n < MOST_CHOICES[-1] else "all keys",
            key="analysis_most",
            width=180,
        )
        st.button(
            "Analyse",
            icon=":material/troubleshoot:",
            key="analysis_start",
            disabled=not page.visitor.may_act,
            help=None if page.visitor.may_act else plain(page.visitor.why),
            on_click=_start,
            args=(page.service.name,),
        )
    keys = min(most, snapshot.keys or 0)
    commands = cost(keys, BATCH, scripted)
    how = "one script a batch" if scripted else "TYPE, PTTL and MEMORY USAGE for each key"
    billed = " **Each is billed or limited.**" if snapshot.billed else ""
    told = counted(commands, "command")
    st.caption(
        f"Looks at {keys:,} of {snapshot.keys or 0:,} keys with about {told} ({how}), in a process "
        f"of its own; other clients wait a few milliseconds at most.{billed}"
    )


def _start(service: str) -> None:
    """Begin. The role is judged again here, by the connection the click came over."""
    runtime = get_runtime()
    try:
        visitor = require(Role.OPERATOR, "analysis", service, runtime.desk.journal)
        runtime.desk.note(visitor, "analysis", service, target="keys of the cache")
    except (NotAllowed, StoreError) as error:
        st.session_state[_PROBLEM] = str(error)
        return
    found = runtime.config.service(service)
    most = st.session_state.get("analysis_most", BILLED_MOST)
    if found is not None and most in MOST_CHOICES:
        runtime.analyses.start(service, url_of(runtime.config, found), int(most))


def _cancel(service: str) -> None:
    try:
        require(Role.OPERATOR, "analysis", service, get_runtime().desk.journal)
    except NotAllowed as error:
        st.session_state[_PROBLEM] = str(error)
        return
    get_runtime().analyses.cancel(service)


def _progress(service: str) -> None:
    """Look once; drawn again and again until it is done."""
    state: State = get_runtime().analyses.state(service)
    if not state.running:
        st.rerun()
    done = state.scanned / state.total if state.total else 0.0
    told = f"{state.scanned:,} of {state.total:,} keys, {state.commands:,} commands"
    st.progress(min(1.0, done), told)
    st.button(
        "Stop", icon=":material/stop:", key="analysis_stop", on_click=_cancel, args=(service,)
    )


def _keep(service: str) -> None:
    """Put a finished analysis into the store, once."""
    runtime = get_runtime()
    state = runtime.analyses.state(service)
    if state.result is None or state.kept:
        return
    try:
        runtime.store.keep_analysis(service, state.result.at, ANALYSIS.dump_json(state.result))
        runtime.analyses.mark_kept(service)
    except StoreError as error:
        st.warning(plain(error), icon=":material/cloud_off:", title="It could not be kept")


def _results(page: Page) -> None:
    runtime, name = page.runtime, page.service.name
    latest = runtime.analyses.state(name).result
    fetched = fetch(
        page.runtime, ("analyses", name, latest and latest.at), lambda: runtime.store.analyses(name)
    )
    kept = [ANALYSIS.validate_json(one) for one in fetched.value or ()]
    every = kept if latest is None or any(one.at == latest.at for one in kept) else [latest, *kept]
    if not every:
        st.caption("Nobody has analysed these keys yet.")
        return
    found = every[0]
    _headline(found, page)
    left, right = st.columns(2, gap="small")
    with left:
        _sums("Prefixes by memory", "Prefix", found.prefixes, found, key="analysis_prefixes")
        _sums("Types", "Type", found.types, found, key="analysis_types")
    with right:
        _biggest(found)
        _sums("Times to live", "Expires in", found.ttls, found, key="analysis_ttls")
    if len(every) > 1:
        _compare(page, found, every[1:])


def _headline(found: Analysis, page: Page) -> None:
    part = "all" if found.share >= 1 else f"{share(found.share)} of"
    if found.broken_off:
        st.warning(
            f"It broke off: {plain(found.broken_off)} What was looked at until then is shown.",
            icon=":material/link_off:",
        )
    sized = "" if found.sized else " The server does not tell sizes."
    st.caption(
        f"{moment(found.at, page.zone)}: {part} {found.total:,} keys, {size(found.size)} in all, "
        f"in {duration(found.seconds)} with {found.commands:,} commands.{sized}"
    )


def _sums(title: str, label: str, sums: Sequence[Sum], found: Analysis, *, key: str) -> None:
    st.markdown(f"**{title}**")
    total = found.size or 1
    rows(
        {
            "name": [raw(one.name) for one in sums],
            "keys": [one.keys for one in sums],
            "size": [one.size / 1024 for one in sums],
            "share": [100 * one.size / total for one in sums],
        },
        {
            "name": text_column(label, pinned=True),
            "keys": number_column("Keys", "", "How many"),
            "size": number_column("Memory", "KiB", "As the server estimates it", 1),
            "share": number_column("Share", "%", "Of the memory of all that was looked at", 1),
        },
        key=key,
        alt=f"{title} with keys and memory",
    )


def _biggest(found: Analysis) -> None:
    st.markdown("**Biggest keys**")
    rows(
        {
            "name": [raw(one.name) for one in found.biggest],
            "type": [raw(one.type) for one in found.biggest],
            "size": [one.size / 1024 for one in found.biggest],
        },
        {
            "name": text_column("Key", pinned=True),
            "type": text_column("Type"),
            "size": number_column("Memory", "KiB", "As the server estimates it", 1),
        },
        key="analysis_biggest",
        alt="The biggest keys with type and memory",
    )
    big = [one for one in found.biggest if one.type == "string" and one.size > BIG_STRING]
    if big:
        mark = MARKS[Standing.WARN].badge
        st.caption(
            f"{mark} {len(big)} strings of more than {size(BIG_STRING)}: each costs a pause."
        )


def _compare(page: Page, found: Analysis, earlier: Sequence[Analysis]) -> None:
    with st.expander("Compare with an earlier analysis", icon=":material/compare_arrows:"):
        at = st.selectbox(
            "Earlier",
            [one.at for one in earlier],
            format_func=lambda at: moment(at, page.zone),
            key="analysis_earlier",
        )
        before = next(one for one in earlier if one.at == at)
        if found.share < 1 or before.share < 1:
            st.caption("One of the two looked at a part of the keys only: they do not compare.")
            return
        changes = compare(before.prefixes, found.prefixes)
        st.caption(
            f"{size(before.size)} in {before.scanned:,} keys then, {size(found.size)} in "
            f"{found.scanned:,} keys now. Of the {len(changes)} largest prefixes:"
        )
        rows(
            {
                "name": [raw(one.name) for one in changes],
                "change": [(one.after - one.before) / 1024 for one in changes],
                "size": [one.after / 1024 for one in changes],
                "keys": [one.keys_after - one.keys_before for one in changes],
            },
            {
                "name": text_column("Prefix", pinned=True),
                "change": number_column("Memory", "KiB", "More or less than then", 1),
                "size": number_column("Now", "KiB", "Memory now", 1),
                "keys": number_column("Keys", "", "More or fewer than then"),
            },
            key="analysis_changes",
            alt="How the memory of prefixes changed",
        )
