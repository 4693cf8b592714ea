"""The service's cache: a Redis, a Valkey or Upstash, and what the service's own cache saves."""
