"""What the page says where it does not know where the service runs: what to set, or how to see it
all on this machine."""

import streamlit as st

from console.ui.page import Page

WHERE = (
    "The console does not know where this service runs: `SERVICE_URL` alone does not tell. In the "
    "file that `CONSOLE_SERVICES_FILE` names, give the service **`platform`**, "
    "**`platform_service`** (its id there) and **`platform_token_env`** (the name of the variable "
    "that holds the API's token), and start the console again."
)
TOLD = "Only what the instances themselves tell is shown here."
SAMPLE = (
    "The console itself starts the sample service: nobody pushes it, so it is never built, "
    "deployed or rolled back."
)
REHEARSE = (
    "**Try it on this machine**: a real repository, a small service, a real `git push`, all five "
    "stages, and a rollback. In the console's directory:"
)
COMMAND = "python -m console.platforms.local init rehearsal"
THEN = (
    "It makes the directory `rehearsal` and prints the three commands that follow: start its "
    "platform, start the console with it, push. Nothing is installed and nothing leaves this "
    "machine."
)


def no_platform(page: Page, *, told: bool) -> None:
    """Draw it. `told`: the instances themselves tell of deployments, and the page shows those."""
    text = SAMPLE if page.service.sample else WHERE
    st.info(f"{TOLD} {text}" if told else text, icon=":material/rocket_launch:")
    with st.container(border=True):
        st.markdown(REHEARSE)
        st.code(COMMAND, language=None, wrap_lines=True)
        st.caption(THEN)
