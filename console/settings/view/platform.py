"""What the platform of a service tells of its variables, as the page has it at hand."""

from dataclasses import dataclass

from console.settings.drift import PlatformNames
from console.settings.load import load_platform
from console.settings.platform import Reading
from console.settings.rollout import RollOut
from console.ui.page import Page
from console.ui.reading import fetch
from console.words import clock

NONE = (
    "No platform tells this console the names of its variables. Set `platform`, "
    "`platform_service` and `platform_token_env` of this service; until then check the `.env` that "
    "you deploy with, and compare it with what runs under **Against another place**."
)
SOON = "The console has not asked the platform yet; the collector does within a minute."


@dataclass(frozen=True, slots=True)
class Told:
    """Names that can be compared, or why there are none; and whether instances are replaced."""

    names: PlatformNames | None = None
    reason: str = ""  # Markdown only where it is this module's own
    own: bool = False  # whether the reason is
    roll_out: RollOut | None = None


def platform_told(page: Page, now: float) -> Told:
    """What is known now."""
    world, service = page.runtime.world, page.service
    if world is not None and service.sample and not service.platform:
        return Told(world.variable_names(now), roll_out=world.roll_out())
    if not service.platform:
        return Told(reason=NONE, own=True)
    store = page.runtime.store
    found = fetch(
        page.runtime,
        ("settings-platform", service.name),
        lambda: load_platform(store, service.name),
    )
    reading, roll_out = found.value or (None, None)
    if reading is None:
        return Told(reason=found.problem or SOON, roll_out=roll_out)
    names = reading.compared(now)
    return Told(names, "" if names else _reason(reading, now, page), roll_out=roll_out)


def _reason(reading: Reading, now: float, page: Page) -> str:
    if reading.not_offered:
        return reading.not_offered
    when = (
        f" It last told them {clock(reading.told_at, now, page.zone)}." if reading.told_at else ""
    )
    why = reading.problem or "Nobody has asked it lately: is the collector running?"
    return f"{reading.platform} tells no variables now. {why}{when}"
