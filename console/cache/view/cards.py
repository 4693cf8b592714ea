"""The key figures of a cache."""

import streamlit as st

from console.cache.load import Found
from console.cache.model import Snapshot
from console.cache.verdict import evicts, memory_share
from console.cache.words import limit_of, per_second, share, size
from console.words import NOTHING, percent, response_time

CARD_HEIGHT, CARD_WIDTH = 108, 150  # pixels


def cards(found: Found, snapshot: Snapshot) -> None:
    """Six figures with what they are of."""
    lookups, removed = found.lookups, found.removed
    with st.grid(6, min_column_width=CARD_WIDTH, row_height=CARD_HEIGHT, gap="small"):
        total = lookups.good + lookups.bad
        _card(
            "Hit ratio",
            share(lookups.ratio),
            f"of {total:,} lookups",
            "Hits of hits and misses that the server counted in this window, not since its start.",
        )
        used, most = memory_share(snapshot.memory), snapshot.memory.most
        _card(
            "Memory",
            size(snapshot.memory.used),
            limit_of(most) if used is None else f"{percent(used)} of {size(most)}",
            f"Policy: {snapshot.memory.policy or 'not told'}. "
            + ("Keys are evicted at the limit." if evicts(snapshot.memory) else ""),
        )
        _card(
            "Evicted",
            f"{removed.bad:,}",
            f"{removed.good:,} expired",
            "Keys that were thrown out to make room in this window, and keys whose time had come.",
        )
        _card(
            "Operations",
            per_second(snapshot.operations),
            "now",
            "Commands a second between the last two readings, those of the console included.",
        )
        _card(
            "Round trip",
            response_time(snapshot.round_trip),
            "a PING",
            "From the collector to the server and back, the last reading.",
        )
        keys = snapshot.keys
        expiring = sum(one.expiring for one in snapshot.keyspaces)
        _card(
            "Keys",
            NOTHING if keys is None else f"{keys:,}",
            f"{expiring:,} with an expiry",
            "In all databases.",
        )


def _card(label: str, value: str, note: str, help_text: str) -> None:
    st.metric(label, value, note, delta_color="off", delta_arrow="off", border=True, help=help_text)
