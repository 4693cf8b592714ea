"""What the service itself tells: its own cache by prefix, quotas of external APIs, tokens."""

from collections.abc import Sequence

import streamlit as st

from console.cache.model import Prefix, Quota, Snapshot, Token
from console.cache.verdict import quota_standing, token_standing
from console.ui.format import plain, raw
from console.ui.page import Page
from console.ui.status import MARKS
from console.ui.tables import number_column, rows, status_column, text_column
from console.words import NOTHING, age, duration

NO_KIT = (
    "The service tells nothing of its own cache, quotas and tokens. Its kit would: see "
    "`console/kit/README.md`."
)


def service_side(snapshot: Snapshot, page: Page, now: float) -> None:
    """Prefixes, quotas and tokens; one line where there are none."""
    if not (snapshot.prefixes or snapshot.quotas or snapshot.tokens):
        st.caption(f":material/extension: {NO_KIT}")
        return
    if snapshot.tokens:
        _tokens(snapshot.tokens, now)
    left, right = st.columns(2, gap="small")
    with left.container(border=True, height="stretch"):
        st.subheader("Saved by the service's cache · 24 h", anchor=False)
        _prefixes(snapshot.prefixes)
    with right.container(border=True, height="stretch"):
        st.subheader("External APIs' limits", anchor=False)
        _quotas(snapshot.quotas, now)


def _prefixes(prefixes: Sequence[Prefix]) -> None:
    if not prefixes:
        st.caption("The service counted no lookups in the last 24 hours.")
        return
    saved, calls = sum(p.saved_ms for p in prefixes), sum(p.calls_saved for p in prefixes)
    st.caption(
        f"{duration(saved / 1000)} of waiting and {calls:,} external calls saved, all instances."
    )
    rows(
        {
            "prefix": [raw(one.name) for one in prefixes],
            "hits": [_hits(one) for one in prefixes],
            "from": [f"memory {one.hits_memory:,}\nRedis {one.hits_redis:,}" for one in prefixes],
            "saved": [
                f"{one.calls_saved:,} calls\n{one.saved_ms / 1000:,.1f} s" for one in prefixes
            ],
            "stale": [one.stale for one in prefixes],
            "errors": [one.errors for one in prefixes],
        },
        {
            "prefix": text_column("Prefix", pinned=True),
            "hits": text_column("Hits"),
            "from": text_column("Hits from"),
            "saved": text_column("Saved"),
            "stale": number_column("Stale", "", "Old values that stood in when loading failed"),
            "errors": number_column("Errors", "", "Loads that failed"),
        },
        key="cache_prefixes",
        alt="Hits, lookups, calls and time saved by prefix",
    )


def _hits(one: Prefix) -> str:
    ratio = NOTHING if one.ratio is None else f"{100 * one.ratio:.1f} %"
    return f"{ratio}\nof {one.lookups:,} lookups"


def _quotas(quotas: Sequence[Quota], now: float) -> None:
    if not quotas:
        st.caption("No external API has told a limit in the last 24 hours.")
        return
    rows(
        {
            "status": [[MARKS[quota_standing(one, now)].pill] for one in quotas],
            "api": [raw(f"{one.api} · {one.name}") for one in quotas],
            "left": [_left(one, now) for one in quotas],
            "resets": [_resets(one, now) for one in quotas],
            "heard": [age(now - one.at) for one in quotas],
        },
        {
            "status": status_column(),
            "api": text_column("API · quota", pinned=True),
            "left": text_column("Left"),
            "resets": text_column("Anew in"),
            "heard": text_column("Heard"),
        },
        key="cache_quotas",
        alt="What is left of the rate limits of external APIs",
    )


def _left(quota: Quota, now: float) -> str:
    if quota.blocked_until is not None:
        return "asked to wait" if quota.blocked_until > now else "free again"
    if quota.remaining is None:
        return NOTHING
    limit = NOTHING if quota.limit is None else f"{quota.limit:g}"
    return f"{quota.remaining:g} of {limit}"


def _resets(quota: Quota, now: float) -> str:
    at = quota.blocked_until or quota.reset_at
    if at is None or (quota.blocked_until is not None and at <= now):
        return NOTHING
    return duration(at - now) if at > now else "now"


def _tokens(tokens: Sequence[Token], now: float) -> None:
    with st.container(border=True):
        st.subheader("Tokens of external APIs", anchor=False)
        for token in tokens:
            mark = MARKS[token_standing(token, now)]
            st.markdown(f"{mark.badge} **{plain(token.name, 60)}** {_told(token, now)}")


def _told(token: Token, now: float) -> str:
    if token.state in ("spent_unknown", "refused"):
        why = f" {plain(token.reason, 200)}." if token.reason else ""
        return f"needs re-authorisation:{why} Sign in again and set its new seed."
    parts = [_ends("access token", token.expires_at, now)]
    parts.append(_ends("refresh token", token.refresh_expires_at, now))
    if token.rotated_at is not None:
        by = f" by {plain(token.rotated_by, 64)}" if token.rotated_by else ""
        parts.append(f"last rotated {age(now - token.rotated_at)}{by}")
    return " · ".join(part for part in parts if part)


def _ends(what: str, at: float | None, now: float) -> str:
    if at is None:
        return ""
    if at > now:
        return f"{what} for {duration(at - now)}"
    return f"{what} ended {age(now - at)}"
