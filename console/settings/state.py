"""What one visitor's session keeps of a file: nothing of it is stored anywhere else. Pure."""

import secrets
from dataclasses import dataclass, field
from typing import Self

from console.settings.check import Checked, check_file
from console.settings.model import Spec
from console.settings.reports import KEY

PROCESS_KEY = secrets.token_hex(16)
"""Makes the fingerprints of files that bring no key of their own; gone with the process."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file and what was found in it. The file stays in the memory of the session, for trials and
    for another specification, and is in no repr."""

    data: bytes = field(repr=False)
    source: str  # what a person calls it
    spec: Spec = field(repr=False)
    environment: str
    checked: Checked

    @classmethod
    def of(cls, data: bytes, source: str, spec: Spec, environment: str) -> Self:
        """A file, checked."""
        checked = check_file(spec, data, source, environment=environment)
        return cls(data, source, spec, environment, checked)

    def against(self, spec: Spec, environment: str) -> Self:
        """The same file, checked against what is asked for now."""
        if spec == self.spec and environment == self.environment:
            return self
        return type(self).of(self.data, self.source, spec, environment)

    @property
    def key(self) -> str:
        """What its fingerprints are made with: its own key where it has one, so that they compare
        with what instances report."""
        return self.checked.given.values.get(KEY, "").strip() or PROCESS_KEY
