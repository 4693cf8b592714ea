"""Every error the console raises itself.

    ConsoleError
    ├── ConfigError        the configuration is not usable; carries every problem found
    ├── ConditionError     a condition of a check cannot be read; carries the place
    ├── StoreError
    │   ├── StoreAway      the store does not answer (network, time-out, still loading)
    │   └── StoreRefused   the store answers, but cannot serve as a store (policy, version, rights)
    ├── LeaseLost          another collector holds the lease now
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


class NotAllowed(ConsoleError):
    """The visitor may look but not act. The message says why and how to change it."""


class Objection(ConsoleError):
    """An action that was not made. `reasons` are sentences that say why, and what to do."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons
