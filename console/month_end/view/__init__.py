"""The Month-end page."""
