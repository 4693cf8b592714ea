"""What the server tells of itself: facts, time per command, slow log, clients."""

from collections.abc import Sequence

import streamlit as st

from console.cache.commands import OTHER, WindowCommand
from console.cache.model import Offer, Snapshot
from console.cache.words import limit_of, microseconds, not_offered, share, size
from console.ui.format import plain, raw
from console.ui.page import Page
from console.ui.tables import facts, number_column, rows, text_column
from console.words import NOTHING, duration, moment

MOST_COMMANDS = 15  # rows


def server(snapshot: Snapshot, commands: Sequence[WindowCommand], page: Page) -> None:
    """Four parts below each other, each with why it is empty where it is."""
    name = snapshot.server.name if snapshot.server else "this server"
    with st.container(border=True):
        st.subheader("Server", anchor=False)
        if snapshot.server is None:
            st.caption(plain(not_offered("information", snapshot.offer("information"), name)))
        else:
            facts(_facts(snapshot), alt="Version, memory, persistence and replication")
    with st.container(border=True):
        st.subheader("Time by command", anchor=False)
        _commands(snapshot, commands, name, page)
    left, right = st.columns([3, 2], gap="small")
    with left.container(border=True, height="stretch"):
        st.subheader("Slow log", anchor=False)
        _slow(snapshot, page, name)
    with right.container(border=True, height="stretch"):
        st.subheader("Clients", anchor=False)
        _clients(snapshot, name)


def _facts(snapshot: Snapshot) -> dict[str, str]:
    server, memory, disk = snapshot.server, snapshot.memory, snapshot.persistence
    assert server is not None  # noqa: S101  the caller has looked
    lifetime = _ratio(snapshot)
    told = {
        "Server": f"{server.name} {plain(server.version)} at {plain(snapshot.place)}",
        "Up for": NOTHING if server.uptime is None else duration(server.uptime),
        "Memory": f"{size(memory.used)} in use, {size(memory.resident)} resident, "
        f"{size(memory.peak)} at most so far",
        "Limit": f"{size(memory.most)}, {plain(memory.policy or 'policy not told')}"
        if memory.most
        else f"{limit_of(memory.most)}, {plain(memory.policy or 'policy not told')}",
        "Hit ratio since its start": share(lifetime),
        "Replication": _replication(snapshot),
        "Snapshots": plain(disk.snapshots) or "not told",
        "Append-only file": {True: "on", False: "off", None: "not told"}[disk.append_only],
        "Billed": "each command is billed or limited" if snapshot.billed else "no",
    }
    for one in snapshot.keyspaces:
        ttl = "" if one.mean_ttl is None else f", on average for another {duration(one.mean_ttl)}"
        told[f"Keys in {plain(one.database)}"] = f"{one.keys:,}, {one.expiring:,} expire{ttl}"
    return told


def _ratio(snapshot: Snapshot) -> float | None:
    hits, misses = snapshot.totals.hits, snapshot.totals.misses
    return None if hits is None or not (hits + (misses or 0)) else hits / (hits + (misses or 0))


def _replication(snapshot: Snapshot) -> str:
    server = snapshot.server
    if server is None or not server.role:
        return "not told"
    if server.role == "master":
        return f"primary, {server.replicas or 0} replicas"
    return f"replica, link {plain(server.link) or 'not told'}"


def _commands(snapshot: Snapshot, commands: Sequence[WindowCommand], name: str, page: Page) -> None:
    if not snapshot.commands:
        st.caption(plain(not_offered("time by command", Offer.NO, name)))
        return
    if not commands:
        st.caption(
            "No command was counted in this window yet: the collector counts once a minute, from "
            "its first reading on."
        )
        return
    costly = commands[:MOST_COMMANDS]
    total = sum(one.microseconds for one in commands) or 1.0
    columns: dict[str, Sequence[object]] = {
        "command": [raw(one.name.upper() if one.name != OTHER else "others") for one in costly],
        "share": [100 * one.microseconds / total for one in costly],
        "calls": [one.calls for one in costly],
        "mean": [one.microseconds / one.calls for one in costly],
    }
    config = {
        "command": text_column("Command", pinned=True),
        "share": number_column("Time", "%", "Of the time of all commands in this window", 1),
        "calls": number_column("Calls", "", "In this window"),
        "mean": number_column("Mean", "µs", "Time on the server for one call, this window", 1),
    }
    stepped = any(one.p99 is not None for one in costly)
    if stepped:
        columns |= {
            "p50": [one.p50 for one in costly],
            "p99": [one.p99 for one in costly],
            "p999": [one.p999 for one in costly],
        }
        config |= {
            "p50": number_column("p50 ≤", "µs", "Half of the calls were at least this fast"),
            "p99": number_column("p99 ≤", "µs", "99 of 100 calls were at least this fast"),
            "p999": number_column("p99.9 ≤", "µs", "999 of 1000 were at least this fast"),
        }
    columns["failed"] = [one.failed for one in costly]
    config["failed"] = number_column("Failed", "", "Failed or rejected calls in this window")
    st.caption(_of_window(stepped, name))
    rows(columns, config, key="cache_commands", alt="Calls and time of each command")
    _lifetime(snapshot, page)


def _of_window(stepped: bool, name: str) -> str:
    text = "Calls and time of this window, counted once a minute, those of the console included."
    if stepped:
        return (
            f"{text} The server measures in steps that double: a percentile is the end of its one."
        )
    return f"{text} {plain(name)} does not tell percentiles of a window (LATENCY HISTOGRAM)."


def _lifetime(snapshot: Snapshot, page: Page) -> None:
    """The server's own percentiles, which are exact and of its whole life."""
    known = [one for one in snapshot.commands if one.p99 is not None]
    if not known:
        return
    uptime = snapshot.server.uptime if snapshot.server else None
    since = 0.0 if uptime is None else snapshot.at - uptime
    since = max(since, snapshot.reset_at or 0.0)
    told = moment(since, page.zone) if since else "the server's start"
    with st.expander(f"Percentiles since {told}", icon=":material/history:"):
        st.caption("As the server keeps them: since then, or since somebody reset its statistics.")
        rows(
            {
                "command": [raw(one.name.upper()) for one in known],
                "calls": [one.calls for one in known],
                "p50": [one.p50 for one in known],
                "p99": [one.p99 for one in known],
                "p999": [one.p999 for one in known],
            },
            {
                "command": text_column("Command", pinned=True),
                "calls": number_column("Calls", "", "Since then"),
                "p50": number_column("p50", "µs", "Half of the calls were at least this fast", 1),
                "p99": number_column("p99", "µs", "99 of 100 calls were at least this fast", 1),
                "p999": number_column("p99.9", "µs", "999 of 1000 were at least this fast", 1),
            },
            key="cache_commands_lifetime",
            alt="Percentiles of each command since the server's start",
        )


def _slow(snapshot: Snapshot, page: Page, name: str) -> None:
    offer = snapshot.offer("slow log")
    if offer is not Offer.YES:
        st.caption(plain(not_offered("slow log", offer, name)))
        return
    if not snapshot.slow:
        st.caption("Nothing was slow enough for the server's slow log.")
        return
    rows(
        {
            "when": [moment(one.at, page.zone) for one in snapshot.slow],
            "took": [microseconds(one.microseconds) for one in snapshot.slow],
            "command": [raw(one.command) for one in snapshot.slow],
            "arguments": [one.arguments for one in snapshot.slow],
            "client": [raw(one.client or NOTHING) for one in snapshot.slow],
        },
        {
            "when": text_column("When"),
            "took": text_column("Took"),
            "command": text_column("Command"),
            "arguments": number_column("Arguments", "", "How many; they may be secret"),
            "client": text_column("Client"),
        },
        key="cache_slow",
        alt="The slowest commands of late",
    )


def _clients(snapshot: Snapshot, name: str) -> None:
    clients = snapshot.clients
    if clients.connected is not None:
        most = f" of {clients.most:,}" if clients.most else ""
        blocked = f", {clients.blocked:,} blocked" if clients.blocked else ""
        refused = f", {snapshot.totals.rejected:,} refused" if snapshot.totals.rejected else ""
        st.markdown(f"**{clients.connected:,}**{most} connections{blocked}{refused}")
    offer = snapshot.offer("client list")
    if offer is not Offer.YES:
        st.caption(plain(not_offered("client list", offer, name)))
        return
    rows(
        {"name": [raw(one) for one, _ in clients.names], "count": [n for _, n in clients.names]},
        {
            "name": text_column("Name or address"),
            "count": number_column("Connections", "", "Open now"),
        },
        key="cache_clients",
        alt="Connections by name or address",
    )
