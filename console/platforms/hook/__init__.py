"""The deploy hook: what a CI or GitHub tells the console of deployments."""
