"""How telling people is set up, whether it works, and the test of it."""

import time

import streamlit as st

from console.access import Visitor
from console.alerts.channels import Channel, label_of_web
from console.alerts.digest import MARK
from console.alerts.load import Found
from console.alerts.outbox import Delivery, Stage
from console.alerts.setup import Setup
from console.alerts.signal import READINGS
from console.alerts.tell import FLAP_CALM, FLAP_CHANGES, FLAP_WINDOW
from console.health.summary import Standing
from console.runtime import get_runtime
from console.ui.acting import act, why_not
from console.ui.format import plain
from console.ui.live import watch
from console.ui.page import Page, Reading
from console.ui.status import MARKS
from console.ui.tables import facts, sheet
from console.words import age, duration

POLL = 0.5  # seconds between two looks while channels answer
FRESH = 300.0  # seconds for which the outcome of a test is shown

NO_CHANNELS = (
    "Nobody is told of alerts yet. Set **`CONSOLE_NOTIFY_URLS`** to one or more addresses of "
    "[apprise](https://github.com/caronc/apprise/wiki), with spaces between, and start the console "
    "again: `slack://…` for Slack, `workflows://…` for Teams, `line://…` for LINE, `discord://…`, "
    "`mailto://…` for e-mail, `jsons://…` for a webhook. A name may stand before one: "
    "`night-shift=slack://…`."
)
NO_DEADMAN = (
    "Not set. **`CONSOLE_DEADMAN_URL`**, such as a check of Healthchecks, tells you when the "
    "console itself is down: nothing here could."
)
NO_DIGEST = (
    "Not set. **`CONSOLE_DIGEST_AT`**, such as `08:30`, sends a summary once a day and one of each "
    "closing; `CONSOLE_DIGEST_URLS` sends them to channels of their own."
)
FIRES = (
    "A check after `failure_threshold` failures in a row, resolved after `success_threshold` good "
    f"results; a reading (rate limit, instances, month-end) when {READINGS.failures} in a row say "
    "so; a fact (expiry, deployment, new error in the log) at once."
)
HELD_BACK = (
    "What follows from another alert; what is under maintenance; anything while the console itself "
    f"has no network; and what changed {FLAP_CHANGES} times within {duration(FLAP_WINDOW)}, until "
    f"it is steady for {duration(FLAP_CALM)}."
)


def setup(page: Page, reading: Reading, found: Found) -> None:
    """The channels, the dead man's switch, the digest."""
    settings = page.runtime.config.settings
    with st.container(border=True):
        st.subheader("Channels", anchor=False)
        if not settings.channels:
            st.info(NO_CHANNELS, icon=":material/notifications_off:")
        channels = settings.all_channels
        if channels:
            columns = {"Channel": [_named(one) for one in channels]}
            if settings.digest_urls is not None:
                columns["Gets"] = [
                    "alerts" if one in settings.channels else "summaries" for one in channels
                ]
            columns["State"] = [_state(one, found, reading.now) for one in channels]
            sheet(columns, alt="Where alerts and summaries go, and whether they arrive")
        told = {
            "Dead man's switch": _deadman(page, found.setup, reading.now),
            "Summaries for managers": _digest(page, found),
            "Reminders": _reminders(settings.alert_reminder),
            "When it fires": FIRES,
            "What is not told": HELD_BACK,
        }
        facts(told, alt="What else tells people")


def _named(channel: Channel) -> str:
    return f"**{plain(channel.name, 40)}**  \n{plain(channel.label, 80)}".removeprefix("****  \n")


def _state(channel: Channel, found: Found, now: float) -> str:
    badge = MARKS[_standing(channel, found)].badge
    known = found.setup
    if known is None or not known.judged or channel.id not in known.channels:
        return f"{badge} The collector has not looked at it yet."
    problem = known.problems.get(channel.id)
    if problem:
        return f"{badge} {plain(problem, 300)}"
    last = _last(channel, found)
    if last is None:
        return f"{badge} Nothing was sent to it yet. Try it."
    if last.stage is Stage.SENT:
        return f"{badge} The last message was taken {age(now - (last.over_at or last.at))}."
    return f"{badge} {plain(last.reason, 300)}"


def _standing(channel: Channel, found: Found) -> Standing:
    known = found.setup
    if known is None or not known.judged or channel.id not in known.channels:
        return Standing.UNKNOWN
    if known.problems.get(channel.id):
        return Standing.FAIL
    last = _last(channel, found)
    if last is None:
        return Standing.UNKNOWN
    return Standing.PASS if last.stage is Stage.SENT else Standing.FAIL


def _last(channel: Channel, found: Found) -> Delivery | None:
    """The last delivery to it that was tried to some end."""
    mine = [one for one in found.deliveries if one.channel == channel.id and _tried(one)]
    return max(mine, key=lambda one: one.at, default=None)


def _tried(one: Delivery) -> bool:
    return one.over or bool(one.reason)


def _deadman(page: Page, known: Setup | None, now: float) -> str:
    address = page.runtime.config.settings.deadman_url
    if address is None:
        return NO_DEADMAN
    label = plain(label_of_web(address.get_secret_value()), 80)
    if known is None or known.deadman_at is None:
        return f"{MARKS[Standing.UNKNOWN].badge} {label} was not called yet."
    good = (
        "" if known.deadman_ok_at is None else f", the last time {age(now - known.deadman_ok_at)}"
    )
    if known.deadman_problem:
        last = f" It was reached{good}." if good else " It was never reached."
        return f"{MARKS[Standing.FAIL].badge} {label}: {plain(known.deadman_problem, 200)}{last}"
    if known.deadman_ok_at is None:
        return f"{MARKS[Standing.UNKNOWN].badge} {label} is being called."
    return f"{MARKS[Standing.PASS].badge} {label} is called every minute{good}."


def _digest(page: Page, found: Found) -> str:
    settings = page.runtime.config.settings
    if not settings.digest_at:
        return NO_DIGEST
    last = next((one for one in found.deliveries if one.group == MARK), None)
    sent = f" The last one: {plain(last.title, 120)}." if last else ""
    if not settings.digest_channels:
        sent = " But there is no channel."
    when = f"Daily at {plain(settings.digest_at)} ({plain(settings.timezone)})"
    return f"{when}, and of each closing at its deadline and when it is closed.{sent}"


def _reminders(seconds: float) -> str:
    if not seconds:
        return "None (`CONSOLE_ALERT_REMINDER` is 0)."
    return f"Every {duration(seconds)} while something fires and nobody has acknowledged it."


def silent_channels(page: Page, found: Found) -> str:
    """How many channels do not take messages, one sentence; empty where all do, or none is set."""
    channels = page.runtime.config.settings.all_channels
    failing = sum(_standing(one, found) is Standing.FAIL for one in channels)
    if not failing:
        return ""
    if failing == len(channels):
        return "No channel takes messages: see Channels below."
    verb = "does" if failing == 1 else "do"
    return f"{failing} of {len(channels)} channels {verb} not take messages: see Channels below."


def trial(page: Page) -> None:
    """The test, and what came of the last one. Outside of the live fragment, at its own pace."""
    with st.container(border=True):
        st.subheader("Try the channels", anchor=False)
        st.caption("Sends a test message to each. It is written to Activity.")
        _trial(page)


def _trial(page: Page) -> None:
    reason = why_not(page)
    channels = page.runtime.config.settings.all_channels
    last = page.runtime.alerts.trial
    running = last is not None and last.running
    st.button(
        "Send a test",
        icon=":material/send:",
        key="alert_test",
        disabled=reason is not None or not channels or running,
        help=reason or ("To every channel" if channels else "CONSOLE_NOTIFY_URLS is not set"),
        on_click=_test,
        args=(page.service.name,),
    )
    if last is None or time.time() - last.at > FRESH:
        return
    if running:
        watch(_watch, POLL)
    else:
        _outcome()


def _test(service: str) -> None:
    def work(visitor: Visitor) -> str:
        get_runtime().alerts.test(visitor, service)
        return "The test is on its way. What came of it stands under Try the channels."

    act(work)


def _watch() -> None:
    last = get_runtime().alerts.trial
    if last is None or not last.running:
        st.rerun()
    _outcome()


def _outcome() -> None:
    last = get_runtime().alerts.trial
    if last is None:
        return
    lines: list[str] = []
    for channel in last.channels:
        answer, label = last.answers.get(channel.id), plain(channel.title, 80)
        if answer is None:
            waited = duration(max(1.0, time.time() - last.at))
            lines.append(f":blue-badge[:material/hourglass: Waits] {label}, for {waited}")
        elif answer.sent:
            lines.append(f"{MARKS[Standing.PASS].badge} {label} took it in {answer.seconds:.1f} s")
        else:
            lines.append(f"{MARKS[Standing.FAIL].badge} {label}: {plain(answer.reason, 300)}")
    st.markdown("  \n".join(lines))
