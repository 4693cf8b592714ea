"""What is drawn of deployments."""
