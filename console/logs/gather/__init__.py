"""Where log lines come from: the kit's stream, and back ends that answer as Loki does."""
