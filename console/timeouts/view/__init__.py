"""What is drawn of the time-outs."""

from console.timeouts.view.case import judge
from console.timeouts.view.section import show

__all__ = ["judge", "show"]
