"""The console's own sample service: real processes on loopback, with a world to live in.

    traffic -> relay (the service) -> accounting API
                 |-> cache (Valkey)
    nightly export -> relay, then reports to the console

Break it for a demonstration: `python -m console.sample break accounting --for 2m`, or `break
settings` for an instance that differs, a placeholder and time limits that do not fit.
"""
