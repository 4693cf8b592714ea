"""A platform on this machine: from a git push to running processes, for rehearsal and tests."""
