"""What is done during trouble, answered from evidence: switch the mode, test one item. Pure."""

from collections.abc import Sequence

from console.checklist.evidence import (
    DRY_LIMITS,
    FROM_STANDING,
    NO_KIT,
    NO_REDIS,
    READING_OLD,
    Evidence,
    not_known,
)
from console.checklist.model import Action, Answer, Finding
from console.controls.model import (
    FORGOTTEN_FAIL,
    Mode,
    acknowledged,
    evidence,
    present,
    proven,
    remedy,
)
from console.controls.rules import NOT_COMPARABLE
from console.controls.runs import Run, sentence
from console.instances.model import Snapshot
from console.settings.reports import Deployment
from console.words import age, duration, listed

TEST_WITHIN = 3600.0  # seconds after a change; checklist T3 of the operations reference
MOST_LINES = 12  # of evidence
_RUN = Action("Run one item", "controls")
_SOURCE = "of the operations reference"


def switch(e: Evidence) -> Finding:
    """Switch to dry-run mode if needed."""
    if not e.has_redis:
        return not_known(NO_REDIS, "controls")
    found = e.instances
    if found is None:
        return not_known(NO_KIT, "controls")
    if found.problem:
        return not_known(f"The mode cannot be read: {found.problem}", "controls")
    alive, mode = e.alive, present(found)
    if not alive:
        return not_known("No instance is heard of: nobody would follow a switch.", "controls")
    if mode is None:
        return not_known("No instance tells its mode.", "controls")
    seen = acknowledged(found, mode, found.epoch)
    answer, text = _switch(e, found, mode)
    if seen.missing:
        answer, text = Answer.FAIL, remedy(seen)
    needed = mode is Mode.LIVE and bool(e.failing)
    lines = [f"Mode {mode.label}, epoch {found.epoch}."]
    if found.switch and found.switch.set_at:
        by, ago = found.switch.set_by or "somebody", age(e.now - found.switch.set_at)
        lines.append(f"Set by {by} {ago}: {found.switch.reason or 'no reason given'}.")
    lines.append(proven(evidence(found), mode)[1])
    return Finding(
        answer,
        text,
        f"{seen.confirmed} of {seen.instances}",
        "instances have confirmed the mode",
        "every instance, and 0 writes while it is not live",
        f"checklist T2 {_SOURCE}",
        tuple(lines),
        "controls",
        Action("Switch to dry run" if needed else "Open Controls", "controls")
        if answer is not Answer.PASS
        else None,
        found.at,
        READING_OLD,
        seen.confirmed,
        seen.instances,
    )


def _switch(e: Evidence, found: Snapshot, mode: Mode) -> tuple[Answer, str]:
    if mode is Mode.LIVE:
        if not e.known:
            return Answer.UNKNOWN, "Whether it is needed is not known: no check is."
        if e.failing:
            verb = "is" if len(e.failing) == 1 else "are"
            return Answer.WARN, (
                f"{listed(e.failing)} {verb} failing and the mode is live: decide whether writes "
                "should be held."
            )
        return Answer.PASS, "Not needed now: no check fails, and every instance follows the mode."
    standing, told = proven(evidence(found), mode)
    changed = found.switch.set_at if found.switch else None
    if changed is not None and e.now - changed >= FORGOTTEN_FAIL and standing.value == "pass":
        return Answer.WARN, (
            f"{mode.label.capitalize()} for {duration(e.now - changed)}: was it forgotten? {told}"
        )
    return FROM_STANDING[standing], f"{mode.label.capitalize()} holds. {told}"


def single(e: Evidence) -> Finding:
    """Test single item after configuration changes."""
    found = e.settings
    if not e.has_redis:
        return not_known(NO_REDIS, "settings")
    if found is None or not found.variants:
        return not_known(NO_KIT, "settings")
    if found.problem:
        return not_known(f"Which settings run is not known: {found.problem}", "settings")
    changed, is_first = changed_at(found.deployments, found.variants[0].report.fingerprint)
    answer, text, run = _single(e, changed, is_first)
    lines = [
        f"{one.commit[:12] or 'commit not told'}, settings {one.report.fingerprint[:8]}: first "
        f"seen {age(e.now - one.first_at)}, last {age(e.now - one.last_at)}"
        for one in found.deployments[:3]
    ]
    if run is not None:
        lines.insert(0, f"{sentence(run)} By {run.by}, {age(e.now - run.at)}.")
    release = e.release
    return Finding(
        answer,
        text,
        duration(e.now - changed) if changed is not None else "",
        "since the settings changed" if not is_first else "since these settings were first seen",
        f"an item passes within {duration(TEST_WITHIN)} of a change, with the same settings",
        f"checklist T3 {_SOURCE}",
        tuple(lines[:MOST_LINES]),
        "controls",
        None if answer is Answer.PASS else _RUN,
        found.at,
        READING_OLD,
        release.instances if answer is Answer.PASS else None,
        release.instances,
        not_covered=DRY_LIMITS if run is not None and run.dry and run.passed else "",
    )


def _single(e: Evidence, changed: float | None, is_first: bool) -> tuple[Answer, str, Run | None]:
    if changed is None:
        return Answer.UNKNOWN, "When the settings changed is not known.", None
    ago = age(e.now - changed)
    since = [run for run in e.runs if run.state == "ended" and run.at >= changed]
    passed = _passed(since, e)
    if passed is None and is_first:  # a run from before the console's first look counts as well
        passed = _passed([run for run in e.runs if run.state == "ended"], e)
    if passed is not None:
        return *_of_passed(passed, e), passed
    failed = since[0] if since else None
    if failed is not None and not failed.passed:
        return Answer.FAIL, f"The last item since the change failed: {sentence(failed)}", failed
    if failed is not None:
        text = (
            f"{failed.item} passed after the change; whether with the settings that run now cannot "
            "be told. Set OPS_FINGERPRINT_KEY on the instances."
        )
        return Answer.UNKNOWN, text, failed
    if is_first:
        text = (
            f"These settings have been seen for {duration(e.now - changed)}, and no item was "
            "tested with them."
        )
        return Answer.UNKNOWN, text, None
    if e.now - changed <= TEST_WITHIN:
        return Answer.WARN, f"The settings changed {ago}: test one item.", None
    return Answer.FAIL, f"The settings changed {ago}, and no item was tested since.", None


def _passed(runs: Sequence[Run], e: Evidence) -> Run | None:
    """The newest run with the settings that run now that passed; a live one, where there is one."""
    mine = [run for run in runs if run.passed and e.run_is_of_now(run)]
    return next((run for run in mine if not run.dry), mine[0] if mine else None)


def _of_passed(passed: Run, e: Evidence) -> tuple[Answer, str]:
    when = age(e.now - passed.at)
    failed = e.failed_live(passed)
    if failed is not None:
        answer = Answer.WARN if passed.dry else Answer.FAIL
        how = "a dry run" if passed.dry else "live"
        return answer, (
            f"{passed.item} passed {how} {when}, and failed live {age(e.now - failed.at)}: "
            f"{sentence(failed)}"
        )
    if passed.dry:
        return Answer.PASS, f"{passed.item} passed a dry run {when} with the settings that run now."
    return Answer.PASS, f"{passed.item} passed {when} with the settings that run now."


def changed_at(deployments: Sequence[Deployment], fingerprint: str) -> tuple[float | None, bool]:
    """When the settings that run now began to, and whether none were known before.

    A way back to older settings is a change as well: it began when the others were last seen.
    """
    if fingerprint in ("", NOT_COMPARABLE):
        reports = {one.report for one in deployments}
        if len(reports) < 2:
            return min((one.first_at for one in deployments), default=None), True
        newest = max(deployments, key=lambda one: one.last_at)
        mine = [one for one in deployments if one.report == newest.report]
        others = [one for one in deployments if one.report != newest.report]
    else:
        mine = [one for one in deployments if one.report.fingerprint == fingerprint]
        others = [one for one in deployments if one.report.fingerprint != fingerprint]
    if not mine:
        return None, False
    began = min(one.first_at for one in mine)
    later = max((one.last_at for one in others), default=began)
    return max(began, later), not others
