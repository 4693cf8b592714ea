"""Response times that a service's platform measured: of every request, by its own proxy."""

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from console.platforms.extras import Times
from console.store.documents import DocumentError
from console.store.read import Store

NAME = "platform_times"  # of the document that the collector writes
WINDOW = 3600.0  # seconds that are asked for


@dataclass(frozen=True, slots=True)
class PlatformTimes:
    """The last hour, step by step."""

    at: float  # of the last look, Unix seconds
    platform: str = ""  # its title
    steps: tuple[Times, ...] = ()  # the oldest first
    told_at: float = 0.0  # when these were told, Unix seconds; 0: never
    problem: str = ""  # why the last look failed, one sentence


ADAPTER = TypeAdapter(PlatformTimes)


def load(store: Store, service: str) -> PlatformTimes | None:
    """What was read last; `None` where the platform tells none. Raises StoreError."""
    document = store.found(service, NAME)
    if document is None:
        return None
    try:
        return ADAPTER.validate_json(document)
    except ValidationError:
        text = "The platform's response times cannot be read; another version wrote them."
        raise DocumentError(text) from None
