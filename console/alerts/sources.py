"""What fires an alert: checks, quotas, expiries, instances, a forgotten mode, a closing. Pure.

Each function turns what the collector knows into signals. What was read too long ago says nothing.
"""

from collections.abc import Iterable, Mapping

from console.alerts.signal import FACTS, READINGS, Signal
from console.cache.model import Quota, Token
from console.cache.model import Snapshot as CacheSnapshot
from console.cache.verdict import quota_standing, token_standing
from console.health.check import Service
from console.health.figures import certificate_standing
from console.health.model import CheckState, Status
from console.health.summary import Standing
from console.instances.model import SNAPSHOT_OLD, Life, judge
from console.instances.model import Snapshot as InstancesSnapshot
from console.month_end.verdict import STANDING, Verdict
from console.words import counted, duration, sentence

DRY_RUN_WARN, DRY_RUN_FAIL = 30 * 60.0, 4 * 3600.0  # seconds a mode other than live may last
# Seconds after which a silent instance is no alert any more: by then its platform has replaced it.
MISSING_FOR = 15 * 60.0
CACHE_OLD = 2000.0  # seconds; a billed server is read four times an hour, and may miss one

# Seconds. A quota that is renewed so soon may be used up: whoever waits goes on at once. An API
# that asks to wait (429, Retry-After) is another matter.
SHORT_WINDOW = 300.0

CHECK, CERTIFICATE = "check:", "certificate:"  # what the keys of those begin with

_STATUS = {
    Standing.PASS: Status.PASS,
    Standing.WARN: Status.WARN,
    Standing.FAIL: Status.FAIL,
}


def of_checks(service: Service, states: Mapping[str, CheckState]) -> list[Signal]:
    """The checks. Their thresholds have been applied: each state is a fact here."""
    labels = {check.name: check.label for check in service.checks}
    return [
        _of_check(states[check.name], check.label, labels)
        for check in service.checks
        if check.name in states
    ]


def _of_check(state: CheckState, label: str, labels: Mapping[str, str]) -> Signal:
    status, summary, since = state.status, state.reason, state.alert.bad_since
    explained = ""
    if state.alert.active and state.caused_by:
        status, explained = Status.FAIL, labels.get(state.caused_by, state.caused_by)
        summary = state.last_failure.message if state.last_failure else summary
    elif state.incident is not None:
        status, summary, since = Status.FAIL, state.incident.message, state.incident.started_at
    elif state.alert.active:
        status = Status.UNKNOWN  # whether a parent explains it shows with the parent's next result
    elif status is not Status.UNKNOWN:
        status = Status.PASS  # slow, or a first failure: Health shows it, nobody is called for it
    return Signal(
        CHECK + state.check,
        label,
        status,
        sentence(summary),
        "health",
        CHECK + (state.caused_by or state.check),
        since,
        explained_by=explained,
        thresholds=FACTS,
        holds=True,  # Health has its own rules for what is not known
    )


def of_certificates(service: Service, states: Mapping[str, CheckState], now: float) -> list[Signal]:
    """TLS certificates that checks have seen, by when they expire."""
    found: list[Signal] = []
    for check in service.checks:
        ends = states[check.name].certificate_expires_at if check.name in states else None
        if ends is None:
            continue
        left = f"in {duration(ends - now)}" if ends > now else f"{duration(now - ends)} ago"
        text = f"The certificate expire{'s' if ends > now else 'd'} {left}."
        status = _STATUS.get(certificate_standing(ends, now), Status.UNKNOWN)
        key = CERTIFICATE + check.name
        found.append(
            Signal(key, f"Certificate of {check.label}", status, text, "health", thresholds=FACTS)
        )
    return found


def of_cache(snapshot: CacheSnapshot | None, now: float) -> list[Signal]:
    """Quotas of external APIs and tokens, as the service's instances report them."""
    if snapshot is None or snapshot.problem or now - snapshot.at > CACHE_OLD:
        return []
    # its own limit holds a service back, as it should: nobody is called for that
    quotas = [_of_quota(one, snapshot.at, now) for one in snapshot.quotas if one.name != "own"]
    return quotas + [_of_token(one, snapshot.at, now) for one in snapshot.tokens]


def _of_quota(quota: Quota, at: float, now: float) -> Signal:
    status = _STATUS.get(quota_standing(quota, now), Status.UNKNOWN)
    if quota.blocked_until is not None and quota.blocked_until > now:
        wait = duration(quota.blocked_until - now)
        text = f"{quota.api} asked everybody to wait for another {wait}."
    elif quota.remaining is not None and quota.limit:
        text = f"{quota.remaining:g} of {quota.limit:g} calls are left ({quota.name})."
        window = quota.window or (quota.reset_at or float("inf")) - quota.at
        if window <= SHORT_WINDOW and status is not Status.UNKNOWN:
            status = Status.PASS
    else:
        text = f"What is left of it is not known ({quota.name})."
    return Signal(
        f"quota:{quota.api}:{quota.name}",
        f"Rate limit of {quota.api}",
        status,
        text,
        "cache",
        f"quota:{quota.api}",
        at=at,
        thresholds=READINGS,
    )


def _of_token(token: Token, at: float, now: float) -> Signal:
    standing = token_standing(token, now)
    if token.state in ("spent_unknown", "refused"):
        why = f": {token.reason}" if token.reason else ""
        text = f"It needs re-authorisation by a person{why}"
    elif token.refresh_expires_at is not None:
        text = f"The refresh token ends in {duration(max(0.0, token.refresh_expires_at - now))}"
    else:
        text = "When it ends is not known"
    return Signal(
        f"token:{token.name}",
        f"Token {token.name}",
        _STATUS.get(standing, Status.UNKNOWN),
        sentence(text),
        "cache",
        at=at,
        thresholds=FACTS,
    )


def of_instances(snapshot: InstancesSnapshot | None, now: float) -> list[Signal]:
    """Instances that fell silent without a goodbye, and a mode that somebody forgot."""
    if snapshot is None or snapshot.problem or now - snapshot.at > SNAPSHOT_OLD:
        return []
    found = [_of_mode(snapshot, now)]
    if snapshot.heard:
        found.append(_of_silence(snapshot))
    return found


def _of_silence(snapshot: InstancesSnapshot) -> Signal:
    judged = [judge(heard, snapshot) for heard in snapshot.heard]
    alive = sum(one.life is not Life.SILENT for one in judged)
    silent = [one for one in judged if one.life is Life.SILENT and one.silent_for <= MISSING_FOR]
    if not silent:
        status, text = Status.PASS, f"{counted(alive, 'instance')} heard of, none fell silent."
        if not alive:
            status, text = Status.UNKNOWN, "No instance is heard of."
    elif alive:
        names = counted(len(silent), "instance")
        status, text = Status.WARN, f"{names} fell silent without a goodbye; {alive} still run."
    else:
        names = counted(len(silent), "instance")
        status, text = Status.FAIL, f"No instance is heard of: {names} fell silent."
    return Signal(
        "instances:silent", "Instances", status, text, "instances", at=snapshot.at,
        thresholds=READINGS,
    )  # fmt: skip


def _of_mode(snapshot: InstancesSnapshot, now: float) -> Signal:
    """A dry run or a pause that lasts, and that nothing will end."""
    switch, word = snapshot.switch, snapshot.mode.replace("_", " ")
    status, text, since = Status.PASS, "The mode is live.", None
    if snapshot.mode in ("dry_run", "paused"):
        since = switch.set_at if switch else None
        lasts = None if since is None else now - since
        if switch is not None and switch.expires_at is not None:
            text = f"The mode is {word}; it ends by itself."
        elif lasts is None:
            text = f"The mode is {word}; since when is not known."
            status = Status.UNKNOWN
        else:
            by = f", set by {switch.set_by}" if switch and switch.set_by else ""
            text = f"The mode is {word} for {duration(lasts)}{by}, and nothing will end it."
            if lasts >= DRY_RUN_FAIL:
                status = Status.FAIL
            elif lasts >= DRY_RUN_WARN:
                status = Status.WARN
    return Signal(
        "mode:forgotten", "Mode", status, text, "controls", since=since, at=snapshot.at,
        thresholds=FACTS,
    )  # fmt: skip


def of_closing(name: str, verdict: Verdict | None, at: float) -> list[Signal]:
    """The newest closing: at risk warns, late fails. `at` is when its ledger was read."""
    if verdict is None or not name:
        return []
    status = _STATUS.get(STANDING[verdict.word], Status.UNKNOWN)
    title = f"Closing {name}"
    key = f"closing:{name}"
    return [Signal(key, title, status, verdict.sentence, "month_end", at=at, thresholds=READINGS)]


def planned(service: Service, signals: Iterable[Signal], now: float) -> set[str]:
    """The keys that a planned maintenance covers now."""
    windows = service.windows(now, now)
    return {
        signal.key
        for signal in signals
        if any(window.covers(_check_of(signal.key), now) for window in windows)
    }


def _check_of(key: str) -> str:
    """The check that an alert is about; empty for one that is about none."""
    for kind in (CHECK, CERTIFICATE):
        if key.startswith(kind):
            return key.removeprefix(kind)
    return ""
