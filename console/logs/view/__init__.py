"""The views of Logs: triage first, then the lines, whatever the log comes from."""
