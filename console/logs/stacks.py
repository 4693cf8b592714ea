"""Which lines continue the one before, and what a stack trace says. Pure.

Python, Java and its kin, JavaScript, Go, Ruby, .NET: their traces are indented, or begin with words
that nothing else begins with.
"""

import re

# Java writes the error below the line that logs it. Its packages begin with these letters: com, de,
# eu, io, java, kotlin, net, org, uk.
_ERROR_BELOW = (
    r"[cdeijknou][a-z0-9_]*\.(?:[a-z][a-z0-9_]*\.)*[A-Z][\w$]*(?:Exception|Error|Throwable)"
    r"(?::|\s*$)"
)
CONTINUES = (  # also understood by RE2
    r"[ \t]|Traceback \(most recent call last\)|Caused by: |Suppressed: |\.\.\. \d+ more"
    r"|During handling of the above exception|The above exception was the direct cause"
    rf"|goroutine \d+ \[|panic: .*\[recovered\]|\]|\}}|\)$|--- End of inner|{_ERROR_BELOW}"
)
_CONTINUES = re.compile(CONTINUES)
_BELOW = re.compile(_ERROR_BELOW)
_PYTHON_BEGINS = re.compile(r"\s*Traceback \(most recent call last\):")
# The last line of a Python traceback is the only one that is not indented.
_PYTHON_ENDS = re.compile(r"(?P<type>[A-Za-z_][\w.]*+)(?:: (?P<error>.*))?$")
_JAVA = re.compile(
    r"(?:Exception in thread \"[^\"]*\" )?(?P<type>(?:[a-z][\w$]*\.)+[A-Z][\w$]*"
    r"(?:Exception|Error|Throwable)[\w$]*)(?:: (?P<error>.*))?$"
)
_JAVASCRIPT = re.compile(r"(?:Uncaught )?(?P<type>[A-Z]\w*Error)(?:: (?P<error>.*))?$")
_GO = re.compile(r"(?P<type>panic|fatal error): (?P<error>.*)$")
ERROR_LIMIT = 1000  # characters of an error's text
SEARCHED = 2000  # characters of a line of a trace


def continues(text: str) -> bool:
    """Whether a line can only belong to the one before, or names an error that may."""
    return _CONTINUES.match(text) is not None


def names_error(text: str) -> bool:
    """Whether a line names the error of the line that was logged before: `java.io.IOException: no
    route`. Without one before it, it is an entry of its own."""
    return _BELOW.match(text[:SEARCHED]) is not None


def opens_python(text: str) -> bool:
    """Whether a Python traceback begins here."""
    return _PYTHON_BEGINS.match(text) is not None


def closes_python(text: str) -> bool:
    """Whether this can be the line that ends a Python traceback: `ValueError: no number`."""
    return _PYTHON_ENDS.match(text[:SEARCHED]) is not None


def error_of(lines: list[str]) -> tuple[str, str] | None:
    """Type and text of the error that a trace is of: in Python the last one, elsewhere the first
    that is no cause of another."""
    if any(opens_python(line) for line in lines):
        last = next((one for one in reversed(lines) if one[:1].strip()), "")
        match = _PYTHON_ENDS.match(last[:SEARCHED])
        return _told(match) if match and not opens_python(last) else None
    for line in lines:
        for form in (_JAVA, _JAVASCRIPT, _GO):
            if match := form.match(line.strip()[:SEARCHED]):
                return _told(match)
    return None


def _told(match: re.Match[str]) -> tuple[str, str]:
    return match["type"], (match["error"] or "")[:ERROR_LIMIT]
