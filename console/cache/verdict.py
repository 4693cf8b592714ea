"""How the cache stands in one sentence, and what to look at. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.cache.counting import Share
from console.cache.model import Memory, Offer, Quota, Snapshot, Token
from console.cache.upstash import model as upstash
from console.cache.upstash.model import Usage
from console.health.summary import Standing
from console.words import counted, duration, percent

SNAPSHOT_OLD = 150.0  # seconds after which what was read is no longer known
BILLED_SNAPSHOT_OLD = 2000.0  # the same for a billed server, which is read four times an hour
RATIO_WARN = 0.75  # hits of lookups; Datadog's dashboard for Redis is red below 75 %
LOOKUPS_LEAST = 100  # a ratio of fewer says nothing
MEMORY_WARN, MEMORY_FAIL = 0.80, 0.95  # of the limit, where nothing may be evicted
CLIENTS_WARN = 0.80  # of the server's limit
# Redis' own documentation calls a ratio above 1.5 fragmented; with little memory it means nothing,
# because what the program itself takes outweighs the data.
FRAGMENTATION_WARN, FRAGMENTATION_LEAST = 1.5, 256 * 1024**2  # resident bytes
QUOTA_WARN = 0.20  # of an external API's quota
REFRESH_WARN, REFRESH_FAIL = 14 * 86_400.0, 3 * 86_400.0  # seconds before a refresh token ends
QUOTA_OLD = 900.0  # seconds after which what an API said of its quota is unknown

Finding = tuple[Standing, str]
_RANK = {Standing.PASS: 0, Standing.WARN: 1, Standing.UNKNOWN: 2, Standing.FAIL: 3}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The cache at one moment."""

    standing: Standing
    sentence: str
    findings: tuple[Finding, ...] = ()


def judge(
    snapshot: Snapshot | None,
    lookups: Share,
    removed: Share,
    now: float,
    usage: Usage | None = None,
) -> Verdict:
    """The verdict; `lookups` and `removed` are of the page's window."""
    if snapshot is None:
        return Verdict(Standing.UNKNOWN, "Nothing is known of a cache yet.")
    if now - snapshot.at > (BILLED_SNAPSHOT_OLD if snapshot.billed else SNAPSHOT_OLD):
        age = duration(now - snapshot.at)
        return Verdict(Standing.UNKNOWN, f"How the cache stands is not known for {age}.")
    if snapshot.problem:
        return Verdict(Standing.FAIL, snapshot.problem)
    every = [*_findings(snapshot, lookups, removed, now), *upstash.findings(usage, now)]
    found = sorted(every, key=lambda one: -_RANK[one[0]])
    if found:
        return Verdict(found[0][0], found[0][1], tuple(found))
    return Verdict(Standing.PASS, _good(snapshot, lookups))


def memory_share(memory: Memory) -> float | None:
    """The share of the limit that is in use; None where there is no limit."""
    return memory.used / memory.most if memory.used is not None and memory.most else None


def evicts(memory: Memory) -> bool:
    """Whether the server makes room by itself."""
    return bool(memory.policy) and memory.policy != "noeviction"


def quota_standing(quota: Quota, now: float) -> Standing:
    """How a quota stands; what an API said too long ago is unknown."""
    if quota.blocked_until is not None:
        return Standing.FAIL if quota.blocked_until > now else Standing.PASS
    if now - quota.at > max(QUOTA_OLD, 2 * (quota.window or 0.0)):
        return Standing.UNKNOWN
    if quota.reset_at is not None and quota.reset_at <= now and quota.name != "own":
        return Standing.PASS  # a new window has begun
    if quota.remaining is None or not quota.limit:
        return Standing.UNKNOWN
    if quota.remaining <= 0:
        return Standing.FAIL
    return Standing.WARN if quota.remaining < QUOTA_WARN * quota.limit else Standing.PASS


def token_standing(token: Token, now: float) -> Standing:
    """How a token stands: whether a person must do something, and how soon."""
    if token.state in ("spent_unknown", "refused"):
        return Standing.FAIL
    if token.state != "ok":
        return Standing.UNKNOWN
    ends = token.refresh_expires_at
    if ends is None:
        return Standing.PASS
    left = ends - now
    if left < REFRESH_FAIL:
        return Standing.FAIL
    return Standing.WARN if left < REFRESH_WARN else Standing.PASS


def _findings(snapshot: Snapshot, lookups: Share, removed: Share, now: float) -> Sequence[Finding]:
    return [
        *_of_tokens(snapshot.tokens, now),
        *_of_quotas(snapshot.quotas, now),
        *_of_server(snapshot),
        *_of_kit(snapshot),
        *_of_window(snapshot, lookups, removed),
    ]


def _of_tokens(tokens: Sequence[Token], now: float) -> list[Finding]:
    found: list[Finding] = []
    for token in tokens:
        standing = token_standing(token, now)
        if token.state in ("spent_unknown", "refused"):
            why = f": {token.reason}" if token.reason else ""
            found.append((standing, f"The token {token.name} needs re-authorisation{why}."))
        elif standing in (Standing.FAIL, Standing.WARN) and token.refresh_expires_at:
            left = duration(max(0.0, token.refresh_expires_at - now))
            found.append((standing, f"The refresh token {token.name} ends in {left}."))
    return found


def _of_quotas(quotas: Sequence[Quota], now: float) -> list[Finding]:
    found: list[Finding] = []
    for quota in quotas:
        standing = quota_standing(quota, now)
        if quota.blocked_until is not None and standing is Standing.FAIL:
            left = duration(quota.blocked_until - now)
            text = f"{quota.api} asked everybody to wait for another {left}."
            found.append((Standing.WARN, text))
        elif standing in (Standing.FAIL, Standing.WARN) and quota.remaining is not None:
            whose = "own limit" if quota.name == "own" else f"quota {quota.name}"
            text = f"{quota.api}: {quota.remaining:g} of {quota.limit or 0:g} calls left ({whose})."
            found.append((Standing.WARN, text))
    return found


def _of_server(snapshot: Snapshot) -> list[Finding]:
    found: list[Finding] = []
    memory, clients, disk = snapshot.memory, snapshot.clients, snapshot.persistence
    share = memory_share(memory)
    if share is not None and not evicts(memory) and share >= MEMORY_WARN:
        standing = Standing.FAIL if share >= MEMORY_FAIL else Standing.WARN
        text = f"{percent(share)} of the memory is used, and nothing may be evicted."
        found.append((standing, text))
    if (memory.fragmentation or 0.0) > FRAGMENTATION_WARN and (
        memory.resident or 0
    ) >= FRAGMENTATION_LEAST:
        text = (
            f"The memory is fragmented: {memory.fragmentation:.1f} bytes held for each in use. "
            "Switch on activedefrag, or restart the server in a quiet hour."
        )
        found.append((Standing.WARN, text))
    if clients.connected and clients.most and clients.connected >= CLIENTS_WARN * clients.most:
        text = f"{clients.connected} of {clients.most} connections are in use."
        found.append((Standing.WARN, text))
    if snapshot.server and snapshot.server.link == "down":
        found.append((Standing.FAIL, "This replica has lost its primary."))
    if disk.snapshots not in ("", "ok"):
        found.append((Standing.WARN, "The last snapshot to disk failed."))
    if disk.append_only and disk.append_status not in ("", "ok"):
        found.append((Standing.FAIL, "The append-only file cannot be written."))
    if snapshot.server and snapshot.offer("information") is Offer.FORBIDDEN:
        found.append((Standing.WARN, "The console's user may not read INFO."))
    return found


def _of_kit(snapshot: Snapshot) -> list[Finding]:
    """The kit keeps mode, tokens and ledger beside the cache: they must outlive it."""
    if not snapshot.tokens or snapshot.server is None:
        return []
    found: list[Finding] = []
    if snapshot.memory.policy.startswith("allkeys"):
        text = (
            f"The policy {snapshot.memory.policy} may evict the kit's tokens, mode and ledger: set "
            "maxmemory-policy to volatile-lru."
        )
        found.append((Standing.WARN, text))
    if snapshot.persistence.append_only is False and not snapshot.billed:
        text = (
            "The append-only file is off: a restart may lose the kit's tokens, which can be used "
            "only once. Set appendonly to yes."
        )
        found.append((Standing.WARN, text))
    return found


def _of_window(snapshot: Snapshot, lookups: Share, removed: Share) -> list[Finding]:
    found: list[Finding] = []
    if removed.bad:
        text = f"{counted(removed.bad, 'key')} evicted in this window: memory is short."
        found.append((Standing.WARN, text))
    ratio = lookups.ratio
    if ratio is not None and lookups.good + lookups.bad >= LOOKUPS_LEAST and ratio < RATIO_WARN:
        text = f"Only {percent(ratio)} of the lookups in this window were hits."
        found.append((Standing.WARN, text))
    if not snapshot.server:
        found.append((Standing.UNKNOWN, "The server tells nothing of itself."))
    return found


def _good(snapshot: Snapshot, lookups: Share) -> str:
    server = snapshot.server
    name = f"{server.name} {server.version}" if server else "The cache"
    if lookups.ratio is None:
        return f"{name} answers; there were no lookups in this window."
    return f"{name} answers; {percent(lookups.ratio, 1)} of the lookups in this window were hits."
