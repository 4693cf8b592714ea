"""Channels: where messages go, as CONSOLE_NOTIFY_URLS lists them. Pure.

An address is a secret: it holds tokens. Nothing but a label made here is ever shown.
"""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from console.masking import MASK

# Kinds whose host is a server's name. Of others the place of the host holds a token or a topic.
_HOSTED = frozenset(
    {"json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos", "gotify", "gotifys",
     "mmost", "mmosts", "rocket", "rockets", "workflow", "workflows"}
)  # fmt: skip
# What people call the kinds that are used most; of others the kind itself is told.
_NAMES = {
    "slack": "Slack", "discord": "Discord", "line": "LINE", "workflow": "Teams",
    "workflows": "Teams", "mailto": "E-mail", "mailtos": "E-mail", "json": "Webhook",
    "jsons": "Webhook", "xml": "Webhook", "xmls": "Webhook", "form": "Webhook", "forms": "Webhook",
    "ntfy": "ntfy", "ntfys": "ntfy", "gotify": "Gotify", "gotifys": "Gotify",
    "mmost": "Mattermost", "mmosts": "Mattermost", "rocket": "Rocket.Chat",
    "rockets": "Rocket.Chat", "matrix": "Matrix", "matrixs": "Matrix", "tgram": "Telegram",
    "wxteams": "Webex", "gchat": "Google Chat", "pagerduty": "PagerDuty", "opsgenie": "Opsgenie",
}  # fmt: skip
_NAMED = r"(?:[A-Za-z0-9][\w-]{0,30}=)?"  # `night-shift=slack://…`
_ADDRESS = re.compile(rf"[\s]+|,(?=\s*{_NAMED}[A-Za-z][A-Za-z0-9+.-]*://)")
_NAME = re.compile(r"([A-Za-z0-9][\w-]{0,30})=(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_KIND = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://")


@dataclass(frozen=True, slots=True)
class Channel:
    """One place that messages are sent to."""

    id: str  # kind and number: `slack-1`; nothing of the address
    label: str  # the address as it may be shown
    url: str = field(repr=False)
    name: str = ""  # as the setting gives it, else what its kind is called

    @property
    def title(self) -> str:
        """What a page calls it: `Slack slack://•••`."""
        return f"{self.name} {self.label}".strip()


def parse(text: str, prefix: str = "") -> tuple[Channel, ...]:
    """The channels in a setting: addresses between spaces, line ends or commas. One may have a name
    before it, such as `managers=mailto://…`. `prefix` tells the ids from those of another setting.
    """
    numbers: Counter[str] = Counter()
    found: list[Channel] = []
    for part in filter(None, (part.strip().strip(",") for part in _ADDRESS.split(text))):
        named = _NAME.match(part)
        url = part[named.end() :] if named else part
        kind = kind_of(url) or "address"
        name = named[1] if named else _NAMES.get(kind, "")
        numbers[kind] += 1
        found.append(Channel(f"{prefix}{kind}-{numbers[kind]}", label_of(url), url, name))
    titles = Counter(channel.title for channel in found)
    return tuple(
        replace(one, label=f"{one.label} ({one.id})") if titles[one.title] > 1 else one
        for one in found
    )


def kind_of(url: str) -> str:
    """`slack` of `slack://…`; empty where there is none."""
    match = _KIND.match(url)
    return match[1].lower() if match else ""


def label_of(url: str) -> str:
    """What may be shown of an address: its kind, and the host where that is no secret."""
    kind = kind_of(url)
    if not kind:
        return MASK
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return f"{kind}://{MASK}"
    if kind not in _HOSTED or not host:
        return f"{kind}://{MASK}"
    login = f"{MASK}@" if parts.username or parts.password else ""
    rest = f"/{MASK}" if parts.path.strip("/") or parts.query else ""
    return f"{kind}://{login}{host}{f':{port}' if port else ''}{rest}"


def label_of_web(url: str) -> str:
    """What may be shown of the address of a dead man's switch: its host and port."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}/{MASK}" if parts.hostname else MASK
    except ValueError:
        return MASK


def secrets_of(url: str) -> list[str]:
    """The parts of an address that no text may repeat."""
    return [part for part in re.split(r"[/?&=:@,#]+", url) if len(part) > 3] + [url]
