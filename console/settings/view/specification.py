"""The specification: where it comes from, and what can be made of it."""

from functools import partial

import streamlit as st

from console.settings.begin import from_dotenv
from console.settings.check import decode
from console.settings.dotenv import parse
from console.settings.generate import env_example, json_schema, markdown_table, to_toml
from console.settings.generate_class import settings_class
from console.settings.model import Spec
from console.settings.profiles import names
from console.settings.state import KeptFile
from console.ui.format import plain
from console.words import counted, listed

FILES = (
    (".env.example", "env.example", "text/plain", env_example),
    ("Markdown table", "settings.md", "text/markdown", markdown_table),
    ("JSON Schema", "settings.schema.json", "application/json", json_schema),
    ("pydantic-settings class", "settings.py", "text/x-python", settings_class),
    ("settings.spec.toml", "settings.spec.toml", "application/toml", to_toml),
)


def specification_part(named: str, spec: Spec, kept: KeptFile | None) -> None:
    """Say where the specification is from, and offer what is made of it."""
    with st.container(border=True):
        st.subheader("Specification", anchor=False)
        if named:
            st.caption(
                f"{counted(len(spec.variables), 'setting')} of {plain(named, 80)}"
                f"{': ' + plain(spec.title) if spec.title else ''}."
            )
        else:
            st.caption(
                "No specification is named: names and groups are what the instances report. Set "
                "**CONSOLE_SETTINGS_SPEC**, or `settings_spec` of the service, to the path of a "
                f"`settings.spec.toml` or to a profile ({plain(listed(names()))})."
            )
        with st.container(horizontal=True, gap="small"):
            for label, file, mime, write in FILES if spec.variables else ():
                st.download_button(
                    label,
                    partial(write, spec),  # a second, for thousands of variables
                    file,
                    mime,
                    key=f"settings_write_{file}",
                    icon=":material/download:",
                    on_click="ignore",
                )
        if kept is not None:
            st.download_button(
                "Begin a settings.spec.toml from the checked file",
                lambda: _begun(kept),  # seconds, for the largest file: made when it is asked for
                "settings.spec.toml",
                "application/toml",
                key="settings_begin",
                icon=":material/edit_document:",
                on_click="ignore",
                help="Types and groups are guessed; none of its secrets is taken over.",
            )


def _begun(kept: KeptFile) -> str:
    text, _ = decode(kept.data)
    return to_toml(from_dotenv(text, kept.checked.bindings or parse(text)))
