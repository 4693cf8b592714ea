"""Time-outs: whether the limits from the caller down to one connection fit together."""
