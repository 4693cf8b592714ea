"""The running copies of a service, as their heartbeats tell."""
