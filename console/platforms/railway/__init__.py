"""Railway, by its GraphQL API."""
