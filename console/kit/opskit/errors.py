"""Every error the kit raises itself.

    KitError
    ├── SettingsError           environment variables are missing or wrong; carries every problem
    ├── RedisError
    │   ├── RedisAway           no usable answer: network, time-out, still loading
    │   ├── RedisRefused        an answer that says no: NOPERM, READONLY, OOM ... (`code`)
    │   └── Contended           a transaction lost every one of its attempts to others
    ├── DeadlineExceeded        the time of this request is used up; says by which stage
    ├── WriteRefused            an outbound write is not permitted in the present mode
    ├── RateLimited             the quota is used up; says for how long
    ├── AlreadyRunning          the same idempotency key is being worked on at this moment
    ├── KeyReused               the same idempotency key was used for another payload
    ├── Draining                this instance is being stopped and begins nothing new
    ├── LeaseLost               someone else holds now what this caller held
    ├── ItemFailed              what a handler raises itself: a person must look, or try again
    ├── NotSpent                a token could not be refreshed now; it may be tried again
    └── NeedsReauthorisation    a refresh token is spent or refused: a person must sign in again

Messages say what happened, what it means and what to do. They never hold a secret.
"""


class KitError(Exception):
    """Base of every error the kit raises itself."""


class SettingsError(KitError):
    """Environment variables are missing or wrong. `problems` holds one line for each of them."""

    def __init__(self, table: str, problems: list[str]) -> None:
        super().__init__(table)
        self.problems = problems


class RedisError(KitError):
    """Base of what can be wrong with the service's Redis."""


class RedisAway(RedisError):
    """Redis gives no usable answer now; it may later. `code` is e.g. LOADING, or empty."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class RedisRefused(RedisError):
    """Redis answers, but refuses; asking again will not help. `code` is its own first word."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Contended(RedisError):
    """Too many others changed the same keys at the same time. Try again later."""


class WriteRefused(KitError):
    """An outbound write is not permitted. `reason` is a word of the contract's guard."""

    def __init__(self, what: str, reason: str, mode: str, epoch: int) -> None:
        super().__init__(f"{what}: not sent ({reason}; mode {mode}, epoch {epoch})")
        self.what = what
        self.reason = reason
        self.mode = mode
        self.epoch = epoch


class RateLimited(KitError):
    """The quota of `name` is used up for `retry_after` seconds."""

    def __init__(self, name: str, retry_after: float, source: str = "own limit") -> None:
        super().__init__(f"{name}: no quota left ({source}), next in {retry_after:.1f} s")
        self.name = name
        self.retry_after = retry_after
        self.source = source


class AlreadyRunning(KitError):
    """The same idempotency key is being worked on; it is free in `retry_after` s at the latest."""

    def __init__(self, key: str, retry_after: float) -> None:
        super().__init__(f"{key}: is being worked on, by {retry_after:.0f} s from now at most")
        self.retry_after = retry_after


class KeyReused(KitError):
    """The idempotency key was already used for something else: a defect of the caller."""


class Draining(KitError):
    """This instance is being stopped: it begins nothing new."""


class LeaseLost(KitError):
    """The lease ran out and someone else may hold it: this result must not be recorded."""


class NeedsReauthorisation(KitError):
    """The refresh token of `name` cannot be used again; a person must give a new one."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: needs re-authorisation: {reason}")
        self.name = name
        self.reason = reason


class NotSpent(KitError):
    """A refresh failed, and the refresh token was certainly not spent: it may be tried again."""


class ItemFailed(KitError):
    """Raised by a service's handler: the item cannot be done, and `reason` says why to people.

    `retryable`: trying again may help. Without it a person must look at the item first.
    """

    def __init__(self, reason: str, *, retryable: bool = False) -> None:
        super().__init__(reason)
        self.retryable = retryable
