"""The DORA figures of a service."""

import streamlit as st

from console.deployments.dora import DAY, Dora, Figure
from console.words import NOTHING, counted, duration

CARD_HEIGHT, CARD_WIDTH = 108, 150  # pixels


def figures(found: Dora, days: int) -> None:
    """Draw them; `days` is what they are meant to be of."""
    known = found.until - found.since
    st.subheader(f"Figures of the last {days} days", anchor=False)
    if known < days * DAY - 1:
        st.caption(f"Deployments are known of the last {duration(known)} only.")
    with st.grid(4, min_column_width=CARD_WIDTH, row_height=CARD_HEIGHT, gap="small"):
        frequency = found.frequency
        _metric(
            "Deployments a day",
            NOTHING if frequency.value is None else f"{frequency.value:.2g}",
            counted(frequency.of, "deployment"),
            "Changes that came to production (DORA: deployment frequency)",
        )
        _metric(
            "Commit to live",
            _time(found.lead_time),
            f"median of {found.lead_time.of}"
            + (f" · {found.untimed} not told" if found.untimed else ""),
            "From the commit to live (DORA: change lead time); from 3 deployments on",
        )
        rate = found.fail_rate
        between = f"{rate.low or 0:.0%} to {rate.high:.0%}" if rate.high is not None else "too few"
        _metric(
            "Had to be mended",
            NOTHING if rate.value is None else f"{rate.value:.0%}",
            f"of {rate.of} · {between}",
            "Rolled back or found failed (DORA: change fail rate), and its 95 % interval (Wilson). "
            "What was not verified counts as good, unless it was rolled back",
        )
        if found.unverified:
            between += f" · {found.unverified} not verified"
        open_ = f", {found.unmended} open" if found.unmended else ""
        _metric(
            "Time to mend",
            _time(found.recovery),
            f"median of {found.recovery.of}{open_}",
            "From a failed change to the next good one (DORA: failed deployment recovery time)",
        )


def _time(figure: Figure) -> str:
    return NOTHING if figure.value is None else duration(figure.value)


def _metric(label: str, value: str, note: str, help_text: str) -> None:
    st.metric(label, value, note, delta_color="off", delta_arrow="off", border=True, help=help_text)
