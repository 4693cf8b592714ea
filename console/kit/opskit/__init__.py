"""What an operated Python service imports: settings, mode, deadlines, limits, ledger, logs.

The console and the kit meet only in what CONTRACT.md describes.
"""

from .asgi import OpsMiddleware
from .context import current as work
from .deadlines import DeadlineExceeded, check, limit, remaining, stage, within
from .errors import (
    AlreadyRunning,
    ItemFailed,
    KitError,
    LeaseLost,
    NeedsReauthorisation,
    NotSpent,
    RateLimited,
    RedisAway,
    RedisError,
    RedisRefused,
    SettingsError,
    WriteRefused,
)
from .http import OpsTransport, SyncTransport
from .kit import Kit
from .kit_settings import KitSettings
from .ledger import Ledger, State
from .mode import Mode
from .oauth import Grant, oauth_refresh
from .quotas import Quota
from .rate_limit import Limit
from .settings import OpsSettings, load, optional, required, testing, timeout
from .workers import work_through

__all__ = [
    "AlreadyRunning",
    "DeadlineExceeded",
    "Grant",
    "ItemFailed",
    "Kit",
    "KitError",
    "KitSettings",
    "LeaseLost",
    "Ledger",
    "Limit",
    "Mode",
    "NeedsReauthorisation",
    "NotSpent",
    "OpsMiddleware",
    "OpsSettings",
    "OpsTransport",
    "Quota",
    "RateLimited",
    "RedisAway",
    "RedisError",
    "RedisRefused",
    "SettingsError",
    "State",
    "SyncTransport",
    "WriteRefused",
    "check",
    "limit",
    "load",
    "oauth_refresh",
    "optional",
    "remaining",
    "required",
    "stage",
    "testing",
    "timeout",
    "within",
    "work",
    "work_through",
]
