"""A log as entries: each line read in whatever it is written in, with the lines that continue it.

Pure: bytes or texts in, `Line`s out. Nothing is dropped; what is wrong with a line is said in its
`flaws`. Every text is safe to show (`safe.py`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from console.logs import decode, stacks
from console.logs.decode import Text
from console.logs.fields import MOST_FIELDS, level_of, named
from console.logs.model import Flaw, Format, Level, Line, Value
from console.logs.parse_json import Record, records, wrapped
from console.logs.parse_text import access, level_of_status, logfmt, plain
from console.logs.safe import safe, uncoloured
from console.logs.times import Clock, Moment, of_value

MESSAGE_LIMIT = 8000  # characters
RAW_LIMIT = 16_000  # characters
NO_MESSAGE_LIMIT = 300  # characters of the raw line that stand for a message
STACK_LINES = 500
ENVELOPES = 2  # an envelope's line may be one itself, but not for ever
_NOTHING: frozenset[Flaw] = frozenset()


def parse(text: str, clock: Clock, number: int = 1) -> list[Line]:
    """The entries of one line of text: one, but for an OpenTelemetry export of several records."""
    return _parse(Text(number, text, len(text)), clock, ENVELOPES)


def read(chunks: Iterable[bytes], clock: Clock) -> Iterator[Line]:
    """The entries of a byte stream."""
    return assemble(decode.lines(chunks), clock)


def assemble(texts: Iterable[Text], clock: Clock) -> Iterator[Line]:
    """Entries, each with the lines that continue it."""
    entry: _Entry | None = None
    repeated: tuple[str, list[Line]] | None = None  # the line before, when it comes again and again
    for one in texts:
        if entry is not None and entry.takes(one.text):
            entry.add(one.text)
            continue
        if entry is not None:
            yield from entry.done()
        if repeated is None or repeated[0] != one.text or one.flaws:
            repeated = one.text, _parse(one, clock, ENVELOPES)
        found = repeated[1]
        entry = _Entry([replace(line, number=one.number) for line in found], one.text, clock)
    if entry is not None:
        yield from entry.done()


@dataclass(slots=True)
class _Entry:
    """An entry that may go on."""

    lines: list[Line]
    first: str
    clock: Clock
    rest: list[str] = field(default_factory=list[str])
    left_out: int = 0
    python: bool = False  # inside a traceback, whose last line is not indented

    def __post_init__(self) -> None:
        self.python = stacks.opens_python(self.first)

    def takes(self, text: str) -> bool:
        """Whether a line continues this entry."""
        if stacks.continues(text):
            if stacks.names_error(text):
                return self.python or (not self.rest and self.lines[-1].time is not None)
            return not text.startswith(("]", "}", ")")) or bool(self.rest)
        return self.python and stacks.closes_python(text)

    def add(self, text: str) -> None:
        """A line that continues it."""
        if stacks.opens_python(text):
            self.python = True
        elif self.python and text[:1].strip():
            # the error's line ends it, a link to another not
            self.python = stacks.continues(text) and not stacks.names_error(text)
        if len(self.rest) < STACK_LINES:
            self.rest.append(text)
        else:
            self.left_out += 1

    def done(self) -> list[Line]:
        """The finished entries; what continues belongs to the last."""
        if not self.rest:
            return self.lines
        if Flaw.BROKEN_JSON in self.lines[0].flaws and not self.left_out:
            whole = "\n".join((self.first, *self.rest))
            found = _parse(Text(self.lines[0].number, whole, len(whole)), self.clock, ENVELOPES)
            if Flaw.BROKEN_JSON not in found[0].flaws:
                return found
        *before, last = self.lines
        rest = [*self.rest, f"(and {self.left_out:,} more lines)"] if self.left_out else self.rest
        return [*before, _with_stack(last, self.first, rest)]


def _parse(one: Text, clock: Clock, envelopes: int) -> list[Line]:
    text = uncoloured(one.text).strip()
    if Flaw.BINARY in one.flaws:
        return [Line(one.number, None, Level.UNKNOWN, text, {}, text, "", Format.BINARY, one.flaws)]
    flaws = one.flaws
    if text.startswith("{"):
        if (found := records(text)) is not None:
            return _from_records(found, one, clock, envelopes)
        flaws = flaws | {Flaw.BROKEN_JSON}
    elif (told := access(text)) is not None:
        line = _structured(told, one, clock, Format.ACCESS)
        return [replace(line, level=level_of_status(told.get("status")))]
    elif "=" in text and (told := logfmt(text)) is not None:
        return [_structured(told, one, clock, Format.LOGFMT)]
    moment, level, message, told = plain(text, clock)
    if message.startswith("{") and moment and (inner := records(message)) is not None:
        return [_structured({"time": moment.at, **inner[0]}, one, clock, Format.JSON)]
    fields = named(told)
    line = _line(one, moment, level, message, fields, Format.TEXT)
    return [replace(line, flaws=line.flaws | flaws)]


def _from_records(found: list[Record], one: Text, clock: Clock, envelopes: int) -> list[Line]:
    inner = wrapped(found[0]) if len(found) == 1 else None
    if inner is None or not inner.strip() or not envelopes:
        return [_structured(record, one, clock, Format.JSON) for record in found]
    lines = _parse(replace(one, text=inner), clock, envelopes - 1)
    at = of_value(found[0].get("time"), clock)
    return [replace(line, time=at.at) if line.time is None and at else line for line in lines]


def _structured(record: Mapping[str, object], one: Text, clock: Clock, form: Format) -> Line:
    fields = named(record)
    told = fields.pop("time", None)
    moment = of_value(told, clock)
    message = fields.pop("message", None)
    level = level_of(fields.pop("level", None))
    line = _line(one, moment, level, "" if message is None else str(message), fields, form)
    flaws = set(line.flaws)
    if moment is None and told is not None:
        flaws.add(Flaw.BAD_TIME)
    if len(record) > MOST_FIELDS:
        flaws.add(Flaw.MANY_FIELDS)
    return replace(line, flaws=frozenset(flaws))


def _line(
    one: Text,
    moment: Moment | None,
    level: Level,
    message: str,
    fields: dict[str, Value],
    form: Format,
) -> Line:
    raw = safe(one.text[:RAW_LIMIT])
    stack = str(fields.pop("stack", None) or "")
    if not message.strip():  # a record of figures: it says what it is made of
        message = raw[:NO_MESSAGE_LIMIT]
    line = Line(
        one.number,
        None if moment is None or Flaw.BAD_TIME in moment.flaws else moment.at,
        level,
        safe(message[:MESSAGE_LIMIT]),
        fields,
        raw,
        "",
        form,
        one.flaws | (moment.flaws if moment else _NOTHING),
    )
    return _with_stack(line, "", stack.splitlines()) if stack else line


def _with_stack(line: Line, first: str, rest: list[str]) -> Line:
    """The entry with its trace, and the error that it tells where no field does."""
    fields = dict(line.fields)
    own = [first] if first and stacks.opens_python(first) else []
    error = stacks.error_of([*own, *rest]) or (stacks.error_of([line.message]) if first else None)
    if error:
        fields.setdefault("error_type", safe(error[0]))
        fields.setdefault("error", safe(error[1]))
    level = Level.ERROR if line.level == Level.UNKNOWN and error else line.level
    message = line.message
    if own and error:  # a trace by itself says at its end what it is about
        message = safe(f"{error[0]}: {error[1]}" if error[1] else error[0])
    stack = "\n".join(part for part in (line.stack, safe("\n".join(rest)[:RAW_LIMIT])) if part)
    return replace(line, fields=fields, level=level, message=message, stack=stack)
