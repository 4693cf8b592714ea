"""An operations console for one small cloud service: ship it, watch it, rescue it."""

__version__ = "0.1.0"
