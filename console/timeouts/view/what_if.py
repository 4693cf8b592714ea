"""Sliders: what another value would change, and the lines of .env that bring it about."""

import streamlit as st

from console.timeouts.catalogue import Kind, Setting
from console.timeouts.durations import shown
from console.timeouts.lint import Facts, Finding, Severity, counted_severities, ends, run_rules
from console.timeouts.model import Plan
from console.timeouts.nesting import breaks_first
from console.timeouts.rules import RULES
from console.timeouts.whatif import Slider, differing, env_lines, every_fix, sliders
from console.ui.format import plain
from console.words import counted

KEY = "timeouts_if_"  # of the sliders, in the session's state
KEPT = "kept"  # changes that no slider can show
WIDTH = 260  # pixels of a slider at least


def what_if(facts: Facts) -> None:
    """The sliders and what follows from them. A fragment: moving one reads nothing anew."""
    st.fragment(lambda: _body(facts))()


def _body(facts: Facts) -> None:
    with st.container(border=True):
        st.subheader("What if", anchor=False)
        _buttons(facts)
        wanted = _sliders(facts.plan)
        changes = {**_kept(facts.plan), **differing(facts.plan, wanted)}
        if not changes:
            st.caption("Move a slider: the change appears here as lines for `.env`.")
            return
        after = Facts(facts.plan.changed(changes), facts.seen, facts.checks, facts.instances)
        _outcome(facts, after)
        st.code(env_lines(changes), language=None, wrap_lines=True)


def _buttons(facts: Facts) -> None:
    with st.container(horizontal=True):
        st.button(
            "Take every fix",
            icon=":material/auto_fix_high:",
            key="timeouts_fix",
            on_click=lambda: _take(facts),
            help="Sets the sliders to the changes that the rules propose.",
        )
        st.button(
            "Start again", icon=":material/restart_alt:", key="timeouts_reset", on_click=_reset
        )


def _take(facts: Facts) -> None:
    taken = every_fix(facts)
    movable = {slider.setting.name: slider for slider in sliders(facts.plan)}
    kept: dict[str, float | None] = {}
    for name, amount in taken.items():
        slider = movable.get(name)
        if slider is None or amount is None or not slider.reaches(amount):
            kept[name] = amount
        else:
            st.session_state[_key(facts.plan, name)] = _typed(slider.setting, amount)
    st.session_state[_key(facts.plan, KEPT)] = kept


def _key(plan: Plan, name: str) -> str:
    """In the session's state; another plan (service, platform) has sliders of its own."""
    base = hash(tuple(value.amount for value in plan.values.values()))
    return f"{KEY}{base}_{name}"


def _kept(plan: Plan) -> dict[str, float | None]:
    return st.session_state.get(_key(plan, KEPT), {})


def _reset() -> None:
    for key in [str(key) for key in st.session_state if str(key).startswith(KEY)]:
        del st.session_state[key]


def _sliders(plan: Plan) -> dict[str, float]:
    wanted: dict[str, float] = {}
    with st.grid(3, min_column_width=WIDTH, gap="small"):
        for slider in sliders(plan):
            name = slider.setting.name
            key = _key(plan, name)
            if key not in st.session_state:
                st.session_state[key] = _typed(slider.setting, slider.amount)
            wanted[name] = float(_slider(slider, key))
    return wanted


def _slider(slider: Slider, key: str) -> float:
    setting = slider.setting
    if setting.kind is Kind.COUNT:
        return st.slider(
            setting.name,
            int(slider.least),
            int(slider.most),
            step=1,
            key=key,
            help=f"{setting.meaning}.",
        )
    return st.slider(
        setting.name,
        slider.least,
        float(slider.most),
        step=slider.step,
        key=key,
        format="%g s",
        help=f"{setting.meaning}, in seconds whatever the unit of the variable is.",
    )


def _typed(setting: Setting, amount: float) -> int | float:
    return int(amount) if setting.kind is Kind.COUNT else float(amount)


def _outcome(before: Facts, after: Facts) -> None:
    old, new = run_rules(before, RULES), run_rules(after, RULES)
    st.markdown(f":material/arrow_forward: {plain(breaks_first(after.plan))}")
    was, now = _fired(old), _fired(new)
    mended, broken = sorted(set(was) - set(now)), sorted(set(now) - set(was))
    told = [
        f"One call {ends(before.worst.call)} → {ends(after.worst.call)}",
        f"one run {ends(before.worst.run)} → {ends(after.worst.run)}",
        f"item limit {shown(after.plan.time('ITEM_TIMEOUT_SECONDS'))}",
    ]
    st.markdown(plain(", ".join(told)))
    counts = counted_severities(new)
    parts = [
        f"Mended: {', '.join(mended)}." if mended else "",
        f"Newly broken: {', '.join(broken)}." if broken else "",
        f"Left: {counted(counts[Severity.ERROR], 'error')}, "
        f"{counted(counts[Severity.WARNING], 'warning')}.",
    ]
    st.caption(plain(" ".join(part for part in parts if part)))


def _fired(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {one.rule: one for one in findings if one.fires}
