"""The settings of a service: which there should be, which there are, and where they differ."""
