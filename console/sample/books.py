"""What the sample accounting API remembers, in one SQLite file: invoices, tokens, writes.

Every booking stays in the order in which it happened: it is the record against which an operator
can check what the service says it wrote.
"""

import secrets
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path

OPENING = 200
"""Invoices that are there from the beginning."""

LISTED = 1000
"""The pages show this many invoices, the newest."""

KEPT = 35 * 86_400.0
"""Seconds for which bookings are remembered."""

_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS invoices (
    id INTEGER PRIMARY KEY, number TEXT UNIQUE, key TEXT UNIQUE, amount REAL, booked_at REAL
);
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, kind TEXT, ends REAL);
"""


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice. `amount` is in EUR, `booked_at` Unix seconds."""

    id: int
    number: str
    amount: float
    booked_at: float


class Books:
    """The file. One process writes; others may read it beside that."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None, timeout=5)
        self._db.executescript(_SCHEMA)

    def open(self, now: float) -> None:
        """Enter the invoices of the beginning, and forget what is too old."""
        if not self._db.execute("SELECT 1 FROM invoices LIMIT 1").fetchone():
            for number in range(OPENING):
                self.book(f"INV-{number:05}", "", amount_of(number), now)
        self._db.execute(
            "DELETE FROM invoices WHERE id > ? AND booked_at < ?", (OPENING, now - KEPT)
        )
        self._db.execute("DELETE FROM tokens WHERE ends < ?", (now,))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def book(self, number: str, key: str, amount: float, now: float) -> tuple[Invoice, bool]:
        """Enter an invoice; the same number or idempotency key again gives the first one.

        Returns it, and whether it is new.
        """
        done = self._db.execute(
            "INSERT OR IGNORE INTO invoices (number, key, amount, booked_at) VALUES (?, ?, ?, ?)",
            (number, key or None, amount, now),
        )
        found = self.find(number) or self._one("key = ?", key)
        assert found is not None  # noqa: S101 - one of the two kept it from being entered
        return found, done.rowcount == 1

    def find(self, number: str) -> Invoice | None:
        """The invoice of this number."""
        return self._one("number = ?", number)

    def page(self, page: int, size: int) -> tuple[list[Invoice], int]:
        """A page (from 1) of the newest invoices, oldest first, and how many there are in all."""
        (count,) = self._db.execute("SELECT count(*) FROM invoices").fetchone()
        total = min(count, LISTED)
        rows = self._db.execute(
            "SELECT id, number, amount, booked_at FROM invoices ORDER BY id LIMIT ? OFFSET ?",
            (min(size, max(0, total - (page - 1) * size)), count - total + (page - 1) * size),
        )
        return [Invoice(*row) for row in rows], total

    def issue(self, kind: str, seconds: float, now: float) -> str:
        """A new token."""
        token = secrets.token_urlsafe(16)
        self.admit(token, kind, now + seconds)
        return token

    def admit(self, token: str, kind: str, ends: float) -> None:
        """Accept a token until `ends` (Unix seconds)."""
        self._db.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)", (token, kind, ends))

    def valid(self, token: str, kind: str, now: float) -> bool:
        """Whether the token is one of this kind and not expired."""
        query = "SELECT 1 FROM tokens WHERE token = ? AND kind = ? AND ends > ?"
        return self._db.execute(query, (token, kind, now)).fetchone() is not None

    def spend(self, token: str, kind: str, now: float) -> bool:
        """Use up a token that works once. False where it was no valid one."""
        query = "DELETE FROM tokens WHERE token = ? AND kind = ? AND ends > ?"
        return self._db.execute(query, (token, kind, now)).rowcount == 1

    def _one(self, where: str, value: str) -> Invoice | None:
        query = f"SELECT id, number, amount, booked_at FROM invoices WHERE {where}"  # noqa: S608 - no data in it
        row = self._db.execute(query, (value,)).fetchone()
        return Invoice(*row) if row else None


def amount_of(number: int) -> float:
    """An amount in EUR; the same number always has the same one."""
    return ((number * 7919) % 90_000 + 10_000) / 100


def as_json(invoice: Invoice) -> dict[str, object]:
    """An invoice as the API shows it."""
    return {**asdict(invoice), "currency": "EUR"}
