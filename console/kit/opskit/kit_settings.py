"""The variables of the kit itself."""

from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from .settings import OpsSettings, optional, required, testing, timeout


class KitSettings(OpsSettings):
    """The variables of the kit itself. A service extends this class with its own."""

    ops_service: str = required(
        "Name of the service in every key", pattern=r"^[a-z0-9][a-z0-9._-]*$"
    )
    redis_url: SecretStr | None = optional(None, "Redis that all instances share")
    run_token: SecretStr | None = optional(None, "Secret of the run endpoints", min_length=32)
    ops_token_key: SecretStr | None = optional(None, "Fernet key that seals stored tokens")
    ops_fingerprint_key: SecretStr | None = optional(None, "Key of the settings' fingerprints")
    ops_profile: Literal["auto", "local", "economy"] = optional("auto", "How often to speak")
    ops_journal: Path | None = optional(None, "File for writes made while Redis is away")
    log_level: str = optional(
        "info", "Least level that is logged", pattern="(?i)^(debug|info|warning|error)$"
    )
    dry_run: bool | None = testing(None, "true: never live. false: live until a mode is set")
    request_timeout_seconds: float = timeout(30.0, "Deadline of one request")
    run_timeout_seconds: float = timeout(300.0, "Longest deadline of the run endpoints")
