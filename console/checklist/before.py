"""The three questions before a deployment, answered from evidence. Pure."""

from console.cache.model import Token
from console.cache.verdict import token_standing
from console.checklist.evidence import (
    BILLED_OLD,
    DRY_LIMITS,
    NO_KIT,
    NO_REDIS,
    READING_OLD,
    Evidence,
    not_known,
    worst,
)
from console.checklist.model import DAY, Action, Answer, Finding
from console.controls.runs import Run, sentence
from console.health.judge import CERTIFICATE_FAIL, CERTIFICATE_WARN
from console.health.summary import Standing
from console.settings.model import Group, Severity
from console.settings.overview import of_instances
from console.words import age, counted, duration
from console.words import date as date_name

DRY_RUN_VALID = 24 * 3600.0  # seconds; checklist B2 of the operations reference
TOKEN_MARGIN = 14 * DAY  # seconds beyond the window's end; checklist B3
TOKENS_TOLD = 300.0  # seconds after its start within which a service may not have told its tokens
WRITES = ("permitted", "granted", "unverified")  # verdicts under which something was written
MOST_LINES = 12  # of evidence

_MEND = Action("Mend the settings", "settings")
_RUN_DRY = Action("Run one item dry", "controls")


def variables(e: Evidence) -> Finding:
    """All required environment variables set?"""
    if not e.has_redis:
        return not_known(NO_REDIS, "settings")
    found = e.settings
    if found is None:
        return not_known(NO_KIT, "settings")
    shown = of_instances(e.spec, found, e.spec_problems, e.now)
    if not shown.rows:
        return not_known(shown.sentence, "settings")
    required = shown.rows.get(Group.REQUIRED, ())
    if not required:
        return not_known(
            "No variable is known to be required. Name a specification: CONSOLE_SETTINGS_SPEC.",
            "settings",
        )
    there = sum(row.present == "set" for row in required)
    reporting = sum(len(one.instances) for one in found.variants)
    errors, warnings = shown.count(Severity.ERROR), shown.count(Severity.WARN)
    answer = Answer.FAIL if errors else Answer.WARN if warnings else Answer.PASS
    text = (
        shown.sentence
        if errors or warnings
        else (
            f"All {counted(len(required), 'required variable')} are set, and nothing is wrong with "
            "them."
        )
    )
    if there < len(required) and answer is not Answer.FAIL:
        answer, text = Answer.FAIL, f"{len(required) - there} required variables are not set."
    if shown.under_way and answer is not Answer.FAIL:
        answer, text = Answer.UNKNOWN, shown.sentence
    elif reporting < found.alive and answer is not Answer.FAIL:
        answer = Answer.UNKNOWN
        text = f"{reporting} of {counted(found.alive, 'instance')} report their settings. {text}"
    problems = [
        f"{one.name} {one.text}" for one in shown.findings if one.severity is not Severity.NOTE
    ]
    return Finding(
        answer,
        text,
        f"{there} of {len(required)}",
        "required variables set",
        "all set, well-formed, and the same on every instance",
        _specification(e),
        tuple(problems[:MOST_LINES]),
        "settings",
        _MEND if answer in (Answer.FAIL, Answer.WARN) else None,
        found.at,
        READING_OLD,
        reporting,
        found.alive,
    )


def _specification(e: Evidence) -> str:
    if e.spec_name:
        return f"the specification {e.spec_name}"
    return "what the instances report of their settings class"


def dry_run(e: Evidence) -> Finding:
    """Verified operation in dry-run mode?"""
    if not e.can_run:
        return not_known(
            "The console cannot run an item of this service. Give it the service's RUN_TOKEN, or "
            "describe an endpoint: run_url, run_method, run_body.",
            "controls",
        )
    ended = [run for run in e.runs if run.dry and run.state in ("ended", "unknown")]
    if not ended:
        return Finding(
            Answer.UNKNOWN, "No dry run is known.", page="controls", action=_RUN_DRY,
            threshold=_DRY_THRESHOLD, source=_DRY_SOURCE,
        )  # fmt: skip
    last = ended[0]
    answer, text = _dry_run(e, last)
    release = e.release
    if release.instances is None and answer in (Answer.PASS, Answer.WARN):
        answer = Answer.UNKNOWN
        text = f"Which commit and settings run now is not known. {text}"
    return Finding(
        answer,
        text,
        duration(max(0.0, e.now - last.at)),
        "since the last dry run",
        _DRY_THRESHOLD,
        _DRY_SOURCE,
        tuple(
            f"{sentence(one)} By {one.by}, {age(e.now - one.at)}; settings "
            f"{one.fingerprint[:8] or 'not told'}, commit {one.commit[:12] or 'not told'}."
            for one in ended[:3]
        ),
        "controls",
        None if answer is Answer.PASS else _RUN_DRY,
        last.at,
        None,  # its age is part of the answer
        release.instances if answer is Answer.PASS else None,
        release.instances,
        not_covered=DRY_LIMITS,
    )


_DRY_THRESHOLD = "passed, 0 writes, same commit and settings, at most 24 h old"
_DRY_SOURCE = "checklist B2 of the operations reference"


def _dry_run(e: Evidence, run: Run) -> tuple[Answer, str]:
    when = age(e.now - run.at)
    if not run.passed:
        answer = Answer.FAIL if run.state == "ended" else Answer.UNKNOWN
        return answer, f"The last dry run, {when}: {sentence(run)}"
    written = sum(_count(run, verdict) for verdict in WRITES)
    if written:
        return Answer.FAIL, f"The dry run of {run.item} made {counted(written, 'write')}, {when}."
    same = e.run_is_of_now(run)
    if same is None:
        return Answer.UNKNOWN, (
            f"{run.item} passed a dry run {when}; whether commit and settings are still the same "
            "cannot be told. Set OPS_FINGERPRINT_KEY on the instances, or run one item again."
        )
    if not same:
        return Answer.FAIL, (
            f"The last dry run, {when}, was of another commit or other settings than run now."
        )
    if "writes" not in run.report:
        return Answer.WARN, f"{run.item} passed {when}; the service does not count its writes."
    failed = e.failed_live(run)
    if failed is not None:
        return Answer.WARN, (
            f"{run.item} passed a dry run {when}, and failed live {age(e.now - failed.at)}: "
            f"{sentence(failed)}"
        )
    if e.now - run.at > DRY_RUN_VALID:
        return Answer.WARN, f"The last dry run passed, and is {duration(e.now - run.at)} old."
    return Answer.PASS, (
        f"{run.item} passed a dry run {when} with the commit and the settings that run now; "
        "0 writes."
    )


def _count(run: Run, verdict: str) -> int:
    listed = run.report.get("writes")
    value: object = listed.get(verdict) if isinstance(listed, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # JSON from outside
    return value if isinstance(value, int) else 0


def tokens(e: Evidence) -> Finding:
    """Token expiry sufficient?"""
    kept = e.cache if e.cache and not e.cache.problem else None
    told = kept.tokens if kept else ()
    judged = [_token(one, e) for one in told] + [
        one for check in e.checks if (one := _certificate(check.check.label,
                                                          check.state.certificate_expires_at, e))
    ]  # fmt: skip
    order = list(Answer)
    judged.sort(key=lambda one: order.index(one[0]))
    page = "cache" if told else "health"
    until = date_name(e.closing_until, e.zone) if e.closing else "the end of the closing's window"
    threshold = f"valid to {until} (the closing's window), and 14 days beyond"
    source = "checklist B3 of the operations reference; certificates 7 and 30 days"
    if not told:
        why = _no_token(e)
        if e.cache and e.cache.problem:
            why = f"Its tokens cannot be read: {e.cache.problem}"
        text = f"{why} Somebody who knows when its tokens end can attest it."
        answer = worst([Answer.UNKNOWN, *(one[0] for one in judged)])
        if answer is Answer.FAIL:
            text = f"{judged[0][1]} {text}"
        return Finding(answer, text, threshold=threshold, source=source, page=page,
                       evidence=tuple(line for _, line in judged[:MOST_LINES]))  # fmt: skip
    answer = worst([one for one, _ in judged])
    last = "lasts" if len(told) == 1 else "last"
    text = f"{counted(len(told), 'token')} {last} beyond the closing's window ({until})."
    if answer is not Answer.PASS:
        text = judged[0][1]
    ends = [at for one in told if (at := _end(one)) is not None]
    return Finding(
        answer,
        text,
        duration(min(ends) - e.now) if ends and min(ends) > e.now else "",
        "until the first one ends" if ends and min(ends) > e.now else "",
        threshold,
        source,
        tuple(line for _, line in judged[:MOST_LINES]),
        page,
        Action("See the tokens", "cache") if answer is not Answer.PASS else None,
        kept.at if kept else None,
        BILLED_OLD if kept and kept.billed else READING_OLD,
    )


def _no_token(e: Evidence) -> str:
    """Why no token is known. A service writes its tokens when it first needs them."""
    if not e.has_redis:
        return NO_REDIS
    starts = [at for one in e.alive if (at := one.beat.started_at) is not None]
    if e.cache is None or not starts or e.now - min(starts) < TOKENS_TOLD:
        return "Its tokens are not read yet: that takes a few minutes after a start."
    return "The service tells of no token it keeps (kit.token)."


def _end(token: Token) -> float | None:
    """When a person must act: a refresh token renews the access token by itself."""
    return token.refresh_expires_at or token.expires_at


def _token(token: Token, e: Evidence) -> tuple[Answer, str]:
    name, end = f"Token {token.name}", _end(token)
    if token.state and token.state != "ok":
        why = f" ({token.reason})" if token.reason else ""
        return Answer.FAIL, f"{name} is not usable: {token.state.replace('_', ' ')}{why}."
    if not token.state:
        return Answer.UNKNOWN, f"{name}: the service does not tell how it stands."
    if end is None:
        return Answer.UNKNOWN, f"{name}: when it ends is not told."
    kind = "refresh token ends" if token.refresh_expires_at else "ends"
    told = f"{name}: its {kind}" if token.refresh_expires_at else f"{name} {kind}"
    when = date_name(end, e.zone)
    if end <= e.now:
        return Answer.FAIL, f"{told.replace('ends', 'ended')} on {when}."
    if token.refresh_expires_at is None and end < e.closing_until:
        return Answer.UNKNOWN, f"{told} on {when}; how long it can be renewed is not told."
    if end < e.closing_until or token_standing(token, e.now) is Standing.FAIL:
        return Answer.FAIL, f"{told} on {when}, before the closing's window does."
    if end < e.closing_until + TOKEN_MARGIN or token_standing(token, e.now) is Standing.WARN:
        return Answer.WARN, f"{told} on {when}, within 14 days after the closing's window."
    return Answer.PASS, f"{told} on {when}."


def _certificate(label: str, end: float | None, e: Evidence) -> tuple[Answer, str] | None:
    if end is None:
        return None
    left = end - e.now
    answer = (
        Answer.FAIL
        if left < CERTIFICATE_FAIL
        else Answer.WARN
        if left < CERTIFICATE_WARN
        else Answer.PASS
    )
    return answer, f"The certificate of {label} ends on {date_name(end, e.zone)}."
