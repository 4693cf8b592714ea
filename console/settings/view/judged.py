"""The chosen source, judged: what the verdict, the cards and the tables are drawn from."""

from collections.abc import Mapping

from console.settings.causes import attributed
from console.settings.check import check_given
from console.settings.drift import platform_findings
from console.settings.limits import limit_findings, placed
from console.settings.model import Finding, Given
from console.settings.overview import (
    Overview,
    of_file,
    of_instances,
    unknown,
    with_limits,
    without_source,
)
from console.settings.report_rules import spec_of
from console.settings.reports import Snapshot, Variant
from console.settings.rollout import restarting
from console.settings.state import PROCESS_KEY
from console.settings.view.file import FILE, OWN, environment, kept_file
from console.settings.view.platform import Told
from console.settings.view.source import OWN_NAME, Wanted, given_of, limits_of
from console.timeouts.lint import Severity as LintSeverity
from console.timeouts.view import judge
from console.ui.page import Page

MOST_CASES = 4  # kinds of instances whose time limits are judged, some milliseconds each


def judged(
    page: Page, wanted: Wanted, snapshot: Snapshot | None, source: str, told: Told, now: float
) -> Overview:
    """Everything that is known of the source."""
    if source in (FILE, OWN):
        return _of_values(page, wanted, source, now)
    if snapshot is None:
        shown = unknown("Which settings run is not known: no instance has reported them.")
    else:
        spec = wanted.spec if wanted.named else None
        problems = list(wanted.problems)
        moving = restarting(snapshot, told.roll_out, now)
        if told.names is not None and snapshot.variants and not moving:
            known = spec or spec_of(snapshot.variants[0].report)
            problems += platform_findings(told.names, snapshot.variants, snapshot.started_at, known)
        limits, lacking = _limits_of_each(page, snapshot, now)
        shown = of_instances(
            spec, snapshot, [*problems, *limits], now, environment(), told.roll_out
        )
        shown = with_limits(shown, lacking)
    if not shown.rows and wanted.named:
        return without_source(wanted.spec, wanted.problems, shown.sentence)
    return shown


def _of_values(page: Page, wanted: Wanted, source: str, now: float) -> Overview:
    kept = kept_file(page.service.name, wanted.spec)
    given = given_of(page, wanted, source) or Given(OWN_NAME, {})
    if source == FILE and kept is not None:
        checked, key = kept.checked, kept.key
    else:
        checked, key = check_given(wanted.spec, given, environment()), PROCESS_KEY
    limits, name = limits_of(given, wanted.spec, None)
    found, lacking = _judged_limits(page, limits, now, name)
    problems = [*wanted.problems, *placed(found, given)]
    shown = of_file(wanted.spec, checked, problems, key)
    return with_limits(shown, lacking)


def _limits_of_each(page: Page, snapshot: Snapshot, now: float) -> tuple[list[Finding], int]:
    """The limits of every kind of instance; told of whom where they differ."""
    cases: dict[tuple[tuple[str, str], ...], list[Variant]] = {}
    for variant in snapshot.variants:
        told = {one.name: one.limit for one in variant.report.variables if one.limit}
        cases.setdefault(tuple(sorted(told.items())), []).append(variant)
    pairs: list[tuple[Finding, Variant]] = []
    lacking = 0
    for limits, variants in list(cases.items())[:MOST_CASES]:
        found, missing = _judged_limits(page, dict(limits), now, "")
        pairs += [(finding, variant) for finding in found for variant in variants]
        lacking = max(lacking, missing)
    return attributed(pairs, snapshot.variants), lacking


def _judged_limits(
    page: Page, limits: Mapping[str, str], now: float, name: str
) -> tuple[list[Finding], int]:
    """What of the rules fires, and how many lack a figure. Without any limit nothing is judged."""
    if not limits:
        return [], 0
    found = judge(page.service, page.runtime, now, limits, name=name).findings
    lacking = sum(one.severity is LintSeverity.UNKNOWN for one in found)
    return limit_findings(found), lacking
