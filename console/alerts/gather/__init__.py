"""Alerts leave the console here: by apprise, in a process of its own, and by a plain ping."""
