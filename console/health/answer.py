"""What a probe got, in the form that conditions and the reading of bodies look at."""

import codecs
import json
from dataclasses import dataclass, field
from typing import Final

NOT_JSON: Final = object()  # what `Answer.document` gives for a body that is not JSON
_UNREAD: Final = object()


@dataclass(slots=True)
class Answer:
    """What a probe got. The body is decoded and parsed at most once, and only when asked for."""

    status: int | None = None  # of HTTP
    response_time: float | None = None  # seconds
    body: bytes = b""
    connected: bool = False
    ip: str = ""
    certificate_expires_in: float | None = None  # seconds; negative when it has expired
    content_type: str = ""  # as the header has it
    cut: bool = False  # whether the body was longer than is read
    announced: bool = True  # whether the answer said how long its body is
    _utf8: bool = field(default=True, init=False, repr=False, compare=False)
    _text: str | None = field(default=None, init=False, repr=False, compare=False)
    _document: object = field(default=_UNREAD, init=False, repr=False, compare=False)

    def text(self) -> str:
        """The body as text without space around it; what is not UTF-8 is replaced."""
        if self._text is None:
            try:
                # a body that was cut may end within a character
                decoder = codecs.getincrementaldecoder("utf-8")()
                text = decoder.decode(self.body, final=not self.cut)
            except UnicodeDecodeError:
                self._utf8 = False
                text = self.body.decode("utf-8", "replace")
            self._text = text.lstrip("\ufeff").strip()
        return self._text

    @property
    def is_utf8(self) -> bool:
        """Whether nothing of the body had to be replaced."""
        self.text()
        return self._utf8

    def document(self) -> object:
        """The body as JSON (dict, list, str, int, float, bool, None), or NOT_JSON. One that was cut
        is never JSON: the rest may change what the beginning means."""
        if self._document is _UNREAD:
            self._document = NOT_JSON if self.cut else _parse(self.text())
        return self._document


def _parse(text: str) -> object:
    if not text or text[0] == "<":  # a page of HTML, the most frequent body that is no JSON
        return NOT_JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # RecursionError: nested deeper than any real document
        return NOT_JSON
