"""Where a service runs: one small protocol, and one adapter for each platform."""
