"""Events: what the one timeline is made of."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What sort of thing happened."""

    DEPLOYMENT = "deployment"
    SCALING = "scaling"
    MODE = "mode"
    INCIDENT = "incident"
    SETTINGS = "settings"
    SIGN_OFF = "sign_off"
    RUN = "run"
    ACTION = "action"  # an operator used the console
    CONSOLE = "console"  # the console itself: collector started, store away, results lost


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, at a time, to a service.

    `id` makes writing it twice harmless. `source` is what it is about (a check, a deployment).
    `actor` is a person's name, or empty where a program did it.
    """

    id: str
    at: float  # Unix seconds
    kind: Kind
    title: str  # one sentence, plain text
    source: str = ""
    status: str = ""  # pass, warn, fail or empty: how the timeline marks it
    actor: str = ""
    detail: str = ""
