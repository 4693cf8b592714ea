"""The present recommendation: the sentence, the figures, and the reckoning behind it."""

from collections.abc import Mapping

import streamlit as st

from console.health.summary import Standing
from console.instances.model import NORMAL_MOST, QUIET_MOST, Phase, phase_of
from console.instances.scaling import backlog
from console.instances.scaling.advice import Advice
from console.instances.scaling.load import Known
from console.instances.scaling.model import Decision
from console.instances.scaling.price import parse_price
from console.instances.scaling.signals import Reading, Signal
from console.month_end.capacity import Limit, limit_words
from console.service_redis import url_of
from console.ui.format import plain
from console.ui.page import Page
from console.ui.status import alert
from console.ui.tables import sheet
from console.words import NOTHING, age, counted, duration, response_time

CARD_HEIGHT, CARD_WIDTH = 108, 150  # pixels
MEANS = {
    Phase.QUIET: f"nights, weekends: up to {QUIET_MOST}",
    Phase.NORMAL: f"business hours: {QUIET_MOST + 1} to {NORMAL_MOST}",
    Phase.BUSY: f"around a closing: more than {NORMAL_MOST}",
}
NO_REDIS = (
    "The console does not know this service's Redis, where its instances tell what they do. Set "
    "`REDIS_URL` beside `SERVICE_URL` (or add a check of type `redis`), and start the console "
    "again. Until then only what you declare can be planned, below."
)
NOTHING_KNOWN = (
    "Nothing of this service's work is known. With the kit (`console/kit`) its instances tell how "
    "much comes and how long it takes: set **`OPS_SERVICE={name}`** and **`REDIS_URL`** there. "
    "Until then only what you declare can be planned, below."
)


def present(page: Page, known: Known, advice: Advice, now: float) -> None:
    """Draw it; the live part of the view."""
    decision = advice.decision
    told = sentence(decision)
    if decision.wanted is not None and _unsure(decision):
        told = f"{told} Whether that is enough is not known yet: {_missing(decision)}."
    told = f"{told} {backlog.words(known.work)}".strip()
    standing = _standing(decision)
    if standing is Standing.PASS and backlog.warns(known.work, decision):
        standing = Standing.WARN
    elif standing is Standing.PASS and backlog.unsure(known.work):
        standing = Standing.UNKNOWN
    alert(standing, plain(told))
    if decision.problems and not url_of(page.runtime.config, page.service):
        st.info(NO_REDIS, icon=":material/database:")
    elif decision.problems:
        name = plain(page.service.name)
        st.info(NOTHING_KNOWN.format(name=name), icon=":material/extension:")
    if known.work.running is not None or not decision.problems:
        _cards(page, known, advice)
    _phases(decision, advice)
    if not decision.problems:
        with st.container(border=True):
            st.subheader(decision.title, anchor=False)
            sheet(_table(decision), alt="Each signal with its value, target, reckoning and result")
            for line in [*decision.bounds, decision.hold]:
                if line:
                    st.markdown(f":material/subdirectory_arrow_right: {plain(line)}")
            if decision.limit and decision.rates:
                why = known.bound.words if known.bound else ""
                told = f"{limit_words(decision.limit, decision.rates)} {why}".strip()
                st.caption(plain(told))
            st.caption(plain(_rests(known, advice, now)))


def sentence(decision: Decision) -> str:
    """The recommendation in a sentence or two."""
    if decision.wanted is None or decision.running is None:
        return " ".join(decision.problems) or "What should run is not known."
    run = f"{counted(decision.running, 'instance')} {'runs' if decision.running == 1 else 'run'}"
    by = decision.leading.by
    if decision.capped is Limit.QUOTA:
        by = "and the API quota feeds no more"
    elif decision.capped is not None:
        by = "and that is the maximum"
    recommended = f"{decision.wanted} {_be(decision.wanted)} recommended"
    comma = "," if decision.capped else ""
    if decision.wanted == decision.running:
        return f"{run}, {recommended}{comma} {by}."
    told = f"{run}; {recommended}{comma} {by}."
    if decision.next == decision.running:
        return f"{told} {decision.hold}"
    return told if decision.next == decision.wanted else f"{told} Set {decision.next} now."


def _rests(known: Known, advice: Advice, now: float) -> str:
    """Steps and rests, and the last change that they count from."""
    rules, platform = advice.rules, advice.rules.platform
    told = (
        f"Steps: at most {platform.step_up} more or {platform.step_down} fewer at a time. After a "
        f"change it rests {duration(rules.rest_up)} before more and {duration(rules.rest_down)} "
        "before fewer."
    )
    if known.last is None:
        return f"{told} No change was seen in the last hour."
    changed = f"{known.last.before} to {known.last.after}, {age(max(0.0, now - known.last.at))}"
    return f"{told} The last change: {changed}."


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def _known(decision: Decision) -> set[Signal]:
    return {one.signal for one in decision.readings if one.instances is not None}


def _unsure(decision: Decision) -> bool:
    """Whether what arrives is not known, and nothing else asks for more: an empty queue alone does
    not tell that it is enough."""
    asks = decision.wanted is not None and decision.wanted > (decision.running or 0)
    return not asks and not _known(decision) & {Signal.RATE, Signal.WAIT}


def _missing(decision: Decision) -> str:
    waits = "" if Signal.QUEUE in _known(decision) else " and what waits"
    return f"what arrives{waits} was not seen for a whole minute"


def _standing(decision: Decision) -> Standing:
    if decision.wanted is None or decision.running is None or _unsure(decision):
        return Standing.UNKNOWN
    return Standing.WARN if decision.wanted > decision.running else Standing.PASS


def _cards(page: Page, known: Known, advice: Advice) -> None:
    work, decision = known.work, advice.decision
    with st.grid(5, min_column_width=CARD_WIDTH, row_height=CARD_HEIGHT, gap="small"):
        running = NOTHING if work.running is None else f"{work.running:,}"
        _metric(
            "Run now",
            running,
            f"{advice.calendar_phase.value} phase",
            "Instances that take work; below it the phase that it is by the calendar",
        )
        wanted = NOTHING if decision.wanted is None else f"{decision.wanted:,}"
        note = "not known" if decision.wanted is None else _bound(decision)
        _metric("Recommended", wanted, note, "The greatest of all signals, within the bounds")
        come = work.rate if work.lately is None else work.lately
        rate = NOTHING if come is None else f"{come:,.0f}/h"
        _metric(
            f"{work.unit.capitalize()}s",
            rate,
            f"{response_time(work.seconds)} each" if work.seconds else "time not known",
            f"Over 15 minutes that ended {duration(150)} ago at the latest, or what was watched of "
            "them; the recommendation goes by the last five. The time is the mean of the last "
            "hour, failed tries included",
        )
        _metric(
            "Start time",
            NOTHING if known.start is None else response_time(known.start),
            _starts(known),
            "From the start of an instance to its first heartbeat, as nine of ten were as fast; or "
            "from asking for it here, where that is longer. A rise in the plan begins so much "
            "earlier",
        )
        _metric(
            "Cost now",
            *_cost(page, work.running),
            "By CONSOLE_INSTANCE_PRICE, what an instance costs an hour",
        )


def _bound(decision: Decision) -> str:
    if decision.capped is None:
        return decision.leading.by
    return "all the API quota feeds" if decision.capped is Limit.QUOTA else "the maximum"


def _starts(known: Known) -> str:
    if known.starts:
        return f"of {counted(len(known.starts), 'start')}"
    return "of the last change" if known.start is not None else "no start seen yet"


def _cost(page: Page, running: int | None) -> tuple[str, str]:
    price = parse_price(page.runtime.config.settings.instance_price)
    if price is None:
        return NOTHING, "no price is set"
    return (NOTHING if running is None else price.words(running)), "an hour"


def _metric(label: str, value: str, note: str, help_text: str) -> None:
    st.metric(label, value, note, delta_color="off", delta_arrow="off", border=True, help=help_text)


def _phases(decision: Decision, advice: Advice) -> None:
    """The three phases, the one that it is now, and why."""
    told: list[str] = []
    for phase in Phase:
        here = phase is advice.calendar_phase
        mark = ":material/radio_button_checked:" if here else ":material/radio_button_unchecked:"
        name = f"**{phase.value}** (now)" if here else phase.value
        told.append(f"{mark} {name}, {MEANS[phase]}")
    st.markdown("  \n".join(told))
    st.caption(f"It is **{advice.calendar_phase.value}** now: {plain(advice.phase_why)}."
               f"{_usual(decision.running, advice.calendar_phase)}")  # fmt: skip


def _usual(running: int | None, phase: Phase) -> str:
    """Whether as many run as usual in the phase."""
    if running is None:
        return ""
    runs = f" {counted(running, 'instance')} {'runs' if running == 1 else 'run'}"
    by_count = phase_of(running)
    if by_count is phase:
        return f"{runs}, as usual then."
    order = list(Phase)
    word = "more" if order.index(by_count) > order.index(phase) else "fewer"
    return f"{runs}, {word} than usual then."


def _table(decision: Decision) -> Mapping[str, list[str]]:
    """Few columns: on a phone each is as wide as its longest word."""
    return {
        "Signal": [_name(one, decision) for one in decision.readings],
        "Instances": [_count(one) for one in decision.readings],
        "Measured, target, reckoning": [_reckoning(one) for one in decision.readings],
    }


def _reckoning(one: Reading) -> str:
    measured = f"{one.value}; target: {one.target}." if one.value and one.target else ""
    if one.instances is None:
        return plain(f"{measured} Not known: {one.why_unknown}.".strip())
    if one.formula.startswith(one.value):  # it says what was measured itself
        measured = ""
    return plain(f"{measured} {one.formula}.".strip())


def _name(one: Reading, decision: Decision) -> str:
    name = one.signal.value
    return f"**{name}**, counts" if one.signal is decision.leading else name


def _count(one: Reading) -> str:
    return "not known" if one.instances is None else f"{one.instances:,}"
