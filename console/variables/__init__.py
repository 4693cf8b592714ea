"""Every variable that the console itself reads, with its meaning, its default and its check.

One module a group; the groups are mixed into one class, whose fields come in the order of the
groups from the last to the first.
"""

from console.variables.access import AccessVariables
from console.variables.closing import ClosingVariables
from console.variables.house import HouseVariables
from console.variables.scaling import ScalingVariables
from console.variables.service import SERVICES_FILE, ServiceVariables
from console.variables.telling import TellingVariables

__all__ = ["PREFIX", "SERVICES_FILE", "Settings"]
PREFIX = "CONSOLE_"


class Settings(
    HouseVariables,
    ScalingVariables,
    TellingVariables,
    ClosingVariables,
    AccessVariables,
    ServiceVariables,
):
    """What one console is told."""

    @classmethod
    def variables(cls) -> set[str]:
        """The names of all variables."""
        return {str(info.validation_alias) for info in cls.model_fields.values()}
