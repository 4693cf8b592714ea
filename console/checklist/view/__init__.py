"""How the checklist is drawn."""
