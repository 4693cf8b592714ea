"""What the section judges: the time limits of a service, as they are told and as they were seen."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from console.health.check import Service
from console.runtime import Runtime
from console.service_redis import url_of
from console.timeouts.lint import Facts, Finding
from console.timeouts.load import Seen, Texts, checks_of, load, platform_for, variables
from console.timeouts.model import resolve
from console.timeouts.platform_limits import BY_KEY, SERVER_BY_KEY, SERVERS
from console.timeouts.possible import advised
from console.timeouts.rules import RULES
from console.ui.reading import Fetched, fetch

FRESH = 60.0  # seconds: a week of figures does not change faster, and a billed store counts reads
STEP = 300.0  # seconds: `until` is rounded, so that visitors share one read
PLATFORM, SERVER = "timeouts_platform", "timeouts_server"  # in the session's state


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged."""

    texts: Texts
    facts: Facts
    findings: tuple[Finding, ...]
    seen: Fetched[Seen]


def judge(
    service: Service,
    runtime: Runtime,
    now: float,
    reported: Mapping[str, str],
    environ: Mapping[str, str] | None = None,
    *,
    name: str = "",
) -> Case:
    """All rules on the platform and the server that this visitor chose.

    `reported` are values of time limits that the service's instances tell; they win over `environ`,
    which is the console's own environment where it is not given. `name` says where they are from,
    where that is not the service itself.
    """
    if environ is None:
        environ = {} if name else os.environ  # what is told of one place is not mixed with another
    texts = variables(
        environ,
        reported,
        has_redis=bool(url_of(runtime.config, service)),
        name=name,
    )
    seen = _seen(service, runtime, now)
    known = seen.value or Seen((), None)
    kit = known.instances is not None
    plan = resolve(texts.texts, *chosen(service, reported), texts.origins, kit=kit)
    facts = Facts(plan, known.series, checks_of(service), known.instances)
    return Case(texts, facts, advised(facts, RULES), seen)


def chosen(service: Service, reported: Mapping[str, str]) -> tuple[str, str]:
    """The platform and the server by which is judged: as chosen, else as the address tells."""
    platform = st.session_state.get(f"{PLATFORM}_{service.name}")
    server = st.session_state.get(f"{SERVER}_{service.name}")
    return (
        platform if platform in BY_KEY else platform_for(service, reported),
        server if server in SERVER_BY_KEY else SERVERS[0].key,
    )


def _seen(service: Service, runtime: Runtime, now: float) -> Fetched[Seen]:
    until = now // STEP * STEP + STEP
    return fetch(
        runtime,
        ("timeouts", service.name, until),
        lambda: load(runtime.store, service, until),
        FRESH,
    )
