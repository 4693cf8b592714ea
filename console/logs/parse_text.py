"""Other log lines: logfmt, access logs, and text that begins with a time or a level. Pure.

Each function takes what it knows and leaves the rest; none refuses a line that another could read.
"""

import re

from console.logs.fields import level_of
from console.logs.model import Level
from console.logs.times import Clock, Moment, leading, of_value

HEAD = 160  # characters in which a level is looked for

PAIR = re.compile(
    r"(?P<name>[A-Za-z_@][\w.@/-]*+)=(?:\"(?P<quoted>(?:[^\"\\]|\\.)*+)\"|(?P<bare>[^\s\"]*+))(?=\s|$)"
)
_UNQUOTE = re.compile(r"\\(.)")
_QUOTED = {"n": "\n", "t": "\t", "r": "\r"}
LEASTPAIRS = 2  # of which one names a level, a time or a message

_ACCESS = re.compile(
    r"(?P<client>\S{1,255}) (?P<ident>\S{1,255}) (?P<user>\S{1,255}|\"[^\"]*+\") "
    r"\[(?P<time>[^\]]{20,40})\] \"(?P<request>(?:[^\"\\]|\\.)*+)\" "
    r"(?P<status>\d{3}|-) (?P<bytes>\d{1,18}|-)"
    r"(?: \"(?P<referrer>(?:[^\"\\]|\\.)*+)\" \"(?P<agent>(?:[^\"\\]|\\.)*+)\")?"
    r"(?P<rest>.*+)"
)
_REQUEST = re.compile(r"(?P<method>[A-Z]{3,12}) (?P<path>\S+)(?: HTTP/(?P<version>[\d.]+))?")

_WORDS = (
    r"TRACE|VERBOSE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|CRIT|FATAL|SEVERE|ALERT"
    r"|EMERG|PANIC"
)
_BARE = "TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE"  # seldom words of a sentence
# A level in capitals by itself, in brackets in any case, or followed by a colon.
_LEVEL = re.compile(
    rf"(?<![\w.=/-])(?P<word>{_BARE})(?![\w./-])|[\[<(](?i:(?P<bracketed>{_WORDS}))[\]>)]"
    rf"|^(?i:(?P<first>{_WORDS}))(?=:| -)"
)
_HEADER_LEVEL = re.compile(
    rf"\s*[-|:]?\s*(?:\[\d{{1,10}}\]\s*)?(?:[\[<(]?(?i:{_WORDS})[\]>)]?)(?=[\s:|,-]|$)[:\s|-]*"
)
_KLOG = re.compile(r"(?P<level>[IWEF])(?=\d{4} \d\d:\d\d:\d\d)")
_ANDROID = re.compile(r"\s+\d+\s+\d+ (?P<level>[VDIWEFA]) (?P<logger>[^:\s]+)\s*: ")
_LETTERS = {
    "V": Level.TRACE, "D": Level.DEBUG, "I": Level.INFO, "W": Level.WARN, "E": Level.ERROR,
    "F": Level.FATAL, "A": Level.FATAL,
}  # fmt: skip
_SYSLOG = re.compile(r"<(?P<priority>\d{1,3})>(?:1 )?")
_SYSLOG_HEAD = re.compile(r" (?P<host>[\w.:-]+) (?P<logger>[\w./()-]+)(?:\[(?P<pid>\d+)\])?: ")
_SYSLOG_5424 = re.compile(
    r" (?P<host>\S+) (?P<logger>\S+) (?P<pid>\S+) \S+ (?:-|(?:\[(?:[^\]\\]|\\.)*+\])++) ?"
)
_CRI = re.compile(r" (?:stdout|stderr) [FP] ")
_PYTHON = re.compile(r" - (?P<logger>[\w.]+) - (?P<level>[A-Z]+) - ")

Found = dict[str, object]


def logfmt(text: str) -> Found | None:
    """`level=info msg="a b"` as fields; None where it is something else."""
    found: Found = {}
    end = 0
    for match in PAIR.finditer(text):
        if text[end : match.start()].strip():
            return None  # words in between: a sentence with values in it
        quoted = match["quoted"]
        value = match["bare"] if quoted is None else _UNQUOTE.sub(_unquoted, quoted)
        found.setdefault(match["name"], _number(value) if quoted is None else value)
        end = match.end()
    if len(found) < LEASTPAIRS or text[end:].strip():
        return None
    told = {name.lower() for name in found}
    return found if told & {"level", "lvl", "severity", "msg", "message", "ts", "time"} else None


def access(text: str) -> Found | None:
    """A line of the common or the combined log format, with what servers add after it."""
    match = _ACCESS.match(text)
    if match is None:
        return None
    found: Found = {"client": match["client"], "time": match["time"]}
    request = _REQUEST.fullmatch(match["request"])
    if request:
        found |= {"method": request["method"], "path": request["path"]}
    found["message"] = match["request"]
    if match["status"] != "-":
        found["status"] = int(match["status"])
    if match["bytes"] != "-":
        found["bytes"] = int(match["bytes"])
    for name in ("user", "referrer", "agent"):
        if match[name] not in (None, "-", ""):
            found[name] = match[name]
    return found


def level_of_status(status: object) -> Level:
    """An access log tells no level: 5xx is an error of the service, 4xx one of its client."""
    if not isinstance(status, int):
        return Level.UNKNOWN
    if status >= 500:
        return Level.ERROR
    return Level.WARN if status >= 400 else Level.INFO


def plain(text: str, clock: Clock) -> tuple[Moment | None, Level, str, Found]:
    """Time, level, message and fields of a line of text. The message is what follows the head."""
    found: Found = {}
    level = Level.UNKNOWN
    at = 0
    if match := _SYSLOG.match(text):
        level, at = level_of(int(match["priority"]) % 8), match.end()
    if match := _KLOG.match(text, at):
        level, at = _LETTERS[match["level"]], match.end()
    bracket = 1 if text[at : at + 1] == "[" else 0
    moment = leading(text, clock, at + bracket) or (_seconds(text, clock) if not at else None)
    if moment:
        closed = bracket and text[moment.end : moment.end + 1] == "]"
        at = moment.end + (1 if closed else 0)
        at, level = _heads(text, at, level, found)
    if level == Level.UNKNOWN and (match := _LEVEL.search(text, at, at + HEAD)):
        level = level_of(match["word"] or match["bracketed"] or match["first"])
    if match := _HEADER_LEVEL.match(text, at):
        at = match.end()
    message = text[at:].strip()
    return moment, level, message or text.strip(), found


def _heads(text: str, at: int, level: Level, found: Found) -> tuple[int, Level]:
    """What well-known programs write between the time and the message."""
    if match := _CRI.match(text, at):
        at = match.end()
    if match := _PYTHON.match(text, at):
        found["logger"] = match["logger"]
        return match.end(), level_of(match["level"])
    if match := _ANDROID.match(text, at):
        found["logger"] = match["logger"]
        return match.end(), _LETTERS[match["level"]]
    for form in (_SYSLOG_HEAD, _SYSLOG_5424):
        match = form.match(text, at)
        if match and level_of(match["host"]) == Level.UNKNOWN:
            found |= {"host": match["host"], "logger": match["logger"]}
            return match.end(), level
    return at, level


def _seconds(text: str, clock: Clock) -> Moment | None:
    """Unix seconds or milliseconds at the beginning of a line."""
    word = text[:24].split(" ", 1)[0].strip("[]:")
    if not (10 <= len(word) <= 21 and word[:10].isdecimal()):
        return None
    moment = of_value(word, clock)
    return Moment(moment.at, text.find(word) + len(word), moment.flaws) if moment else None


def _unquoted(match: re.Match[str]) -> str:
    return _QUOTED.get(match[1], match[1])


def _number(text: str) -> object:
    if text.isdecimal() and text.isascii() and len(text) < 16 and (text == "0" or text[0] != "0"):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d{1,15}(?:\.\d{1,15})?", text, re.ASCII) else text
