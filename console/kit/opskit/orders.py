"""What is asked of a run or a batch, and what is told of it afterwards."""

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """One run as it was asked for."""

    item: str
    key: str  # idempotency key
    dry: bool
    grant: str = ""
    request_id: str = ""
    trace_id: str = ""


@dataclass(slots=True)
class Report:
    """What became of one item. The JSON of the run endpoints."""

    item: str
    outcome: str  # done, held, failed, already_done
    mode: str
    epoch: int
    reason: str = ""
    retryable: bool = True  # of a failed one: trying again may help; else a person must look
    milliseconds: float = 0.0
    result: Any = None
    replayed: bool = False
    uncertain: bool = False
    writes: dict[str, int] = field(default_factory=dict[str, int])
    planned: list[str] = field(default_factory=list[str])
    stages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    request_id: str = ""

    @classmethod
    def stored(cls, document: dict[str, Any]) -> "Report":
        """A report that was stored before."""
        known = {name: document[name] for name in cls.__slots__ if name in document}
        return replace(cls(**known), replayed=True)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class BatchOrder:
    """A batch as it was asked for. It stops after `stop_after` items that failed."""

    key: str
    dry: bool
    items: list[str]
    percent: float | None = None
    stop_after: int = 1
    most: int = 1000
