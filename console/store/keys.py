"""Every key the console has in its store. Nothing else names one.

All keys lie under `console:1:`; the number is the version of the layout. A program that meets
another version leaves it alone, because it looks only under its own.
"""

LAYOUT = 1
PREFIX = f"console:{LAYOUT}:"

LEASE = PREFIX + "lease"  # STRING: owner of the lease, with an expiry
FENCE = PREFIX + "fence"  # STRING: grows with every lease
COLLECTOR = PREFIX + "collector"  # STRING: JSON of the collector's last CollectorBeat
FLUSHED = PREFIX + "flushed"  # HASH: spool id -> "sequence number,Unix time" of what is stored
COMPACTED = PREFIX + "compacted"  # HASH: hour, day -> up to where history is packed
SERVICES = PREFIX + "services"  # SET: names of all services that have series
JOURNAL = PREFIX + "journal"  # HASH: sequence number -> JSON of an Entry of the activity log
JOURNAL_HEAD = PREFIX + "journal_head"  # STRING: JSON of the Head that the next entry follows on
JOURNAL_TAIL = PREFIX + "journal_tail"  # STRING: JSON of the Head of the last entry that was cut
OUTBOX = PREFIX + "outbox"  # HASH: id -> JSON of a Delivery of an alert or a digest
ALERT_MARKS = PREFIX + "alert_marks"  # HASH: digest -> the local day that the last one was of
REQUESTS = PREFIX + "requests"  # channel: JSON of ProbeRequest

# Fields of COMPACTED
HOUR = "hour"
DAY = "day"


def states(service: str) -> str:
    """HASH: check -> JSON of its CheckState."""
    return f"{PREFIX}{service}:states"


def uptime(service: str) -> str:
    """HASH: check -> JSON of its UptimeRecord."""
    return f"{PREFIX}{service}:uptime"


def series(service: str) -> str:
    """SET: every series that has cells."""
    return f"{PREFIX}{service}:series"


def open_cells(service: str, series: str) -> str:
    """HASH: `minute.fence` -> `code:count,code:count` of minutes not packed yet."""
    return f"{PREFIX}{service}:open:{series}"


def closed_cells(service: str, series: str) -> str:
    """HASH: `h<hour>` -> packed minutes of a closed hour, `d<day>` -> packed hours of a day."""
    return f"{PREFIX}{service}:closed:{series}"


def events(service: str) -> str:
    """ZSET: JSON of Event by its time in milliseconds."""
    return f"{PREFIX}{service}:events"


def incidents(service: str) -> str:
    """ZSET: JSON of a closed Incident by its start in milliseconds."""
    return f"{PREFIX}{service}:incidents"


def pushes(service: str) -> str:
    """HASH: check -> JSON of its last PushBeat."""
    return f"{PREFIX}{service}:pushes"


def notes(service: str) -> str:
    """ZSET: JSON of a Note of the deploy hook by the time in milliseconds that it came first."""
    return f"{PREFIX}{service}:notes"


def found(service: str) -> str:
    """HASH: name of a gather (`instances`, `cache`) -> zlib of the JSON it found last."""
    return f"{PREFIX}{service}:found"


def log_lines(service: str) -> str:
    """HASH: number -> packed portion of the newest log lines; the reading `logs` names them."""
    return f"{PREFIX}{service}:log_lines"


def analyses(service: str) -> str:
    """ZSET: packed JSON of a keyspace analysis by its time in milliseconds; the last few."""
    return f"{PREFIX}{service}:analyses"


def control(service: str, kind: str) -> str:
    """HASH: id -> JSON of a run, a batch, an approval, an emergency, or of what people say of the
    checklist: a word, a sign-off, a frozen list."""
    return f"{PREFIX}{service}:control:{kind}"


def scaling_claim(service: str) -> str:
    """STRING with an expiry: which console applies a service's scaling by the schedule."""
    return f"{PREFIX}{service}:scaling"


def claim(service: str, what: str) -> str:
    """STRING with an expiry: that an action was taken, so that nobody takes it a second time."""
    return f"{PREFIX}{service}:claim:{what}"


def answer(request: str) -> str:
    """STRING with an expiry: JSON of the Result that answers a ProbeRequest."""
    return f"{PREFIX}answer:{request}"


def alerts(service: str) -> str:
    """HASH: key of an alert -> JSON of its Record."""
    return f"{PREFIX}{service}:alerts"


def episodes(service: str) -> str:
    """HASH: id -> JSON of an Episode: the history of alerts."""
    return f"{PREFIX}{service}:episodes"


def alert_requests(service: str) -> str:
    """HASH: key of an alert -> JSON of an Acknowledgement that the collector is asked to note."""
    return f"{PREFIX}{service}:alert_requests"
