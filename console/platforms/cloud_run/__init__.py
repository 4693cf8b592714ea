"""Google Cloud Run, by its API v2."""
