"""The sample's supervisor as a Scaler: it starts and stops real processes."""

from console.instances.scaling.scaler import Range, ScalingError
from console.sample.world import MOST_INSTANCES, World


class SampleScaler:
    """Scales the sample service of this process. It runs exactly the least that it is told."""

    title = "the sample's supervisor"
    limits = Range(1, MOST_INSTANCES)

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self) -> Range:
        """What is set now."""
        return Range(self._world.instances, MOST_INSTANCES)

    def running(self) -> int | None:
        """The heartbeats tell it."""
        return None

    def preview(self, wanted: Range) -> str:
        """It sends nothing: it starts and stops processes of this machine."""
        return f"The supervisor starts or stops processes until {wanted.least} run."

    def apply(self, wanted: Range) -> Range:
        """Start or stop instances until so many run. Raises ScalingError."""
        try:
            self._world.scale(wanted.least)
        except OSError as error:
            raise ScalingError(f"The sample could not be scaled ({error.strerror}).") from None
        return self.read()
