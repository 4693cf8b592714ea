"""The checklist of a service from the store alone: for its page, its route and the alerts.

Synchronous and thread-safe; no Streamlit and no pandas. Response times are compared anew once a
minute, and the earlier hours are read once an hour: they cost most of what is read.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from console.cache import load as cache_document
from console.checklist import area, before, during, expiry, trouble, usual
from console.checklist.evidence import Evidence, Times
from console.checklist.model import Answer, Checklist, Finding, checklist
from console.checklist.own import own
from console.checklist.questions import (
    AREA,
    DRY_RUN,
    LIMITS,
    LOGS,
    SINGLE,
    SWITCH,
    TIMES,
    TOKENS,
    VARIABLES,
    every,
)
from console.checklist.record import Word
from console.config import Config
from console.controls.runs import Run, settled
from console.deployments import load as deployments_document
from console.deployments.beside import Last, last
from console.health.check import Service
from console.health.model import Status
from console.health.verdict import summarise
from console.instances import load as instances_document
from console.logs import load as logs_document
from console.month_end.business_days import BusinessCalendar
from console.month_end.calendar import moment_of
from console.month_end.model import Rules
from console.service_redis import url_of
from console.settings import load as settings_document
from console.settings.profiles import find_again
from console.store.cells import HOUR, MINUTE, Cells
from console.store.controls import RUNS, WORDS
from console.store.documents import Document, DocumentError
from console.store.read import Store
from console.store.series import SeriesId

COMPARE_AGAIN = 60.0  # seconds
MOST_SERIES = 40  # that are compared; checks first, then routes, then external APIs
MOST_RUNS = 50  # the newest, that are looked at
# What a deployment changes first: what was tried out for it, the log, the response times.
OF_DEPLOYMENT = (DRY_RUN, LOGS, TIMES)
_RUN, _WORD = Document(Run), Document(Word)
T = TypeVar("T")

ANSWERS: dict[str, Callable[[Evidence], Finding]] = {
    VARIABLES: before.variables,
    DRY_RUN: before.dry_run,
    TOKENS: expiry.tokens,
    LOGS: during.logs,
    LIMITS: during.limits,
    TIMES: during.times,
    AREA: area.area,
    SWITCH: trouble.switch,
    SINGLE: trouble.single,
}


def load(store: Store, config: Config, service: Service, now: float) -> Checklist:
    """The checklist as it stands at `now`. Raises StoreError."""
    e = gathered(store, config, service, now)
    findings = {key: answer(e) for key, answer in ANSWERS.items()}
    questions = every(config.questions, service.name)
    findings |= {one.key: own(one, e) for one in questions if one.key not in ANSWERS}
    deployment = last(e.deployments, now)
    if deployment is not None:
        findings |= {key: with_deployment(findings[key], deployment) for key in OF_DEPLOYMENT}
    return checklist(service.name, questions, findings, e.words, e.release, now, deployment)


def gathered(store: Store, config: Config, service: Service, now: float) -> Evidence:
    """All that the answers rest on. Raises StoreError."""
    name, zone = service.name, config.settings.zone
    spec_name = service.settings_spec or config.settings.settings_spec
    spec, problems = find_again(spec_name) if spec_name else (None, [])
    summary = summarise(service, store.states(name), store.collector(), now, zone)
    calendar = usual.calendar_of(Rules(), now, zone)
    closing = usual.closing_around(now, calendar, zone)
    return Evidence(
        now=now,
        zone=zone,
        checks=summary.checks,
        has_redis=bool(url_of(config, service)),
        can_run=_can_run(config, service),
        instances=_document(store, name, instances_document.NAME, instances_document.decode),
        settings=_document(store, name, settings_document.NAME, settings_document.decode),
        spec=spec,
        spec_name=spec_name,
        spec_problems=tuple(problems),
        cache=_document(store, name, cache_document.NAME, cache_document.decode),
        logs=_document(store, name, logs_document.NAME, logs_document.decode),
        runs=_runs(store, name, now),
        times=_times(store, service, now, calendar, config),
        closing=closing,
        closing_until=moment_of(closing.closes + timedelta(1), datetime.min.time(), zone),
        flush_seconds=store.profile.flush_interval,
        deployments=_document(store, name, deployments_document.NAME, deployments_document.decode),
        words=words_of(store, name),
    )


def with_deployment(finding: Finding, deployment: Last) -> Finding:
    """A finding with the verdict of the last deployment among its evidence."""
    return replace(finding, evidence=(*finding.evidence, f"Deployment: {deployment.sentence}"))


def words_of(store: Store, service: str) -> tuple[Word, ...]:
    """What people said of the questions, also what does not hold any more. Raises StoreError."""
    return tuple(_WORD.decode_each(store.records(service, WORDS)).values())


def signal_items(found: Checklist) -> list[tuple[str, str, Status, str, str]]:
    """Key, title, status, summary and page of each item, as alerts take them.

    What a person waived, and what does not apply, is quiet.
    """
    status = {Answer.FAIL: Status.FAIL, Answer.WARN: Status.WARN, Answer.UNKNOWN: Status.UNKNOWN}
    return [
        (
            one.question.key,
            one.question.text,
            status.get(one.answer, Status.PASS),
            one.text,
            "checklist",
        )
        for one in found.items
    ]


def _document(store: Store, service: str, name: str, decode: Callable[[bytes], T]) -> T | None:
    """What a gather found last; None before the first, and where it cannot be read."""
    try:
        found = store.found(service, name)
        return None if found is None else decode(found)
    except DocumentError:
        return None


def _runs(store: Store, service: str, now: float) -> Sequence[Run]:
    found = _RUN.decode_each(store.records(service, RUNS)).values()
    newest = sorted(found, key=lambda run: -run.at)[:MOST_RUNS]
    return tuple(settled(run, now) for run in newest)


def _can_run(config: Config, service: Service) -> bool:
    token = config.secrets.get(service.run_token_env, "") if service.run_token_env else ""
    return bool((service.run_url or service.url) and (token or service.run_body))


@dataclass(slots=True)
class _Kept:
    """What was compared last, and the earlier hours that it was compared with."""

    times: Times | None = None
    hour: float = 0.0  # that `past` is for
    past: dict[SeriesId, dict[float, Cells]] = field(default_factory=dict[SeriesId, Any])


_lock = threading.Lock()
_kept: WeakKeyDictionary[Store, dict[str, _Kept]] = WeakKeyDictionary()


def _times(
    store: Store, service: Service, now: float, calendar: BusinessCalendar, config: Config
) -> Times | None:
    with _lock:
        kept = _kept.setdefault(store, {}).setdefault(service.name, _Kept())
    if kept.times is not None and 0 <= now - kept.times.at < COMPARE_AGAIN:
        return kept.times
    series, left_out = _series(store, service)
    if not series:
        return None
    flush = store.profile.flush_interval
    until = (now - flush) // MINUTE * MINUTE  # a minute that is not written yet has too few
    middle, zone = until - HOUR / 2, config.settings.zone
    hours = usual.hours_like(middle, calendar, zone)
    hour = middle // HOUR
    past = dict(kept.past) if kept.hour == hour else {}
    new = [one for one in series if one not in past]
    past |= _past(store, service.name, new, hours) if new else {}
    recent = store.cells_of(service.name, series, until - 2 * HOUR, until)
    compared = tuple(
        usual.compare(one, recent[one], until, past.get(one, {}), hours) for one in series
    )
    found = Times(now, compared, usual.hour_words(middle, calendar, zone), left_out)
    with _lock:
        kept.times, kept.hour, kept.past = found, hour, past
    return found


def _series(store: Store, service: Service) -> tuple[list[SeriesId], int]:
    """What is compared: probes that answer, and the real traffic."""
    names = {check.name for check in service.checks if check.type != "push"}
    known = [one for one in store.series(service.name) if not one.phase]
    order = ("check", "route", "api")
    mine = [
        one for one in known if one.kind in order and (one.kind != "check" or one.name in names)
    ]
    mine.sort(key=lambda one: (order.index(one.kind), one.name))
    return mine[:MOST_SERIES], max(0, len(mine) - MOST_SERIES)


def _past(
    store: Store, service: str, series: Sequence[SeriesId], hours: usual.Hours
) -> dict[SeriesId, dict[float, Cells]]:
    """The cells of earlier hours, about a dozen short reads."""
    found: dict[SeriesId, dict[float, Cells]] = {one: {} for one in series}
    for start in sorted({*hours.alike, *hours.weekday}):
        cells = store.cells_of(service, series, start, start + HOUR)
        for one, part in cells.items():
            if len(part):
                found[one][start] = part
    return found
