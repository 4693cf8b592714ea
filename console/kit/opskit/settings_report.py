"""What may be known of the settings elsewhere: set or not, from where, keyed fingerprints."""

import difflib
import hashlib
import hmac
import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from .heartbeat import Outbox, Post
from .keys import Keys
from .kit_settings import KitSettings
from .settings import OpsSettings, gather, group_of, is_secret, variables
from .specification import flags, is_on, specification

SETTINGS_SECONDS = 90_000
"""The settings report of an instance is kept for 25 hours and renewed every 12."""

RENEW_SETTINGS = 43_200

NOT_COMPARABLE = "not comparable"
"""The fingerprint where OPS_FINGERPRINT_KEY is not set."""

_LENGTHS = ((0, "empty"), (7, "1-7"), (15, "8-15"), (31, "16-31"), (63, "32-63"))
_DURATION = re.compile(r"\d{1,9}(\.\d{1,6})?(ms|s|m|h)?")


class Reporter:
    """Makes the report of one instance, and sends it with the heartbeat now and then."""

    def __init__(
        self,
        given: KitSettings,
        environ: Mapping[str, str],
        keys: Keys,
        instance: str,
        outbox: Outbox,
    ) -> None:
        secret = given.ops_fingerprint_key
        self._fingerprint_key = secret.get_secret_value() if secret is not None else None
        self._kind, self._environ, self._outbox = type(given), environ, outbox
        self._key = keys.of("settings", instance)
        self._made_at = 0.0
        self.fingerprint = ""  # of the whole, as it was sent last

    def make(self) -> dict[str, Any]:
        """The report as it is now: never a value."""
        return report(self._kind, self._fingerprint_key, self._environ)

    def publish(self) -> None:
        """Put the report into the next heartbeat where it is due."""
        now = time.time()
        if now - self._made_at < RENEW_SETTINGS:
            return
        made = self.make()
        self._made_at, self.fingerprint = now, str(made["fingerprint"])
        self._outbox.put(Post("H", self._key, SETTINGS_SECONDS, "report", to_json(made)))


def misspelt(kind: type[OpsSettings], environ: Mapping[str, str]) -> list[str]:
    """Variables that look like a misspelt name of the schema: `RATE_LIMT: did you mean ...`."""
    names = [name.upper() for name in variables(kind)]
    missing = [name for name in names if name not in environ]
    found: list[str] = []
    for name in environ:
        close = difflib.get_close_matches(name.upper(), missing, 1, 0.88)
        if close and name.upper() not in names:
            found.append(f"{name}: did you mean {close[0]}?")
    return sorted(found)


def report(
    kind: type[OpsSettings],
    fingerprint_key: str | None,
    environ: Mapping[str, str] | None = None,
    dotenv: Path | None = None,
) -> dict[str, Any]:
    """What may be known of the settings elsewhere: set or not, from where, keyed fingerprints.

    Beside that what the class says of each, and what can be judged here only: `flags`, and whether
    a setting for tests is `on`. Never a value, but those of time limits. The whole has a
    `fingerprint` too, which leaves out the testing group, so that a dry run and the live run after
    it compare equal.
    """
    values = gather(environ, dotenv)
    live = os.environ if environ is None else environ
    rows: list[dict[str, Any]] = []
    for field, info in variables(kind).items():
        name = field.upper()
        text = values.get(name)
        source = "default" if text is None else ("env" if name in live else "dotenv")
        if text is None and info.is_required():
            source = "missing"
        group, secret = group_of(info), is_secret(info)
        rows.append(
            {
                "name": name,
                "group": group,
                "description": info.description or "",
                "secret": secret,
                "set": text is not None and bool(text.strip()),
                "source": source,
                "length": None if text is None else length_class(text),
                "fingerprint": fingerprint(fingerprint_key, name, text),
                "spec": specification(info, secret=secret),
                "flags": flags(name, text or "", secret=secret, needed=info.is_required()),
                **({"on": is_on(info, text)} if group == "testing" else {}),
                **_limit(info, text),
            }
        )
    whole = ",".join(f"{r['name']}={r['fingerprint']}" for r in rows if r["group"] != "testing")
    return {
        "v": 1,
        "variables": rows,
        "misspelt": misspelt(kind, live),
        "fingerprint": fingerprint(fingerprint_key, "*", whole),
    }


def _limit(info: FieldInfo, text: str | None) -> dict[str, str]:
    """The value of a time limit: no secret, and without it nobody can see whether limits fit."""
    told = str(info.default) if text is None and not info.is_required() else (text or "").strip()
    plain = group_of(info) == "timeout" and not is_secret(info) and _DURATION.fullmatch(told)
    return {"value": told} if plain else {}


def to_json(report: Mapping[str, Any]) -> str:
    """A report as it is stored."""
    return json.dumps(report, separators=(",", ":"), ensure_ascii=False)


def fingerprint(key: str | None, name: str, text: str | None) -> str:
    """HMAC-SHA256 of name and value, 16 hex digits; empty where not set."""
    if text is None:
        return ""
    if not key:
        return NOT_COMPARABLE
    return hmac.new(key.encode(), f"{name}\0{text}".encode(), hashlib.sha256).hexdigest()[:16]


def length_class(text: str) -> str:
    """A coarse length: all of a secret's length that is told."""
    return next((label for most, label in _LENGTHS if len(text) <= most), "64+")
