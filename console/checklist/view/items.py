"""The questions in their three phases, each a card with its answer and what it rests on."""

from datetime import tzinfo

import streamlit as st

from console.checklist.model import Answer, Checklist, Item, Phase, Release
from console.checklist.questions import AREA
from console.checklist.record import WordKind
from console.checklist.view.marks import (
    ANSWERS,
    WORD_ASKED,
    WORD_KIND,
    WORD_OPEN,
    WORD_QUESTION,
)
from console.ui.format import plain
from console.ui.page import PAGES
from console.words import age, counted, moment

TITLES = {
    "settings": "Settings",
    "controls": "Controls",
    "cache": "Cache",
    "health": "Health",
    "logs": "Logs",
    "response_times": "Response times",
    "instances": "Instances",
}
TEXT_LIMIT, LINE_LIMIT = 400, 240  # characters
SETTLED = (Answer.PASS, Answer.NOT_APPLICABLE)  # their words are folded: they ask for nothing


def board(found: Checklist, service: str, zone: tzinfo) -> None:
    """Draw all of them."""
    for column, phase in zip(st.columns(len(Phase), gap="small"), Phase, strict=True):
        with column:
            items = found.of(phase)
            passing = sum(item.answer is Answer.PASS for item in items)
            applying = sum(item.answer is not Answer.NOT_APPLICABLE for item in items)
            with st.container(
                horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
            ):
                st.subheader(phase.label, anchor=False, width="content")
                st.caption(f"{passing} of {applying} pass", width="content")
            for item in items:
                _card(item, found, service, zone)


def _card(item: Item, found: Checklist, service: str, zone: tzinfo) -> None:
    finding = item.finding
    with st.container(border=True, key=f"item_{item.question.key.replace(':', '_')}"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            attested = item.word is not None and item.word.kind is WordKind.ATTEST
            by_word = " :violet-badge[:material/person: Attested]" if attested else ""
            st.markdown(f"{ANSWERS[item.answer].badge}{by_word}", width="content")
            if finding.at is not None:
                st.caption(age(found.at - finding.at), width="content")
        settled = item.answer in SETTLED and not _names_an_area(item)
        text = "" if settled else f"  \n{plain(item.text, TEXT_LIMIT)}"
        st.markdown(f"**{plain(item.question.text)}**{text}")
        facts = [part for part in (_observed(item), _covered(item), _until(item, zone)) if part]
        if facts:
            st.caption(" · ".join(facts))
        if finding.not_covered:
            st.caption(f":material/info: {plain(finding.not_covered)}")
        _next(item, service)
        with st.expander("What it rests on", type="compact"):
            if settled:
                st.markdown(plain(item.text, TEXT_LIMIT))
            st.markdown("\n".join(_lines(item, found, zone)))
            if finding.page and _is_there(finding.page):
                st.page_link(
                    PAGES / f"{finding.page}.py",
                    label=f"Show on {TITLES.get(finding.page, finding.page)}",
                    icon=":material/link:",
                    query_params={"service": service, **dict(finding.query)},
                )


def _names_an_area(item: Item) -> bool:
    """Whether its words are what people in trouble look for, although it passes."""
    return item.question.key == AREA and item.answer is Answer.PASS


def _next(item: Item, service: str) -> None:
    """The button to what should be done; where nothing measures it, to the form below."""
    action, key = item.finding.action, item.question.key
    if action is None and item.answer is Answer.UNKNOWN:
        if st.button("Attest it", key=f"attest_{key}", icon=":material/person_check:",
                     on_click=_prefill, args=(key,)):  # fmt: skip
            st.rerun()  # the whole page: the form is outside of what refreshes itself
        return
    if action is None or item.answer is Answer.PASS:
        return
    there = _is_there(action.page)
    if st.button(
        action.label,
        key=f"next_{key}",
        icon=":material/arrow_forward:",
        disabled=not there,
        help=None if there else "This page is not there yet.",
    ):
        st.switch_page(PAGES / f"{action.page}.py", query_params={"service": service})


def _prefill(key: str) -> None:
    st.session_state[WORD_QUESTION], st.session_state[WORD_KIND] = key, "Attest"
    st.session_state[WORD_ASKED] = st.session_state[WORD_OPEN] = True


def _observed(item: Item) -> str:
    finding = item.finding
    if not finding.observed:
        return ""
    return f"**{plain(finding.observed)}** {plain(finding.unit)}".rstrip()


def _covered(item: Item) -> str:
    finding = item.finding
    if finding.of is None or finding.unit.startswith("instances"):
        return ""
    if finding.covered is None:
        return counted(finding.of, "instance")
    return f"{finding.covered} of {counted(finding.of, 'instance')}"


def _until(item: Item, zone: tzinfo) -> str:
    return f"until {moment(item.word.until, zone)}" if item.word else ""


def _lines(item: Item, found: Checklist, zone: tzinfo) -> list[str]:
    finding, word = item.finding, item.word
    lines: list[str] = []
    if finding.threshold:
        lines.append(f"- Passes with: {plain(finding.threshold)}")
    if finding.source:
        lines.append(f"- Source of that: {plain(finding.source)}")
    if word is not None:
        said = "Attested" if word.kind is WordKind.ATTEST else "Waived"
        lines.append(
            f"- {said} by {plain(word.by)} at {moment(word.at, zone)}, until "
            f"{moment(word.until, zone)}: {plain(word.reason, LINE_LIMIT)}"
        )
        lines.append(f"- Without that word: {ANSWERS[finding.answer].word.lower()}")
    lines += [f"- {plain(one, LINE_LIMIT)}" for one in finding.evidence]
    if finding.at is not None:
        old = f", too old after {finding.max_age:,.0f} s" if finding.max_age else ""
        lines.append(f"- Read at {moment(finding.at, zone)}{old}")
    lines.append(f"- {release_words(found.release)}")
    return lines


def release_words(release: Release) -> str:
    """What runs, in Markdown."""
    if release.instances is None:
        return "What runs is not known"
    commit = f"commit {plain(release.commit[:12])}" if release.commit else (
        "different commits" if release.commits > 1 else "commit not told"
    )  # fmt: skip
    prints = f"settings {plain(release.fingerprint[:8])}" if release.fingerprint else (
        "different settings" if release.fingerprints > 1 else "settings not comparable"
    )  # fmt: skip
    return f"Runs now: {commit}, {prints}, {counted(release.instances, 'instance')}"


def _is_there(page: str) -> bool:
    return (PAGES / f"{page}.py").is_file()
