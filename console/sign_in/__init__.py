"""Who somebody is, by an OpenID Connect provider, and what the allow lists let them do."""
