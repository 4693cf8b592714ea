"""What the server tells of itself: facts, time per command, slow log, clients."""

from collections.abc import Mapping

import streamlit as st

from console.cache.model import Offer, Snapshot
from console.cache.words import limit_of, microseconds, not_offered, share, size
from console.ui.format import plain, raw
from console.ui.page import Page
from console.ui.tables import facts, number_column, rows, text_column
from console.words import NOTHING, duration, moment

MOST_COMMANDS = 15  # rows

Spent = Mapping[str, tuple[int, float]]  # command -> calls and microseconds of the window


def server(snapshot: Snapshot, spent: Spent, page: Page) -> None:
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
        _commands(snapshot, spent, name)
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


def _commands(snapshot: Snapshot, spent: Spent, name: str) -> None:
    if not snapshot.commands:
        st.caption(plain(not_offered("time by command", Offer.NO, name)))
        return
    if not spent:
        st.caption("No command was counted in this window yet.")
        return
    st.caption(
        "Calls and time of this window. The percentiles are the server's own: since its start, or "
        "since somebody reset its statistics."
    )
    known = {one.name.lower(): one for one in snapshot.commands}
    total = sum(microseconds for _, microseconds in spent.values()) or 1.0
    costly = sorted(spent.items(), key=lambda one: -one[1][1])[:MOST_COMMANDS]
    told = [known.get(command) for command, _ in costly]
    rows(
        {
            "command": [raw(command.upper()) for command, _ in costly],
            "share": [100 * microseconds / total for _, (_, microseconds) in costly],
            "calls": [calls for _, (calls, _) in costly],
            "mean": [microseconds / calls for _, (calls, microseconds) in costly],
            "p50": [one and one.p50 for one in told],
            "p99": [one and one.p99 for one in told],
            "p999": [one and one.p999 for one in told],
            "failed": [one and one.failed + one.rejected for one in told],
        },
        {
            "command": text_column("Command", pinned=True),
            "share": number_column("Time", "%", "Of the time of all commands of this window", 1),
            "calls": number_column("Calls", "", "In this window"),
            "mean": number_column("Mean", "µs", "Time on the server for one call, this window", 1),
            "p50": number_column("p50", "µs", "Half of the calls were at least this fast", 1),
            "p99": number_column("p99", "µs", "99 of 100 calls were at least this fast", 1),
            "p999": number_column("p99.9", "µs", "999 of 1000 were at least this fast", 1),
            "failed": number_column("Failed", "", "Failed or rejected since the server's start"),
        },
        key="cache_commands",
        alt="Calls and time of each command",
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
