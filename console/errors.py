"""Every error the console raises itself.

    ConsoleError
    ├── ConfigError        the configuration is not usable; carries every problem found
    ├── ConditionError     a condition of a check cannot be read; carries the place
    ├── StoreError
    │   ├── StoreAway      the store does not answer (network, time-out, still loading)
    │   └── StoreRefused   the store answers, but cannot serve as a store (policy, version, rights)
    ├── LeaseLost          another collector holds the lease now
    ├── PlatformError      a platform could not be asked, or could not do it
    │   ├── PlatformAway       it does not answer (network, time-out, a fault of its own)
    │   ├── PlatformRefused    it does not accept the token, or the token may not do this
    │   ├── PlatformMissing    it knows no such service or deployment
    │   ├── PlatformLimited    too many requests; carries when the next one may be made
    │   ├── PlatformUnreadable it answered something that is not what it documents
    │   └── NotOffered         it has no such capability; carries the reason
    ├── NotAllowed         the visitor may not do this
    └── Objection          an action is not made, for reasons that somebody can change

Messages say what happened, what it means and what to do, with the real name of the variable.
"""


class ConsoleError(Exception):
    """Base of every error the console raises itself."""


class ConfigError(ConsoleError):
    """The configuration cannot be used. `problems` holds one line for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ConditionError(ConsoleError):
    """A condition cannot be read. `column` is the place in the text, counted from 1."""

    def __init__(self, text: str, column: int, why: str) -> None:
        super().__init__(f"{why} at column {column} of condition {text!r}")
        self.text = text
        self.column = column
        self.why = why


class StoreError(ConsoleError):
    """Base of what can be wrong with the console's own Redis."""


class StoreAway(StoreError):
    """The store does not answer. Collected results wait in the spool and follow later."""


class StoreRefused(StoreError):
    """The server answers but cannot serve as the store."""


class LeaseLost(ConsoleError):
    """Another collector holds the lease; this one must stop writing."""


class PlatformError(ConsoleError):
    """Base of what can go wrong between the console and a platform. Holds no token."""


class PlatformAway(PlatformError):
    """The platform does not answer, or answers that it is out of order. Trying again may help."""


class PlatformRefused(PlatformError):
    """The platform does not accept the token, or the token lacks the right. Trying again won't."""


class PlatformMissing(PlatformError):
    """The platform knows no such service, deployment or variable."""


class PlatformLimited(PlatformError):
    """The platform wants fewer requests. `retry_at` is when the next may be made, Unix seconds."""

    def __init__(self, message: str, retry_at: float) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class PlatformUnreadable(PlatformError):
    """The platform's answer is not what it documents: cut off, a page of HTML, another shape."""


class NotOffered(PlatformError):
    """The platform has no such capability. The message is the reason, as a page tells it."""


class NotAllowed(ConsoleError):
    """The visitor may look but not act. The message says why and how to change it."""


class Objection(ConsoleError):
    """An action that was not made. `reasons` are sentences that say why, and what to do."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons
