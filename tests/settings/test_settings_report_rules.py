"""What is told of a running instance by what it says itself: its class, its flags, its limits."""

import json
from dataclasses import replace
from typing import Literal

from opskit import OpsSettings, optional, required
from opskit import settings_report as kit
from opskit import testing as for_tests
from pydantic import SecretStr

from console.settings.model import (
    Group,
    Kind,
    Related,
    Relation,
    Rule,
    Spec,
    Variable,
)
from console.settings.report_rules import check_report, spec_of
from console.settings.reports import Report, Seen, parse_report

A = "a" * 16


def test_an_instance_tells_the_specification_that_its_class_is():
    told = parse_report(kit_report())
    assert told is not None
    spec = spec_of(told)
    assert not spec.partial
    token, pages = spec.variables["RUN_TOKEN"], spec.variables["PAGES"]
    assert (token.group, token.secret, token.least_length) == (Group.REQUIRED, True, 32)
    assert (pages.kind, pages.default, pages.least, pages.most) == (Kind.INT, "7", 1, 9)
    assert spec.variables["PROFILE"].choices == ("auto", "local")
    assert spec.variables["DRY_RUN"].kind is Kind.BOOL


def test_an_instance_judges_its_own_values():
    told = parse_report(kit_report(RUN_TOKEN="your-token-of-more-than-32-characters"))
    assert told is not None
    found = check_report(spec_of(told), told)
    assert [(one.rule, one.name) for one in found] == [(Rule.PLACEHOLDER, "RUN_TOKEN")]
    assert "your-token" not in repr(told)


def test_what_is_no_flag_and_no_specification_is_left_out():
    row: dict[str, object] = {"name": "A", "group": "testing", "set": True, "source": "env"}
    rows: list[dict[str, object]] = [
        {**row, "on": "yes", "flags": ["weak", "s3cr3t", 7], "spec": {"type": "s3cr3t", "min": {}}},
        {**row, "name": "B", "spec": 7, "flags": "weak", "on": 1},
    ]
    told = parse_report(json.dumps({"v": 1, "variables": rows, "fingerprint": ""}).encode())
    assert told is not None
    assert (told.seen["A"].flags, told.seen["A"].on) == (("weak",), None)
    assert (told.seen["B"].flags, told.seen["B"].on) == ((), None)
    assert "s3cr3t" not in repr(told)


def test_limits_and_presence_are_checked_together():
    spec = Spec(
        variables={
            "A_SECONDS": Variable("A_SECONDS", Group.TIMEOUT, Kind.FLOAT, default="2"),
            "B_SECONDS": Variable("B_SECONDS", Group.TIMEOUT, Kind.FLOAT, default="5"),
            "URL": Variable("URL"),
            "TOKEN": Variable("TOKEN"),
            "MOCK": Variable("MOCK", Group.TESTING, Kind.BOOL),
        },
        relations=(
            Related(Relation.ASCENDING, ("A_SECONDS", "B_SECONDS")),
            Related(Relation.BOTH, ("URL", "TOKEN")),
            Related(Relation.NOT_TOGETHER, ("URL", "MOCK")),
        ),
    )

    def rules(*rows: Seen) -> set[Rule]:
        every = {name: Seen(name, False, "default") for name in spec.variables}
        told = {**every, **{one.name: one for one in rows}}
        return {one.rule for one in check_report(spec, Report(A, tuple(told.values())))}

    slow = Seen("A_SECONDS", True, "env", "1-7", limit="9000")
    url, token = Seen("URL", True, "env", "32-63"), Seen("TOKEN", True, "env", "32-63")
    off, on = (Seen("MOCK", True, "env", "1-7", on=on) for on in (False, True))
    assert rules() == set()
    assert rules(slow) == {Rule.ASCENDING, Rule.UNIT}
    assert rules(url) == {Rule.BOTH_OR_NEITHER}
    assert rules(url, token, off) == set()
    assert rules(url, token, on) == {Rule.NOT_TOGETHER, Rule.TESTING_ON}
    assert rules(url, token, replace(on, on=None)) == set()


class _Relay(OpsSettings):
    run_token: SecretStr = required("Caller's secret", min_length=32)
    pages: int = optional(7, "Pages at once", ge=1, le=9)
    profile: Literal["auto", "local"] = optional("auto", "How often to speak")
    dry_run: bool | None = for_tests(None, "Never live")


def kit_report(**environ: str) -> bytes:
    good = {"RUN_TOKEN": "kX9-vB2_mN7-qW4-zL8-rT5-yH1-cD6-pF3"}
    return kit.to_json(kit.report(_Relay, "key", {**good, **environ})).encode()
