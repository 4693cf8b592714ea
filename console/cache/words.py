"""How figures of a cache are said. Pure."""

from console.cache.model import Offer
from console.words import NOTHING

_UNITS = ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"))


def size(number: float | None) -> str:
    """`1.50 GiB`, `64.0 MiB`, `812 B`."""
    if number is None:
        return NOTHING
    for unit, name in _UNITS:
        if number >= unit:
            value = number / unit
            return f"{value:.2f} {name}" if value < 10 else f"{value:.1f} {name}"
    return f"{number:.0f} B"


def limit_of(most: int | None) -> str:
    """The memory's limit in words, where there is none."""
    return "no limit told" if most is None else "no limit is set"


def share(number: float | None) -> str:
    """`98.2 %`."""
    return NOTHING if number is None else f"{100 * number:.1f} %"


def per_second(number: float | None) -> str:
    """`12.3/s`, `1,234/s`."""
    if number is None:
        return NOTHING
    return f"{number:,.0f}/s" if number >= 100 else f"{number:.1f}/s"


def microseconds(number: float | None) -> str:
    """`12 µs`, `1.24 ms`."""
    if number is None:
        return NOTHING
    return f"{number / 1000:.2f} ms" if number >= 1000 else f"{number:.0f} µs"


def not_offered(what: str, offer: Offer, server: str) -> str:
    """Why something is not shown."""
    if offer is Offer.FORBIDDEN:
        return f"The console's user may not read the {what}."
    if offer is Offer.ERROR:
        return f"{server} failed to tell its {what}."
    return f"The {what} is not offered by {server}."
