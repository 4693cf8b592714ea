"""How many instances should run: recommendation, plan, export, and applying it."""
