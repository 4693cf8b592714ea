"""Controls: the mode switch, single-item test runs, and what shows that they took effect."""
