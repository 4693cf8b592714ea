"""GET /badge/{service}.svg and /badge/{service}/{check}.svg: a word and a colour.

What is not known is grey, never green, and so is every badge while the store is away: an image
with an error status would only be a broken image on somebody's page.
"""

from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from console.errors import StoreError
from console.health.check import Service
from console.health.summary import Standing
from console.routes.endpoint import Call
from console.routes.entrance import admit_to_badge
from console.routes.problem import answer as respond

LABEL_LIMIT = 40  # characters
# Of the theme of the pages; white text on each has a contrast of at least 4.5 (WCAG AA).
COLOURS = {
    Standing.PASS: "#00795C",
    Standing.WARN: "#A86400",
    Standing.FAIL: "#C03A00",
    Standing.UNKNOWN: "#5B6675",
    Standing.MAINTENANCE: "#2F4258",
    Standing.SLEEPING: "#2F4258",
}
_LABEL_COLOUR = "#3A4450"
# Pixels of a character of Verdana at 11 px, about; `textLength` makes up for the difference.
_WIDTHS = {
    **dict.fromkeys("ijl.,:;'|!", 3.5),
    **dict.fromkeys("frtI ()[]-/", 4.8),
    **dict.fromkeys("mwMW@%", 10.5),
}
_ORDINARY, _EAST_ASIAN, _PADDING = 7.0, 11.0, 12.0
_HEADERS = {
    "Cache-Control": "no-cache, max-age=0",
    "Cross-Origin-Resource-Policy": "cross-origin",  # it is made for other people's pages
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def entrance(request: Request, token: SecretStr | None) -> None:
    """Let the holder of this badge's key pass, or of the token. Raises Problem 401."""
    names = request.path_params
    badge = "/".join(names[part] for part in ("service", "check") if part in names)
    admit_to_badge(request, token, badge)


def of_service(call: Call) -> Response:
    """The badge of a whole service: its worst check."""
    service = call.service()
    return _image(service.label, _standing(call, service))


def of_check(call: Call) -> Response:
    """The badge of one check."""
    service, check = call.service(), call.check()
    return _image(check.label, _standing(call, service, check.name))


def draw(label: str, word: str, colour: str) -> str:
    """A badge as SVG. Both texts come out as text, whatever is in them."""
    label, word = _readable(label), _readable(word)
    left, right = _width(label) + _PADDING, _width(word) + _PADDING
    label_text = _text(label, left / 2, left - _PADDING)
    word_text = _text(word, left + right / 2, right - _PADDING)
    name = escape(f"{label}: {word}", {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right:g}" height="20" role="img" '
        f'aria-label="{name}"><title>{name}</title>'
        f'<rect width="{left + right:g}" height="20" rx="3" fill="{_LABEL_COLOUR}"/>'
        f'<path d="M{left:g} 0h{right - 3:g}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right - 3:g}z" '
        f'fill="{colour}"/>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" '
        f'font-size="11">{label_text}{word_text}</g></svg>'
    )


def _text(text: str, middle: float, width: float) -> str:
    return f'<text x="{middle:g}" y="14" textLength="{width:g}">{escape(text)}</text>'


def _readable(text: str) -> str:
    """Without what XML does not allow, and not longer than a badge should be."""
    text = "".join(character for character in text if character.isprintable())
    return text if len(text) <= LABEL_LIMIT else text[: LABEL_LIMIT - 1] + "…"


def _width(text: str) -> float:
    return sum(
        _EAST_ASIAN if east_asian_width(character) in "WF" else _WIDTHS.get(character, _ORDINARY)
        for character in text
    )


def _standing(call: Call, service: Service, check: str = "") -> Standing:
    try:
        summary = call.summary(service)
    except StoreError:
        return Standing.UNKNOWN
    if not check:
        return summary.verdict.standing
    shown = summary.of(check)
    return shown.standing if shown else Standing.UNKNOWN


def _image(label: str, standing: Standing) -> Response:
    return respond(
        draw(label, standing.value, COLOURS[standing]), media_type="image/svg+xml", headers=_HEADERS
    )
