"""What instances cost, from a price that somebody set. Pure."""

import re
from dataclasses import dataclass

_PRICE = re.compile(r"(?P<amount>\d{1,9}(?:\.\d{1,6})?)(?:\s+(?P<currency>[A-Za-z]{1,5}|[€$£¥]))?")


@dataclass(frozen=True, slots=True)
class Price:
    """Of one instance for an hour."""

    amount: float
    currency: str = ""

    def words(self, instance_hours: float) -> str:
        """What so many hours of instances cost: `12.40 EUR`."""
        cost = self.amount * instance_hours
        return f"{cost:,.2f} {self.currency}".strip()


def parse_price(text: str) -> Price | None:
    """`0.05` or `0.05 EUR`; None for an empty text. Raises ValueError for anything else."""
    if not text.strip():
        return None
    found = _PRICE.fullmatch(text.strip())
    if found is None:
        raise ValueError("must be a price of one hour such as 0.05 or 0.05 EUR")
    return Price(float(found["amount"]), found["currency"] or "")
