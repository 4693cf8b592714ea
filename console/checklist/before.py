"""Two of the questions before a deployment, answered from evidence: variables and dry run. Pure."""

from console.checklist.evidence import (
    DRY_LIMITS,
    NO_KIT,
    NO_REDIS,
    READING_OLD,
    Evidence,
    not_known,
)
from console.checklist.model import Action, Answer, Finding
from console.controls.runs import Run, sentence
from console.settings.model import Group, Severity
from console.settings.overview import of_instances
from console.words import age, counted, duration

DRY_RUN_VALID = 24 * 3600.0  # seconds; checklist B2 of the operations reference
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
