"""The rules: what fires with its fix, and the rest in a table."""

from collections.abc import Sequence

import streamlit as st

from console.health.summary import Standing
from console.timeouts.lint import Finding, Severity
from console.timeouts.whatif import fix_lines
from console.ui.format import plain
from console.ui.status import MARKS

STANDINGS = {
    Severity.ERROR: Standing.FAIL,
    Severity.WARNING: Standing.WARN,
    Severity.UNKNOWN: Standing.UNKNOWN,
    Severity.HOLDS: Standing.PASS,
}
WORDS = {
    Severity.ERROR: "Error",
    Severity.WARNING: "Warning",
    Severity.UNKNOWN: "Not known",
    Severity.HOLDS: "Holds",
    Severity.NOT_APPLICABLE: "Does not apply",
}


def badge(severity: Severity) -> str:
    """Icon and word of a severity, in Markdown."""
    standing = STANDINGS.get(severity)
    if standing is None:
        return f":gray-badge[:material/block: {WORDS[severity]}]"
    mark = MARKS[standing]
    return f":{mark.colour}-badge[:material/{mark.icon}: {WORDS[severity]}]"


def findings_list(findings: Sequence[Finding]) -> None:
    """What is wrong, worst first; then what is not."""
    wrong = [one for one in findings if one.fires]
    rest = [one for one in findings if not one.fires]
    with st.container(border=True):
        st.subheader("What to change", anchor=False)
        if not wrong:
            st.caption("No rule is broken, as far as the figures are known.")
        for finding in wrong:
            _finding(finding)
    with st.expander(
        f"{len(rest)} rules that hold, do not apply or lack a figure", icon=":material/rule:"
    ):
        for one in rest:  # lines and no table: they wrap on a phone
            st.markdown(f"{badge(one.severity)} **{one.rule}** {plain(one.sentence)}")


def _finding(finding: Finding) -> None:
    st.markdown(f"{badge(finding.severity)} **{finding.rule}** {plain(finding.sentence)}")
    lines = fix_lines(finding)
    if lines:
        st.code(lines, language=None, wrap_lines=True)
    if finding.advice:
        st.caption(plain(finding.advice))
