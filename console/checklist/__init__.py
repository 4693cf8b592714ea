"""The nine questions before, during and after a deployment, which answer themselves."""
