"""Time limits that do not fit, as findings among those of all settings. Pure."""

from collections.abc import Iterable

from console.settings.model import Finding, Rule, Severity
from console.timeouts import lint
from console.timeouts.whatif import fix_lines


def limit_findings(found: Iterable[lint.Finding]) -> list[Finding]:
    """The errors only: warnings stay in their own section, with the figures that they rest on."""
    return [
        Finding(
            Rule.TIME_OUTS,
            Severity.ERROR,
            one.changes[0][0] if one.changes else "",
            f"does not fit: {one.sentence}" if one.changes else one.sentence,
            _next(one),
        )
        for one in found
        if one.severity is lint.Severity.ERROR
    ]


def _next(one: lint.Finding) -> str:
    lines = fix_lines(one).replace("\n", " and ")
    fix = f"Set {lines}, and deploy again." if lines else one.advice
    return f"{fix} (Rule {one.rule}, see Time-outs.)"
