"""What is drawn of the time-outs."""

from console.timeouts.view.section import show

__all__ = ["show"]
