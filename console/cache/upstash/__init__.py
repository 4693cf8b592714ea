"""What Upstash tells of a database beside its protocol: the plan's quota, usage, its statistics."""
