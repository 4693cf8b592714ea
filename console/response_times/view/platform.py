"""What the service's platform measured by itself: every request, not the probes alone."""

import streamlit as st

from console.response_times.charts import platform_chart
from console.response_times.platform import PlatformTimes, load
from console.ui.charts import show
from console.ui.format import plain
from console.ui.page import Page, read
from console.ui.reading import fetch
from console.words import age, moment, response_time, sentence

HEIGHT = 250  # pixels


def platform_times(page: Page) -> None:
    """Draw it; nothing where the platform measures none."""
    store, name = page.runtime.store, page.service.name
    found = fetch(page.runtime, ("platform_times", name), lambda: load(store, name)).value
    if found is None:
        return
    title, now = plain(found.platform, 60), read(page).now
    with st.container(border=True):
        st.subheader(f"As {title} measured it", anchor=False)
        if found.problem:
            st.warning(plain(sentence(found.problem), 400), icon=":material/warning:")
        if not found.told_at:
            return
        when = f"{moment(found.told_at, page.zone)}, {age(now - found.told_at)}"
        st.caption(
            f"Every request of the hour before {when}, by the clock of {title}'s own proxy. "
            "The probes above are the console's."
        )
        if not any(_values(found)):
            st.markdown("No request in this hour has a response time.")
            return
        show(
            platform_chart(found.steps, page.zone),
            key="rt_platform",
            alt=f"Response times of the last hour by {found.platform}: {_newest(found)}",
            height=HEIGHT,
        )


def _values(found: PlatformTimes) -> list[float]:
    return [value for one in found.steps for value in (one.p50, one.p95, one.p99) if value]


def _newest(found: PlatformTimes) -> str:
    last = found.steps[-1]
    return f"p50 {response_time(last.p50)}, p95 {response_time(last.p95)} in the newest step"
