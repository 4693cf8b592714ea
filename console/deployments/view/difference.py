"""What differs from the version that ran before: commits, settings by name, instances."""

from collections.abc import Sequence

import streamlit as st

from console.deployments.difference import before_of, change_of, ran_with, settings_are_known
from console.deployments.history import Snapshot
from console.deployments.model import Change, Record
from console.deployments.verdict import name_of
from console.settings.reports import Snapshot as Settings
from console.ui.format import plain
from console.words import counted, listed

MARK = 8  # characters of a fingerprint, as Settings shows them
SHOWN = 8  # commits, and names of settings


def difference(record: Record, snapshot: Snapshot, settings: Settings | None) -> None:
    """Draw it in a few lines."""
    change = change_of(record, snapshot, settings)
    if change.before is None:
        st.caption("The first deployment that the console knows: there is nothing to compare.")
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**Since {plain(name_of(change.before))}**, which ran before")
        st.markdown(_code(change, record))
        _commits(record.commits or ())
        if change.settings:
            marks = _marked(record, snapshot, settings, change.settings)
            st.markdown(f":material/tune: Settings, by fingerprint: {listed(marks, SHOWN)}")
        elif settings_are_known(record, snapshot, settings):
            st.markdown(":material/tune: The same settings")
        else:
            st.markdown(
                ":material/tune: Whether settings differ is not known: not reported of both"
            )
        if change.instances:
            was, now = change.instances
            st.markdown(f":material/dns: {was} → {counted(now, 'instance')}")


def _marked(
    record: Record, snapshot: Snapshot, settings: Settings | None, names: Sequence[str]
) -> list[str]:
    """`LOG_LEVEL 3fa9c1d2 → 8c07b6e1`; what was not set has no fingerprint."""
    earlier = before_of(record, snapshot)
    both = [ran_with(one, snapshot, settings) for one in (earlier, record) if one is not None]

    def mark(name: str) -> str:
        return " → ".join(plain(found.get(name, "")[:MARK] or "not set") for found in both)

    return [f"**{plain(name)}** {mark(name)}" for name in names]


def _code(change: Change, record: Record) -> str:
    if not change.commit:
        return ":material/commit: The same commit"
    if record.commits:
        return f":material/commit: {counted(len(record.commits), 'commit')}:"
    if record.commits is None:
        return ":material/commit: Another commit; the platform does not tell which lie between"
    return ":material/commit: Another commit, with none of its own: it goes back"


def _commits(commits: Sequence[str]) -> None:
    shown = [f"- {plain(one, 120)}" for one in commits[:SHOWN]]
    if len(commits) > SHOWN:
        shown.append(f"- {len(commits) - SHOWN} more")
    if shown:
        st.markdown("\n".join(shown))
