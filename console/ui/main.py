"""The script that Streamlit runs: page settings, navigation over pages/, service picker, sidebar.

It lives here and not beside pages/, because a folder of that name next to the running script
answers deep links without running the script (and so without its guard).
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
if str(ROOT) not in sys.path:  # `streamlit run` puts only this folder there
    sys.path.insert(0, str(ROOT))

from console.errors import ConfigError, StoreError  # noqa: E402  # needs the path above
from console.health.summary import Standing  # noqa: E402
from console.runtime import Runtime, get_runtime  # noqa: E402
from console.sign_in.view import signed_in  # noqa: E402
from console.ui.format import plain  # noqa: E402
from console.ui.guard import current_visitor, guard, provider  # noqa: E402
from console.ui.header import FOOTER  # noqa: E402
from console.ui.page import PAGES, SERVICE, current_service, standings  # noqa: E402
from console.ui.status import MARKS  # noqa: E402
from console.ui.style import page_style  # noqa: E402

ICON = HERE / "static" / "icon.svg"
SIDEBAR_WIDTH = 220  # pixels
FIRST = "overview"
HOME = "home"  # what the first page reserves; Streamlit shows it at the root


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the menu; it is there when its file is."""

    file: str
    title: str
    icon: str

    @property
    def path(self) -> Path:
        """The script of the page."""
        return PAGES / f"{self.file}.py"


MENU = {
    "Now": (
        Entry("overview", "Overview", "dashboard"),
        Entry("status", "Status", "sentiment_satisfied"),
        Entry("month_end", "Month-end", "event_available"),
    ),
    "Watch": (
        Entry("health", "Health", "monitor_heart"),
        Entry("response_times", "Response times", "timeline"),
        Entry("instances", "Instances", "dns"),
        Entry("cache", "Cache", "database"),
        Entry("logs", "Logs", "subject"),
        Entry("alerts", "Alerts", "notifications"),
    ),
    "Ship": (
        Entry("deployments", "Deployments", "rocket_launch"),
        Entry("settings", "Settings", "tune"),
        Entry("checklist", "Checklist", "checklist"),
    ),
    "Act": (
        Entry("controls", "Controls", "toggle_on"),
        Entry("activity", "Activity", "history"),
    ),
}


def main() -> None:
    """Draw the frame and run the chosen page in it."""
    st.set_page_config(
        page_title="Ops console",
        page_icon=str(ICON),
        layout="wide",
        initial_sidebar_state=SIDEBAR_WIDTH,
    )
    st.logo(str(ICON), size="large")
    page_style()
    runtime = _runtime()
    if runtime is None:
        return
    allowed = current_visitor().may_look
    position = "sidebar" if allowed else "hidden"
    chosen = st.navigation(_menu(), position=position, expanded=True)
    visitor = guard()  # before the sidebar: even the names of the services are not for everybody
    with st.sidebar:
        _service_picker(runtime)
        if provider().configured:
            signed_in(visitor)
        st.session_state[FOOTER] = st.empty()
    chosen.run()


def _runtime() -> Runtime | None:
    """The runtime, or `None` after saying why there is none."""
    try:
        return get_runtime()
    except ConfigError as error:
        st.title("The console cannot start", anchor=False)
        lines = "\n".join(f"- {plain(problem)}" for problem in error.problems)
        st.error(lines, icon=":material/settings_alert:", title="Its configuration has to change")
    except StoreError as error:
        st.title("The console cannot start", anchor=False)
        st.error(plain(error), icon=":material/cloud_off:", title="Its store cannot be used")
    return None


def _menu() -> dict[str, list[st.Page]]:
    menu = {
        group: [
            st.Page(
                entry.path,
                title=entry.title,
                icon=f":material/{entry.icon}:",
                url_path=HOME if entry.file == FIRST else entry.file.replace("_", "-"),
                default=entry.file == FIRST,
            )
            for entry in entries
            if entry.path.is_file()
        ]
        for group, entries in MENU.items()
    }
    # The first page has the root as its address; a link that names it is answered as well.
    menu["Now"].append(st.Page(_to_first, title="Overview", url_path=FIRST, visibility="hidden"))
    return {group: pages for group, pages in menu.items() if pages}


def _to_first() -> None:
    st.switch_page(PAGES / f"{FIRST}.py", query_params=st.query_params.to_dict())


def _service_picker(runtime: Runtime) -> None:
    services = runtime.config.services
    if len(services) < 2:
        return
    current = current_service(runtime.config)
    standing = standings(runtime)
    labels = {
        service.name: f"{MARKS[standing[service.name]].shape} {service.label}"
        for service in services
    }
    st.session_state["service_choice"] = current.name
    st.selectbox(
        "Service",
        list(labels),
        key="service_choice",
        format_func=lambda name: labels[name],
        on_change=_choose_service,
    )
    _remember_service(current.name)
    for service in services:  # what goes wrong elsewhere must not stay behind the picker
        if service.name != current.name and standing[service.name] in (
            Standing.FAIL,
            Standing.WARN,
        ):
            st.caption(f"{MARKS[standing[service.name]].badge} {plain(service.label)}")


def _choose_service() -> None:
    for of_the_other_service in ("check", "series"):
        st.query_params.pop(of_the_other_service, None)
    _remember_service(st.session_state["service_choice"])


def _remember_service(name: str) -> None:
    """Keep the choice in the URL for links, and in the session for the next page."""
    st.session_state[SERVICE] = name
    if st.query_params.get(SERVICE) != name:
        st.query_params[SERVICE] = name


main()
