"""The deploy hook as a platform: deployments of what was told to `POST /hooks/deploy/{service}`.

The web writes notes into the store, the collector reads them here, as with the reports of jobs.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from pydantic import TypeAdapter, ValidationError

from console.errors import PlatformAway, StoreError
from console.platforms.hook.heard import Heard, heard_notes
from console.platforms.hook.notes import deployments_of
from console.platforms.hook.reported import Reported, reported
from console.platforms.hook.stages import Note
from console.platforms.model import Deployment

log = logging.getLogger(__name__)

OVERLAP = 600.0  # seconds that notes are read again: several consoles write them, by their clocks
MOST_NOTES = 1000  # that are remembered: the store keeps as many
CAPABILITIES = reported(
    "the deploy hook",
    "it is told what was deployed, not what runs.",
    "it is told no logs.",
    "it only listens; act on the platform that runs the service.",
)
_NOTE = TypeAdapter(Note)

Read = Callable[[float], Awaitable[Sequence[tuple[bytes, float]]]]


class Hook(Reported):
    """What one service was told of. `read` gives the notes that came from a time on, `heard` what
    its instances tell."""

    def __init__(
        self,
        read: Read,
        heard: Callable[[], Heard] = Heard,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(CAPABILITIES)
        self._read, self._heard, self._clock = read, heard, clock
        self._notes: dict[bytes, Note] = {}
        self._newest = OVERLAP

    async def deployments(self, limit: int) -> Sequence[Deployment]:
        """The last deployments, the newest first."""
        try:
            told = await self._read(self._newest - OVERLAP)
        except StoreError as error:
            raise PlatformAway(f"What the hook was told cannot be read: {error}") from None
        for document, at in told:
            self._newest = max(self._newest, at)
            if document not in self._notes and (note := _decoded(document)) is not None:
                self._notes[document] = note
        for document in list(self._notes)[:-MOST_NOTES]:
            del self._notes[document]
        notes = list(self._notes.values())
        notes += heard_notes(self._heard(), notes, self._clock())
        return deployments_of(notes)[:limit]


def encoded(note: Note) -> bytes:
    """The note as it is stored: the same one always the same."""
    return _NOTE.dump_json(note, exclude_defaults=True)


def _decoded(document: bytes) -> Note | None:
    try:
        return _NOTE.validate_json(document)
    except ValidationError:
        log.warning("A note of the deploy hook cannot be read; it is left out.")
        return None
