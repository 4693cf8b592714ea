"""A checklist as a document: for the route, for what is frozen by a sign-off, and to print. Pure.

The shape, version 1; fields may be added, and a changed meaning is a new version:

    service         name
    at              when it was put together; every time is UTC, `2026-11-24T03:57:12Z`, or null
    go              true where nothing fails and nothing is unknown
    status          the worst answer: fail, unknown, warn, waived, pass or not_applicable
    verdict         go or no-go, in one sentence
    release         commit, fingerprint (of the settings), instances: empty or null where not known
    deployment      the newest one, or null: commit, state (of its platform), verdict (the console's
                    own: watching, verified, degraded, failed, not known; empty for none), status,
                    answer: a sentence; at; settled: none is under way or being watched
    counts          how many questions have each answer
    items[]         key, phase (before, during, trouble), question
                    status, answer: a sentence
                    measured: the status without anybody's word
                    observed, unit, threshold, threshold_source, evidence[]
                    not_covered: what the answer does not say, or empty
                    page: path of the page with the evidence, below the console's address
                    observed_at, age_seconds, max_age_seconds, or null
                    instances: covered and of, or null
                    next: label and path of what to do next, or null
                    word: kind (attest, waive), by, reason, at, until; or null

Answers and evidence may quote text from outside: show them as text.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, cast
from urllib.parse import urlencode

from console.checklist.model import Answer, Checklist, Item, Phase
from console.checklist.record import SignOff, Word
from console.deployments.beside import Last
from console.words import iso, moment

VERSION = 1
MARKS = {"pass": "✓", "warn": "!", "fail": "✗", "waived": "–", "not_applicable": "·"}


def document(found: Checklist) -> dict[str, object]:
    """The document that the module describes."""
    release = found.release
    return {
        "service": found.service,
        "at": iso(found.at),
        "go": found.go,
        "status": found.worst.value,
        "verdict": found.sentence,
        "release": {
            "commit": release.commit,
            "fingerprint": release.fingerprint,
            "instances": release.instances,
        },
        "deployment": found.deployment and _deployment(found.deployment, found.service),
        "counts": {answer.value: found.count(answer) for answer in Answer},
        "items": [_item(one, found.service, found.at) for one in found.items],
    }


def _deployment(last: Last, service: str) -> dict[str, object]:
    return {
        "commit": last.commit,
        "state": last.state,
        "verdict": last.verdict,
        "status": last.standing.value,
        "answer": last.sentence,
        "at": iso(last.at),
        "settled": last.settled,
        "page": path_of("deployments", service),
    }


def _item(item: Item, service: str, now: float) -> dict[str, object]:
    finding = item.finding
    action = finding.action
    return {
        "key": item.question.key,
        "phase": item.question.phase.value,
        "question": item.question.text,
        "status": item.answer.value,
        "answer": item.text,
        "measured": finding.answer.value,
        "observed": finding.observed,
        "unit": finding.unit,
        "threshold": finding.threshold,
        "threshold_source": finding.source,
        "evidence": list(finding.evidence),
        "not_covered": finding.not_covered,
        "page": path_of(finding.page, service, finding.query),
        "observed_at": None if finding.at is None else iso(finding.at),
        "age_seconds": None if finding.at is None else round(max(0.0, now - finding.at), 1),
        "max_age_seconds": finding.max_age,
        "instances": None if finding.of is None else {
            "covered": finding.covered, "of": finding.of,
        },
        "next": action and {"label": action.label, "page": path_of(action.page, service)},
        "word": item.word and _word(item.word),
    }  # fmt: skip


def _word(word: Word) -> dict[str, object]:
    return {
        "kind": word.kind.value,
        "by": word.by,
        "reason": word.reason,
        "at": iso(word.at),
        "until": iso(word.until),
    }


def path_of(page: str, service: str, query: tuple[tuple[str, str], ...] = ()) -> str:
    """Where a page is, below the console's own address; empty for none."""
    if not page:
        return ""
    return f"/{page.replace('_', '-')}?{urlencode([('service', service), *query])}"


def frozen_text(found: Checklist) -> str:
    """The document as it is signed: canonical JSON, so that its digest tells any change."""
    return json.dumps(document(found), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_of(text: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_frozen(text: str) -> dict[str, Any] | None:
    """The document in a frozen text; None where it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def markdown(signed: SignOff, told: Mapping[str, Any], zone: tzinfo) -> str:
    """A frozen list to print or to put into a ticket. Text from outside is in code marks."""
    lines = [
        f"# Sign-off of {signed.service}: {'go' if signed.go else 'no-go'}",
        "",
        f"{signed.verdict}",
        "",
        f"- Signed by {_code(signed.by)} at {moment(signed.at, zone)}",
        f"- Note: {_code(signed.note) if signed.note else 'none'}",
        f"- Commit {_code(signed.commit or 'not known')}, settings "
        f"{_code(signed.fingerprint or 'not known')}",
        f"- SHA-256 of the frozen list: `{signed.digest}`",
    ]
    items = cast("list[dict[str, Any]]", told.get("items", []))
    for phase in Phase:
        mine = [one for one in items if one.get("phase") == phase.value]
        if mine:
            lines += ["", f"## {phase.label}", ""]
            lines += [
                f"- {MARKS.get(str(one.get('status')), '?')} **{one.get('question', '')}** "
                f"{str(one.get('status', '')).replace('_', ' ')}: {_code(one.get('answer', ''))}"
                for one in mine
            ]
    return "\n".join(lines) + "\n"


def _code(text: object) -> str:
    """Text that Markdown shows literally."""
    return f"`{' '.join(str(text).replace('`', chr(39)).split())}`"
