"""What controls do outside: in the service's Redis, and over its HTTP."""
