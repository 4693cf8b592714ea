"""How activity is drawn: the timeline that pages share, and the page of the log."""
