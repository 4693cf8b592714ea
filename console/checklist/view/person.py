"""What people say of questions: attest, waive, take back."""

import time
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from console.access import Visitor
from console.checklist.load import load
from console.checklist.model import DAY, Answer, Checklist, Question
from console.checklist.record import Word, WordKind
from console.checklist.sign_off import (
    LOCAL,
    LONGEST_WAIVER,
    NAME_LIMIT,
    REASON_LIMIT,
    Signing,
    Wish,
    place_of,
)
from console.checklist.view.marks import (
    ANSWERS,
    WORD_ASKED,
    WORD_KIND,
    WORD_OPEN,
    WORD_QUESTION,
)
from console.errors import Objection
from console.runtime import Runtime, get_runtime
from console.ui.acting import act, why_not
from console.ui.format import plain
from console.ui.page import Page
from console.words import age, moment

HOLDS = {"24 h": DAY, "7 days": 7 * DAY, "30 days": 30 * DAY, "90 days": 90 * DAY}
KINDS = {"Attest": WordKind.ATTEST, "Waive": WordKind.WAIVE}
CAPTION = (
    "Attest what nothing can measure: it stands only where the answer is unknown. Waive what may "
    "be left for now. Both need a name and a reason, end by themselves, and are in Activity."
)


def person_part(page: Page, found: Checklist, words: Sequence[Word]) -> None:
    """Draw the form, and the words that hold."""
    reason, name = why_not(page), page.service.name
    if st.session_state.pop(WORD_ASKED, False):
        st.toast("Say below what you looked at.", icon=":material/person_check:")
    questions = {one.question.key: one.question for one in found.items}
    marks = {one.question.key: ANSWERS[one.answer] for one in found.items}
    held = sum(one.holds(found.at) for one in words)
    label = f"**A person's word**{f' · {held} now' if held else ''}"
    with st.expander(label, key=WORD_OPEN, on_change="rerun", icon=":material/person_check:"):
        st.caption(CAPTION)
        left, middle, right = st.columns([3, 1.2, 1.2], vertical_alignment="bottom")
        if st.session_state.get(WORD_QUESTION) not in questions:  # of another service
            st.session_state[WORD_QUESTION] = _asking(found)
        key: object = left.selectbox(
            "Question",
            list(questions),
            format_func=lambda one: f"{marks[str(one)].word}: {questions[str(one)].text}",
            key=WORD_QUESTION,
        )
        chosen = questions[str(key)]
        st.session_state.setdefault(WORD_KIND, next(iter(KINDS)))
        kind: object = middle.segmented_control("Word", list(KINDS), required=True, key=WORD_KIND)
        options = _holds(KINDS[str(kind)], chosen)
        held: object = right.selectbox("Holds for", list(options), key=f"word_holds_{kind}_{key}")
        left, right = st.columns([3, 1])
        why = left.text_input(
            "What you looked at, and where" if kind == "Attest" else "Why it may be left for now",
            max_chars=REASON_LIMIT,
            key="word_reason",
        )
        who = name_input(page, "word_name", right)
        st.button(
            f"{kind} this question",
            key="word_give",
            icon=":material/front_hand:" if kind == "Waive" else ":material/person_check:",
            disabled=reason is not None,
            help=reason,
            on_click=_give,
            args=(name, chosen.key, KINDS[str(kind)], why or "", options[str(held)], who),
        )
        _words(page, questions, words)


def _asking(found: Checklist) -> str:
    """The question that most needs somebody's word: only what is unknown can be attested."""
    order = [Answer.UNKNOWN, Answer.FAIL, Answer.WARN]
    open_ones = [one for one in found.items if one.answer in order]
    first = min(open_ones or found.items, key=lambda one: _place(order, one.answer))
    return first.question.key


def _place(order: Sequence[Answer], answer: Answer) -> int:
    return order.index(answer) if answer in order else len(order)


def name_input(page: Page, key: str, place: DeltaGenerator) -> str:
    """Who is at the machine; a signed-in visitor is known."""
    if page.visitor.name != LOCAL:
        return ""
    return (
        place.text_input(
            "Your name",
            max_chars=NAME_LIMIT,
            key=key,
            help="Nobody is signed in at this console, so the log needs your name from you.",
        )
        or ""
    )


def signing_of(runtime: Runtime) -> Signing:
    """The actions of this process."""
    return Signing(runtime.desk, runtime.store, time.time)


def _holds(kind: WordKind, question: Question) -> dict[str, float]:
    longest = question.longest if kind is WordKind.ATTEST else LONGEST_WAIVER
    found = {name: seconds for name, seconds in HOLDS.items() if seconds <= longest}
    return found or {f"{longest / DAY:g} days": longest}


def _give(service: str, key: str, kind: WordKind, why: str, seconds: float, who: str) -> None:
    def work(visitor: Visitor) -> str:
        runtime = get_runtime()
        found = runtime.config.service(service)
        if found is None:
            raise Objection("This service is not configured any more.")
        now = load(runtime.store, runtime.config, found, time.time())
        item = next((one for one in now.items if one.question.key == key), None)
        if item is None:
            raise Objection("This question is not asked any more.")
        word = signing_of(runtime).say(visitor, now, item, Wish(kind, why, seconds, who))
        zone = runtime.config.settings.zone
        st.session_state["word_reason"] = ""
        done = "Attested" if kind is WordKind.ATTEST else "Waived"
        return f"{done} until {moment(word.until, zone)}: {plain(item.question.text)}"

    act(work)


def _words(page: Page, questions: dict[str, Question], words: Sequence[Word]) -> None:
    now, reason = time.time(), why_not(page)
    for word in sorted((one for one in words if one.holds(now)), key=lambda one: -one.at):
        question = questions.get(word.question)
        if question is None:
            continue
        said = "attested" if word.kind is WordKind.ATTEST else "waived"
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
        ):
            st.markdown(
                f"**{plain(question.text)}** {said} by {plain(word.by, 80)} "
                f"{age(now - word.at)}, until {moment(word.until, page.zone)}: "
                f"{plain(word.reason, 200)}"
            )
            st.button(
                "Take back",
                key=f"word_back_{word.id}",
                disabled=reason is not None,
                help=reason,
                on_click=_take_back,
                args=(page.service.name, place_of(word)),
            )


def _take_back(service: str, place: str) -> None:
    def work(visitor: Visitor) -> str:
        signing_of(get_runtime()).withdraw(visitor, service, place)
        return "Taken back."

    act(work)
